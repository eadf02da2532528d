import { css, html, LitElement } from 'lit'
import { customElement, property, state } from 'lit/decorators.js'
import type { AxesSet } from '../../bundle/index.ts'
import { count } from '../../format.ts'
import { report } from '../../reader-events.ts'
import { isExample } from '../../samples/index.ts'
import { shared, undoButton, undoButtonStyles } from '../../theme/index.ts'
import type { Position } from '../../view/index.ts'
import { varianceNote } from './variance-note.ts'
import './slider-row.ts'
import './axes-tabs.ts'

/** The middle column: one slider for each axis. */
@customElement('zlide-sliders')
export class Sliders extends LitElement {
  @property({ attribute: false }) sets!: readonly AxesSet[]
  @property({ attribute: false }) position!: Position
  @property({ type: Boolean }) fixed = false // whether the set of axes cannot be changed
  @property({ type: Number }) count: number | null = null // axes shown at first; null for the default of the set
  @property({ type: Boolean }) bare = false // hides the buttons
  @property({ type: Boolean }) canUndo = false
  @property({ type: Boolean }) canRedo = false
  @state() private showsAll = false

  /** The number of axes shown before the reader asks for all. */
  private get initialCount(): number {
    const { axes, default_count: defaultCount } = this.sets[this.position.set] as AxesSet
    const { count } = this
    return count !== null && Number.isInteger(count) && count >= 1
      ? Math.min(count, axes.length)
      : defaultCount
  }

  protected override render() {
    const { sets, position, initialCount, showsAll } = this
    const set = sets[position.set] as AxesSet
    const more = set.axes.length - initialCount
    return html`
      <div id="head">
        <h3><i>z</i> <span class="onward" aria-hidden="true"></span></h3>
        ${
          sets.length > 1
            ? html`<zlide-axes-tabs .sets=${sets} .set=${position.set} .disabled=${this.fixed}></zlide-axes-tabs>`
            : null
        }
      </div>
      <div id="axes">${this.renderRows(set, showsAll ? set.axes.length : initialCount)}</div>
      <div class="actions">
        ${this.bare ? html`<span></span>` : this.renderButtons()}
        ${
          more > 0
            ? html`<button class="more" aria-expanded=${showsAll} aria-controls="axes" @click=${() => {
                this.showsAll = !showsAll
              }}>${showsAll ? 'Fewer axes' : count(more, 'more axis', 'more axes')}</button>`
            : null
        }
      </div>
      <p class="quiet">${varianceNote(set, position)}</p>
    `
  }

  private renderRows({ axes, range }: AxesSet, rows: number) {
    const { example, exampleCoordinates, sliders } = this.position
    const largest = Math.max(...axes.map((axis) => axis.share ?? 0)) || 1
    return axes.slice(0, rows).map(
      (axis, i) => html`<zlide-slider-row
        .axis=${axis}
        .index=${i}
        .range=${range}
        .largestShare=${largest}
        .value=${sliders[i] ?? 0}
        .exampleValue=${isExample(example) ? (exampleCoordinates.sliders[i] ?? 0) : null}
      ></zlide-slider-row>`,
    )
  }

  private renderButtons() {
    return html`<span>
      <button @click=${() => report(this, 'z-randomize')}>Randomize z</button>
      <button @click=${() => report(this, 'z-reset')}>Reset z</button>
      <span>${undoButton('undo', 'Undo', this.canUndo)} ${undoButton('redo', 'Redo', this.canRedo)}</span>
    </span>`
  }

  static override styles = [
    shared,
    undoButtonStyles,
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
        padding: calc(0.625rem + 1px) 1.75rem 0 0; /* on the heading line, before its arrow */
      }

      #axes {
        container-type: inline-size;
        display: grid;
        gap: 0.75rem;
      }

      @container (min-width: 55.01rem) {
        #axes {
          padding-top: calc(var(--first) - 1.1875rem); /* aligns the baseline of the first row */
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
