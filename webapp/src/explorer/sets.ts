import { css, html, LitElement } from 'lit'
import { customElement, property } from 'lit/decorators.js'
import { live } from 'lit/directives/live.js'
import type { AxesSet } from '../manifest.ts'
import { shared } from './theme.ts'

const NAMES: Record<string, string> = { pca: 'Principal axes', raw: 'Raw dimensions' }

/** The sets of axes to choose from. */
@customElement('zlide-sets')
export class Sets extends LitElement {
  @property({ attribute: false }) sets: readonly AxesSet[] = []
  @property({ type: Number }) set = 0
  @property({ type: Boolean }) disabled = false
  @property({ attribute: false }) chosen: (set: number) => void = () => {}

  protected override render() {
    const choice = ({ name }: AxesSet, i: number) => html`<label>
      <input type="radio" name="set" value=${i} .checked=${live(i === this.set)} @change=${() => this.chosen(i)} />
      <span>${Object.hasOwn(NAMES, name) ? NAMES[name] : name}</span>
    </label>`
    return html`<fieldset ?disabled=${this.disabled}><legend class="unseen">Axes of z</legend>${this.sets.map(choice)}</fieldset>`
  }

  static override styles = [
    shared,
    css`
      fieldset {
        display: flex;
        flex-wrap: wrap;
        gap: 0 0.875rem;
        margin: 0;
        padding: 0;
        border: 0;
        font-size: 0.8125rem;
        line-height: 1.4;
      }

      label {
        position: relative;
        display: flex;
        align-items: center;
        color: var(--soft);
        cursor: pointer;
      }

      input {
        position: absolute; /* over its words, which say what is chosen */
        inset: 0;
        width: 100%;
        height: 100%;
        margin: 0;
        opacity: 0;
        cursor: inherit;
      }

      span {
        padding-bottom: 1px;
        border-bottom: 1px solid transparent;
      }

      label:hover,
      :checked + span {
        color: var(--ink);
      }

      :checked + span {
        border-color: var(--ink);
      }

      :disabled label {
        cursor: default;
      }

      :focus-visible + span {
        outline: 2px solid var(--accent);
        outline-offset: 2px;
      }

      @media (pointer: coarse) {
        label {
          min-height: 2.75rem;
          margin: -0.875rem 0; /* around words on one line with a heading */
        }
      }
    `,
  ]
}
