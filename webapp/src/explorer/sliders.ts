import { css, html, LitElement } from 'lit'
import { customElement, property, state } from 'lit/decorators.js'
import type { AxesSet } from '../bundle/index.ts'
import { count } from '../format.ts'
import { isExample } from '../samples/index.ts'
import type { Position } from '../view/index.ts'
import { explain } from './variance-note.ts'
import './slider-row.ts'
import './axes-tabs.ts'
import { shared } from './theme.ts'
import { turning, turningLook } from './undo-button.ts'

/** The middle column: z, one row an axis. */
@customElement('zlide-sliders')
export class Latent extends LitElement {
  @property({ attribute: false }) sets!: readonly AxesSet[]
  @property({ attribute: false }) place!: Position
  @property({ type: Boolean }) fixed = false // the set cannot be changed now
  @property({ attribute: false }) chosen: (set: number) => void = () => {}
  @property({ type: Number }) first: number | null = null // axes shown at first; what the set says where nothing else is said
  @property({ attribute: false }) moved: (axis: number, value: number) => void = () => {}
  @property({ attribute: false }) rested: () => void = () => {}
  @property({ attribute: false }) looked: (axis: number) => void = () => {}
  @property({ attribute: false }) undoable = { undo: false, redo: false }
  @property({ attribute: false }) turned: (back: boolean) => void = () => {}
  @property({ type: Boolean }) bare = false // without the buttons
  @property({ attribute: false }) randomized: () => void = () => {}
  @property({ attribute: false }) reset: () => void = () => {}
  @state() private all = false

  protected override render() {
    const set = this.sets[this.place.set] as AxesSet
    const { axes, range } = set
    const shown =
      Number.isInteger(this.first) && (this.first as number) >= 1
        ? Math.min(this.first as number, axes.length)
        : set.default_count
    const largest = Math.max(...axes.map((axis) => axis.share ?? 0)) || 1
    const rows = this.all ? axes : axes.slice(0, shown)
    const more = axes.length - shown
    return html`
      <div id="head">
        <h3><i>z</i> <span class="onward" aria-hidden="true"></span></h3>
        ${
          this.sets.length > 1
            ? html`<zlide-axes-tabs .sets=${this.sets} .set=${this.place.set} .disabled=${this.fixed} .chosen=${this.chosen}></zlide-axes-tabs>`
            : null
        }
      </div>
      <div id="axes">
        ${rows.map(
          (axis, i) => html`<zlide-slider-row
            .axis=${axis}
            .index=${i}
            .range=${range}
            .largest=${largest}
            .value=${this.place.sliders[i] ?? 0}
            .home=${isExample(this.place.example) ? (this.place.exampleCoordinates.sliders[i] ?? 0) : null}
            .moved=${this.moved}
            .rested=${this.rested}
            .looked=${this.looked}
          ></zlide-slider-row>`,
        )}
      </div>
      <div class="actions">
        ${this.bare ? html`<span></span>` : this.renderButtons()}
        ${
          more > 0
            ? html`<button class="more" aria-expanded=${this.all} aria-controls="axes" @click=${() => {
                this.all = !this.all
              }}>${this.all ? 'Fewer axes' : count(more, 'more axis', 'more axes')}</button>`
            : null
        }
      </div>
      <p class="quiet">${explain(set, this.place)}</p>
    `
  }

  private renderButtons() {
    const { undo, redo } = this.undoable
    return html`<span>
      <button @click=${this.randomized}>Randomize z</button>
      <button @click=${this.reset}>Reset z</button>
      <span>${turning(true, 'Undo', undo ? () => this.turned(true) : null)} ${turning(false, 'Redo', redo ? () => this.turned(false) : null)}</span>
    </span>`
  }

  static override styles = [
    shared,
    turningLook,
    css`
      #head {
        display: grid;
      }

      #head > * {
        grid-area: 1 / 1;
      }

      zlide-axes-tabs {
        justify-self: end;
        margin-left: 1.5rem;
        padding: calc(0.625rem + 1px) 1.75rem 0 0; /* on the line of the heading, before its arrow */
      }

      #axes {
        container-type: inline-size;
        display: grid;
        gap: 0.75rem;
      }

      @container (min-width: 55.01rem) {
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
