import { html, LitElement, svg } from 'lit'
import { customElement, property } from 'lit/decorators.js'
import { live } from 'lit/directives/live.js'
import type { Size } from '../bundle/index.ts'
import type { Sample } from '../samples/index.ts'
import { INTERPOLATION_FRAMES } from '../view/index.ts'
import { choice } from './choice.css.ts'
import { look } from './interpolation-panel.css.ts'
import { Finger } from './touch-slider-controller.ts'
import './picture.ts'
import './frame-list.ts'
import { slider } from './slider.css.ts'
import { shared } from './theme.ts'

/** The places on the way that are decoded: so many eighths of it. */
const NAMES = ['A', '⅛', '¼', '⅜', '½', '⅝', '¾', '⅞', 'B'] as const
const LAST = INTERPOLATION_FRAMES - 1

/** What an end may be: an example, or where the sliders were. */
interface Known {
  text: string
  sample: Sample | null
}

/** An end as it was chosen. */
interface Chosen {
  label: string
  sample: Sample | null // null where it is no example
}

/** What is said of the two shapes. */
const SHAPES = {
  linear: 'In even steps of every number of z',
  spherical:
    'Around z = 0: a straight way leads nearer to it than anything that the model has seen',
} as const

/** "12.5 %" */
const share = (t: number) => `${Number((100 * t).toFixed(1))}\u202f%`

/** From one place to another, and what the decoder makes of the way (Bowman et al. 2016, “Generating sentences from a continuous space”). */
@customElement('zlide-interpolation')
export class Between extends LitElement {
  @property({ attribute: false }) examples: readonly Known[] = []
  @property({ attribute: false }) a: Chosen | null = null
  @property({ attribute: false }) b: Chosen | null = null
  @property({ attribute: false }) t: number | null = null // 0…1, where the reader is on the way; null if elsewhere
  @property() path: keyof typeof SHAPES = 'linear'
  @property({ attribute: false }) samples: readonly Sample[] | null = null // at 0, ⅛…1; null while they are being decoded
  @property({ attribute: false }) size: Size | null = null // of pictures; null for sentences
  @property({ attribute: false }) chose: (which: 'a' | 'b', from: number | 'here') => void =
    () => {}
  @property({ attribute: false }) swapped: () => void = () => {}
  @property({ attribute: false }) scrubbed: (t: number) => void = () => {} // while the reader drags
  @property({ attribute: false }) settled: () => void = () => {}
  @property({ attribute: false }) shaped: (path: keyof typeof SHAPES) => void = () => {}

  protected readonly finger = new Finger(this)

  private readonly went = (index: number) => {
    this.scrubbed(index / LAST)
    this.settled()
  }

  protected override render() {
    const { a, b, t } = this
    const whole = a !== null && b !== null
    return html`
      <h3>Between <span class="remark">${whole && t !== null ? `${share(t)} of the way from A to B` : null}</span></h3>
      <div id="ends">
        ${this.renderEnd('a', a)}
        <button id="swap" aria-label="Swap A and B" title="Swap A and B" ?disabled=${!a && !b} @click=${this.swapped}>
          <svg viewBox="0 0 16 16" aria-hidden="true"><path d="M3 5.5h10M10 2.5l3 3-3 3M13 10.5H3M6 7.5l-3 3 3 3" /></svg>
        </button>
        ${this.renderEnd('b', b)} ${this.renderShapes()}
      </div>
      ${whole ? this.renderWay() : html`<p class="quiet">${this.invite()}</p>`}
    `
  }

  private invite(): string {
    if (this.a || this.b) return `Now choose ${this.a ? 'B' : 'A'}.`
    return `Choose two places, A and B, and see what the decoder makes of the way from one to the other.`
  }

  private renderEnd(which: 'a' | 'b', end: Chosen | null) {
    const { examples, size, samples } = this
    const name = which.toUpperCase()
    const chosen = end
      ? examples.findIndex(({ text, sample }) => text === end.label && sample === end.sample)
      : -1
    const picture = end?.sample ?? samples?.[which === 'a' ? 0 : LAST]
    return html`<div class="end">
      <label for=${which}>${name}</label>
      ${size && end ? html`<zlide-picture .size=${size} .picture=${picture?.kind === 'image' ? picture : null}></zlide-picture>` : null}
      <select id=${which} class=${size ? '' : 'sentences'} @change=${(event: Event) => this.choose(which, event.target as HTMLSelectElement)}>
        ${end && chosen >= 0 ? null : html`<option value="" disabled hidden .selected=${live(true)}>${end ? 'Where the sliders were' : 'Choose…'}</option>`}
        <option value="here">Here: where the sliders are</option>
        ${examples.map(({ text }, i) => html`<option value=${i} .selected=${live(i === chosen)}>${text}</option>`)}
      </select>
      <svg class="opener" viewBox="0 0 8 8" aria-hidden="true"><path d="m1 2.5 3 3 3-3" /></svg>
    </div>`
  }

  private choose(which: 'a' | 'b', { value }: HTMLSelectElement) {
    this.requestUpdate() // whatever becomes of the choice, what is shown is what holds
    this.chose(which, value === 'here' ? 'here' : Number(value))
  }

  private renderShapes() {
    const shape = (path: keyof typeof SHAPES, name: string) => html`<label class="choice">
      <input type="radio" name="path" title=${SHAPES[path]} .checked=${live(path === this.path)} @change=${() => this.shaped(path)} />
      <span>${name}</span>
    </label>`
    return html`<fieldset><legend class="unseen">Way from A to B</legend>${shape('linear', 'straight')} ${shape('spherical', 'spherical')}</fieldset>`
  }

  private renderWay() {
    const { size, samples } = this
    const t = this.t ?? 0
    return html`
      <span class="track ${size ? 'pictures' : ''}">
        <svg aria-hidden="true">
          ${svg`<rect class="line" y="50%" width="100%" height="1" />
            <rect class="far" y="50%" width="${100 * t}%" height="2" />
            ${NAMES.map((_, i) => svg`<rect class="zero" x="${(100 * i) / LAST}%" width="1" y="35%" height="30%" />`)}`}
        </svg>
        <input type="range" min="0" max="100" step="0.5" aria-label="From A to B" class=${this.t === null ? 'off' : ''}
          aria-valuetext=${this.t === null ? 'not on the way from A to B' : `${share(t)} of the way from A to B`}
          .value=${live(String(100 * t))} @input=${this.slid} @change=${() => this.settled()} />
      </span>
      <zlide-frame-list .stops=${NAMES} .samples=${samples} .against=${'last'} .at=${this.t} .size=${size} .went=${this.went}></zlide-frame-list>
    `
  }

  private slid(event: Event) {
    this.scrubbed((event.target as HTMLInputElement).valueAsNumber / 100)
  }

  static override styles = [shared, slider, choice, look]
}
