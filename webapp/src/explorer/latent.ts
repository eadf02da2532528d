import { css, html, LitElement } from 'lit'
import { customElement, property, state } from 'lit/decorators.js'
import { percent } from '../figures.ts'
import type { AxesSet } from '../manifest.ts'
import type { Place } from '../state.ts'
import './axis.ts'
import { shared } from './theme.ts'

/** The middle column: z, one row an axis. */
@customElement('zlide-latent')
export class Latent extends LitElement {
  @property({ attribute: false }) set!: AxesSet
  @property({ attribute: false }) place!: Place
  @property({ attribute: false }) moved: (axis: number, value: number) => void = () => {}
  @property({ attribute: false }) randomized: () => void = () => {}
  @property({ attribute: false }) reset: () => void = () => {}
  @state() private all = false

  protected override render() {
    const { axes, shown, range } = this.set
    const largest = Math.max(...axes.map((axis) => axis.share ?? 0)) || 1
    const rows = this.all ? axes : axes.slice(0, shown)
    const more = axes.length - shown
    return html`
      <h3><i>z</i> <span class="onward" aria-hidden="true"></span></h3>
      <div id="axes">
        ${rows.map(
          (axis, i) => html`<zlide-axis
            .axis=${axis}
            .index=${i}
            .range=${range}
            .largest=${largest}
            .value=${this.place.sliders[i] ?? 0}
            .home=${this.place.example.sliders[i] ?? 0}
            .moved=${this.moved}
          ></zlide-axis>`,
        )}
      </div>
      <div class="actions">
        <span>
          <button @click=${this.randomized}>Randomize z</button>
          <button @click=${this.reset}>Reset z</button>
        </span>
        ${
          more > 0
            ? html`<button class="more" aria-expanded=${this.all} aria-controls="axes" @click=${() => {
                this.all = !this.all
              }}>${this.all ? 'Fewer axes' : `${more} more axes`}</button>`
            : null
        }
      </div>
      <p class="quiet">${this.explain()}</p>
    `
  }

  /** Where the rest of z comes from. */
  private explain(): string {
    const { axes } = this.set
    const share = axes.reduce((sum, axis) => sum + (axis.share ?? Number.NaN), 0)
    const held = `${axes.length} axes${Number.isNaN(share) ? '' : ` hold ${percent(share)} of the variance`}`
    return `${held}; the rest of z is ${this.place.kept ? 'the example’s own' : 'at its mean'}. A ring on a slider marks the example.`
  }

  static override styles = [
    shared,
    css`
      #axes {
        display: grid;
        gap: 0.75rem;
      }

      @media (min-width: 60.01rem) {
        #axes {
          padding-top: calc(var(--first) - 1.1875rem); /* to the baseline of the first row */
        }
      }

      @media (pointer: coarse) {
        #axes {
          gap: 0.5rem;
        }
      }

      .actions {
        margin: 1.25rem 0 0.875rem;
      }
    `,
  ]
}
