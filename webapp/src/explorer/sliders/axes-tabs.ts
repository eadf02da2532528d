import { css, html, LitElement } from 'lit'
import { customElement, property } from 'lit/decorators.js'
import { live } from 'lit/directives/live.js'
import type { AxesSet } from '../../bundle/index.ts'
import { report } from '../../reader-events.ts'
import { shared } from '../../theme/index.ts'
import { choice } from '../choice.css.ts'

const NAMES: Record<string, string> = { pca: 'Principal axes', raw: 'Raw dimensions' }

/** Radio buttons for the sets of axes. */
@customElement('zlide-axes-tabs')
export class AxesTabs extends LitElement {
  @property({ attribute: false }) sets: readonly AxesSet[] = []
  @property({ type: Number }) set = 0
  @property({ type: Boolean }) disabled = false

  protected override render() {
    const option = ({ name }: AxesSet, i: number) => html`<label class="choice">
      <input type="radio" name="set" value=${i} .checked=${live(i === this.set)} @change=${() => report(this, 'axes-select', i)} />
      <span>${Object.hasOwn(NAMES, name) ? NAMES[name] : name}</span>
    </label>`
    return html`<fieldset ?disabled=${this.disabled}><legend class="unseen">Axes of z</legend>${this.sets.map(option)}</fieldset>`
  }

  static override styles = [
    shared,
    choice,
    css`
      @media (pointer: coarse) {
        .choice {
          margin: -0.875rem 0; /* does not make the heading line taller */
        }
      }
    `,
  ]
}
