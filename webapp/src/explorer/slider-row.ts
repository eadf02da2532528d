import { css, html, LitElement, nothing, svg } from 'lit'
import { customElement, property } from 'lit/decorators.js'
import { live } from 'lit/directives/live.js'
import type { Axis } from '../bundle/index.ts'
import { axisTitle, hasOwnName, percent } from '../format.ts'
import { slider } from './slider.css.ts'
import { shared } from './theme.ts'
import { Finger } from './touch-slider-controller.ts'

/** What the pointer, or the focus, rests on for so long is looked at; what it only passes over is not. Milliseconds. */
const [POINTED, FOCUSED] = [150, 600]

/** Where the mouse was seen last: what is scrolled under it was not pointed at. */
let mouse = { x: Number.NaN, y: Number.NaN }

/** One axis of z: its name, its share of the variance, a slider in σ and the same value as a number. */
@customElement('zlide-slider-row')
export class AxisRow extends LitElement {
  @property({ attribute: false }) axis!: Axis
  @property({ type: Number }) index = 0
  @property({ type: Number }) value = 0 // σ
  @property({ attribute: false }) home: number | null = null // σ, where the example is; null without one
  @property({ type: Number }) range = 3 // σ
  @property({ type: Number }) largest = 1 // the largest share of all axes: the full width of a bar
  @property({ attribute: false }) moved: (index: number, value: number) => void = () => {}
  @property({ attribute: false }) rested: () => void = () => {} // the reader let go of it
  @property({ attribute: false }) looked: (index: number) => void = () => {} // the reader points at it, or it has the focus
  protected readonly finger = new Finger(this)
  private resting: ReturnType<typeof setTimeout> | undefined

  override connectedCallback() {
    super.connectedCallback()
    this.addEventListener('click', this.look)
    this.addEventListener('keydown', this.press)
    this.addEventListener('focusin', this.focused)
    this.addEventListener('focusout', this.pass)
    this.addEventListener('pointermove', this.point)
    this.addEventListener('pointerleave', this.pass)
  }

  private readonly look = () => {
    this.pass()
    this.looked(this.index)
  }

  private readonly pass = () => {
    clearTimeout(this.resting)
    this.resting = undefined
  }

  private readonly focused = () => {
    this.resting ??= setTimeout(this.look, FOCUSED)
  }

  private readonly press = ({ key }: KeyboardEvent) => {
    if (key !== 'Tab' && key !== 'Shift') this.look()
  }

  private readonly point = ({ pointerType, clientX: x, clientY: y }: PointerEvent) => {
    if (pointerType !== 'mouse') return
    if (x !== mouse.x || y !== mouse.y) this.resting ??= setTimeout(this.look, POINTED)
    mouse = { x, y }
  }

  protected override render() {
    const { name, note, share } = this.axis
    const title = axisTitle(this.axis, this.index)
    return html`
      <label for="slider" title=${note ?? nothing}
        >${hasOwnName(this.axis, this.index) ? html`<span class="number"><span class="unseen">axis </span>${this.index + 1} · </span>` : null}${name}</label
      >
      ${
        share === null
          ? null
          : html`<span class="share">
              <svg aria-hidden="true"><rect width="${(100 * share) / this.largest}%" height="100%" /></svg>
              <span>${percent(share)}<span class="unseen"> of the variance</span></span>
            </span>`
      }
      <span class="value">
        <input type="number" aria-label="${title}, in sigma" min=${-this.range} max=${this.range} step="0.01"
          .value=${live(this.value.toFixed(2))} @change=${this.typed} />
        <span title="standard deviations of what the network has seen" aria-hidden="true">σ</span>
      </span>
      <span class="track">
        ${this.drawTrack()}
        <input id="slider" type="range" min=${-this.range} max=${this.range} step="0.01" aria-valuetext="${title}, ${Number(this.value.toFixed(2))} sigma"
          aria-description=${note ?? nothing} .value=${live(String(this.value))} @input=${this.slid} @change=${this.rested} />
      </span>
    `
  }

  /** A line with its middle, a mark where the example is, and how far the slider is from zero. */
  private drawTrack() {
    const at = (value: number) =>
      50 + (50 * Math.max(-this.range, Math.min(this.range, value))) / this.range
    const here = at(this.value)
    return html`<svg aria-hidden="true">
      ${svg`<rect class="line" y="50%" width="100%" height="1" />
        <rect class="far" y="50%" x="${Math.min(50, here)}%" width="${Math.abs(here - 50)}%" height="2" />
        <rect class="zero" x="50%" width="1" y="35%" height="30%" />
        ${this.home === null ? null : svg`<circle class="home" cx="${at(this.home)}%" cy="50%" r="3" />`}`}
    </svg>`
  }

  private slid(event: Event) {
    this.look() // a finger gives no focus
    this.moved(this.index, (event.target as HTMLInputElement).valueAsNumber)
  }

  private typed(event: Event) {
    const value = (event.target as HTMLInputElement).valueAsNumber
    this.requestUpdate() // whatever was typed, the field shows where the slider is
    if (Number.isNaN(value)) return
    this.moved(this.index, Math.max(-this.range, Math.min(this.range, value)))
    this.rested()
  }

  static override styles = [
    shared,
    slider,
    css`
      :host {
        display: grid;
        grid-template-columns: minmax(0, 1fr) auto auto;
        align-items: baseline;
        column-gap: 0.75rem;
      }

      label {
        min-width: 3.75em;
        font-size: 0.875rem;
        font-weight: 500;
      }

      .number {
        color: var(--soft);
        font-weight: 400;
      }

      .share {
        display: flex;
        align-items: baseline;
        gap: 0.5rem;
        color: var(--soft);
        font-size: 0.75rem;
        font-variant-numeric: tabular-nums;
        white-space: nowrap;
      }

      .share svg {
        width: 3rem;
        height: 3px;
        fill: var(--soft);
        transform: translateY(-0.2em); /* at half the height of a small letter */
      }

      @container (max-width: 26rem) {
        .share {
          position: relative;
        }

        .share svg {
          position: absolute; /* names have the room of a bar */
          top: calc(100% + 3px);
          width: 100%;
          height: 2px;
          opacity: 0.5;
          transform: none;
        }
      }

      .value {
        grid-column: 3;
        color: var(--soft);
        font-size: 0.8125rem;
      }

      .track {
        grid-column: 1 / -1;
      }
    `,
  ]
}
