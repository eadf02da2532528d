import { css, html, LitElement, nothing, svg } from 'lit'
import { customElement, property } from 'lit/decorators.js'
import { live } from 'lit/directives/live.js'
import type { Axis } from '../../bundle/index.ts'
import { axisTitle, hasOwnName, percent } from '../../format.ts'
import { report } from '../../reader-events.ts'
import { shared, slider, TouchSliderController } from '../../theme/index.ts'

/** Milliseconds that the pointer, or the focus, has to stay before it counts as a hover. */
const [POINTER_DELAY, FOCUS_DELAY] = [150, 600]

/** The last position of the mouse. A row that scrolls under a resting mouse is not hovered. */
let mouse = { x: Number.NaN, y: Number.NaN }

/** One axis: its name, its share of the variance, a slider in σ and a number field. */
@customElement('zlide-slider-row')
export class SliderRow extends LitElement {
  @property({ attribute: false }) axis!: Axis
  @property({ type: Number }) index = 0
  @property({ type: Number }) value = 0 // σ
  @property({ attribute: false }) exampleValue: number | null = null // σ; null without an example
  @property({ type: Number }) range = 3 // σ
  @property({ type: Number }) largestShare = 1 // of all axes; the full width of the share bar
  protected readonly touch = new TouchSliderController(this)
  private hoverTimer: ReturnType<typeof setTimeout> | undefined

  override connectedCallback() {
    super.connectedCallback()
    this.addEventListener('click', this.hover)
    this.addEventListener('keydown', this.onKeyDown)
    this.addEventListener('focusin', this.onFocus)
    this.addEventListener('focusout', this.cancelHover)
    this.addEventListener('pointermove', this.onPointerMove)
    this.addEventListener('pointerleave', this.cancelHover)
  }

  private readonly hover = () => {
    this.cancelHover()
    report(this, 'axis-hover', this.index)
  }

  private readonly cancelHover = () => {
    clearTimeout(this.hoverTimer)
    this.hoverTimer = undefined
  }

  private readonly onFocus = () => {
    this.hoverTimer ??= setTimeout(this.hover, FOCUS_DELAY)
  }

  private readonly onKeyDown = ({ key }: KeyboardEvent) => {
    if (key !== 'Tab' && key !== 'Shift') this.hover()
  }

  private readonly onPointerMove = ({ pointerType, clientX: x, clientY: y }: PointerEvent) => {
    if (pointerType !== 'mouse') return
    if (x !== mouse.x || y !== mouse.y) this.hoverTimer ??= setTimeout(this.hover, POINTER_DELAY)
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
              <svg aria-hidden="true"><rect width="${(100 * share) / this.largestShare}%" height="100%" /></svg>
              <span>${percent(share)}<span class="unseen"> of the variance</span></span>
            </span>`
      }
      <span class="value">
        <input type="number" aria-label="${title}, in sigma" min=${-this.range} max=${this.range} step="0.01"
          .value=${live(this.value.toFixed(2))} @change=${this.onType} />
        <span title="standard deviations of the training samples" aria-hidden="true">σ</span>
      </span>
      <span class="track">
        ${this.renderTrack()}
        <input id="slider" type="range" min=${-this.range} max=${this.range} step="0.01" aria-valuetext="${title}, ${Number(this.value.toFixed(2))} sigma"
          aria-description=${note ?? nothing} .value=${live(String(this.value))} @input=${this.onSlide} @change=${this.onCommit} />
      </span>
    `
  }

  /** Render the line, its zero, a ring at the example and a bar from zero to the value. */
  private renderTrack() {
    const at = (value: number) =>
      50 + (50 * Math.max(-this.range, Math.min(this.range, value))) / this.range
    const x = at(this.value)
    return html`<svg aria-hidden="true">
      ${svg`<rect class="line" y="50%" width="100%" height="1" />
        <rect class="bar" y="50%" x="${Math.min(50, x)}%" width="${Math.abs(x - 50)}%" height="2" />
        <rect class="zero" x="50%" width="1" y="35%" height="30%" />
        ${this.exampleValue === null ? null : svg`<circle class="example" cx="${at(this.exampleValue)}%" cy="50%" r="3" />`}`}
    </svg>`
  }

  private move(value: number) {
    report(this, 'axis-move', { axis: this.index, value })
  }

  private onCommit() {
    report(this, 'gesture-end')
  }

  private onSlide(event: Event) {
    this.hover() // a touch does not focus the slider
    this.move((event.target as HTMLInputElement).valueAsNumber)
  }

  private onType(event: Event) {
    const value = (event.target as HTMLInputElement).valueAsNumber
    this.requestUpdate() // the field shows the value of the slider again
    if (Number.isNaN(value)) return
    this.move(Math.max(-this.range, Math.min(this.range, value)))
    this.onCommit()
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
        transform: translateY(-0.2em); /* half the x-height */
      }

      @container (max-width: 26rem) {
        .share {
          position: relative;
        }

        .share svg {
          position: absolute; /* leaves room for the name */
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
