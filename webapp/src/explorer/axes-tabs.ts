import { css, html, LitElement } from 'lit'
import { customElement, property } from 'lit/decorators.js'
import { live } from 'lit/directives/live.js'
import type { AxesSet } from '../bundle/index.ts'
import { choice } from './choice.css.ts'
import { shared } from './theme.ts'

const NAMES: Record<string, string> = { pca: 'Principal axes', raw: 'Raw dimensions' }

/** The sets of axes to choose from. */
@customElement('zlide-axes-tabs')
export class Sets extends LitElement {
  @property({ attribute: false }) sets: readonly AxesSet[] = []
  @property({ type: Number }) set = 0
  @property({ type: Boolean }) disabled = false
  @property({ attribute: false }) chosen: (set: number) => void = () => {}

  protected override render() {
    const named = ({ name }: AxesSet, i: number) => html`<label class="choice">
      <input type="radio" name="set" value=${i} .checked=${live(i === this.set)} @change=${() => this.chosen(i)} />
      <span>${Object.hasOwn(NAMES, name) ? NAMES[name] : name}</span>
    </label>`
    return html`<fieldset ?disabled=${this.disabled}><legend class="unseen">Axes of z</legend>${this.sets.map(named)}</fieldset>`
  }

  static override styles = [
    shared,
    choice,
    css`
      @media (pointer: coarse) {
        .choice {
          margin: -0.875rem 0; /* around words on one line with a heading */
        }
      }
    `,
  ]
}
