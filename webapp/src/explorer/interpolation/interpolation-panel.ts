import { html, LitElement, svg } from 'lit'
import { customElement, property } from 'lit/decorators.js'
import { live } from 'lit/directives/live.js'
import type { Modality } from '../../modalities/index.ts'
import { report } from '../../reader-events.ts'
import type { Sample } from '../../sample.ts'
import { shared, slider, TouchSliderController } from '../../theme/index.ts'
import { INTERPOLATION_FRAMES } from '../../view/index.ts'
import { choice } from '../choice.css.ts'
import { styles } from './interpolation-panel.css.ts'
import '../frame-list.ts'

/** The labels of the decoded frames. */
const LABELS = ['A', '⅛', '¼', '⅜', '½', '⅝', '¾', '⅞', 'B'] as const
const LAST = INTERPOLATION_FRAMES - 1

/** An example that can be an end. */
interface EndOption {
  text: string
  sample: Sample | null
}

/** A selected end. */
interface SelectedEnd {
  label: string
  sample: Sample | null // null if it is not an example
}

/** The tooltips of the shapes. */
const SHAPES = {
  linear: 'A straight line: every number of z changes in even steps',
  spherical:
    'An arc around z = 0, which a straight line would pass closer than any training sample',
} as const

type Shape = keyof typeof SHAPES

/** "12.5 %" */
const share = (t: number) => `${Number((100 * t).toFixed(1))}\u202f%`

/** The samples between A and B (Bowman et al. 2016, “Generating sentences from a continuous space”). */
@customElement('zlide-interpolation')
export class InterpolationPanel extends LitElement {
  @property({ attribute: false }) modality!: Modality
  @property({ attribute: false }) examples: readonly EndOption[] = []
  @property({ attribute: false }) a: SelectedEnd | null = null
  @property({ attribute: false }) b: SelectedEnd | null = null
  @property({ attribute: false }) t: number | null = null // 0…1; null if the reader is not on the path
  @property() shape: Shape = 'linear'
  @property({ attribute: false }) samples: readonly Sample[] | null = null // at 0, ⅛…1; null while they are decoded

  protected readonly touch = new TouchSliderController(this)

  private onSelectFrame(event: CustomEvent<number>) {
    event.stopPropagation() // a frame of the path, not of the traversal
    report(this, 'path-move', event.detail / LAST)
    report(this, 'gesture-end')
  }

  protected override render() {
    const { a, b, t } = this
    const isComplete = a !== null && b !== null
    return html`
      <h3>Morph <span class="remark">${isComplete && t !== null ? `${share(t)} of the way from A to B` : null}</span></h3>
      <div id="ends">
        ${this.renderEnd('a', a)}
        <button id="swap" aria-label="Swap A and B" title="Swap A and B" ?disabled=${!a && !b} @click=${() => report(this, 'ends-swap')}>
          <svg viewBox="0 0 16 16" aria-hidden="true"><path d="M3 5.5h10M10 2.5l3 3-3 3M13 10.5H3M6 7.5l-3 3 3 3" /></svg>
        </button>
        ${this.renderEnd('b', b)} ${this.renderShapes()}
      </div>
      ${isComplete ? this.renderPath() : html`<p class="quiet">${this.instruction}</p>`}
    `
  }

  private get instruction(): string {
    if (this.a || this.b) return `Now choose ${this.a ? 'B' : 'A'}.`
    return 'Choose A and B to see the samples between them.'
  }

  private renderEnd(which: 'a' | 'b', end: SelectedEnd | null) {
    const { examples, modality, samples } = this
    const name = which.toUpperCase()
    const selected = end
      ? examples.findIndex(({ text, sample }) => text === end.label && sample === end.sample)
      : -1
    const sample = end?.sample ?? samples?.[which === 'a' ? 0 : LAST] ?? null
    return html`<div class="end">
      <label for=${which}>${name}</label>
      ${end && modality.layout === 'tiles' ? html`<span class="tile">${modality.renderSmall(sample)}</span>` : null}
      <select id=${which} class=${modality.layout} @change=${(event: Event) => this.select(which, event.target as HTMLSelectElement)}>
        ${end && selected >= 0 ? null : html`<option value="" disabled hidden .selected=${live(true)}>${end ? 'An earlier slider position' : 'Choose…'}</option>`}
        <option value="here">The current slider position</option>
        ${examples.map(({ text }, i) => html`<option value=${i} .selected=${live(i === selected)}>${text}</option>`)}
      </select>
      <svg class="opener" viewBox="0 0 8 8" aria-hidden="true"><path d="m1 2.5 3 3 3-3" /></svg>
    </div>`
  }

  private select(which: 'a' | 'b', { value }: HTMLSelectElement) {
    this.requestUpdate() // the menu shows the current end, even if the choice fails
    report(this, 'end-select', { which, source: value === 'here' ? 'here' : Number(value) })
  }

  private renderShapes() {
    const radio = (shape: Shape, name: string) => html`<label class="choice">
      <input type="radio" name="shape" title=${SHAPES[shape]} .checked=${live(shape === this.shape)} @change=${() => report(this, 'shape-select', shape)} />
      <span>${name}</span>
    </label>`
    return html`<fieldset><legend class="unseen">Path from A to B</legend>${radio('linear', 'direct')} ${radio('spherical', 'around the centre')}</fieldset>`
  }

  private renderPath() {
    const { modality, samples } = this
    const t = this.t ?? 0
    return html`
      <span class="track ${modality.layout}">
        <svg aria-hidden="true">
          ${svg`<rect class="line" y="50%" width="100%" height="1" />
            <rect class="bar" y="50%" width="${100 * t}%" height="2" />
            ${LABELS.map((_, i) => svg`<rect class="zero" x="${(100 * i) / LAST}%" width="1" y="35%" height="30%" />`)}`}
        </svg>
        <input type="range" min="0" max="100" step="0.5" aria-label="From A to B" class=${this.t === null ? 'off' : ''}
          aria-valuetext=${this.t === null ? 'not between A and B' : `${share(t)} of the way from A to B`}
          .value=${live(String(100 * t))} @input=${this.onSlide} @change=${() => report(this, 'gesture-end')} />
      </span>
      <zlide-frame-list .modality=${modality} .labels=${LABELS} .samples=${samples} .reference=${'last'} .fraction=${this.t} @frame-select=${this.onSelectFrame}></zlide-frame-list>
    `
  }

  private onSlide(event: Event) {
    report(this, 'path-move', (event.target as HTMLInputElement).valueAsNumber / 100)
  }

  static override styles = [shared, slider, choice, styles]
}
