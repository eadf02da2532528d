import { html, LitElement, type PropertyValues, svg } from 'lit'
import { customElement, property, query, state } from 'lit/decorators.js'
import { guard } from 'lit/directives/guard.js'
import { live } from 'lit/directives/live.js'
import type { AxesSet, Axis } from '../../bundle/index.ts'
import { axisTitle } from '../../format.ts'
import { report } from '../../reader-events.ts'
import { type Distance, describeDistance, describeOutside, isOutside } from '../../samples/index.ts'
import { shared } from '../../theme/index.ts'
import { caption } from './caption.css.ts'
import { type Density, density as estimateDensity } from './density.ts'
import { FrameThrottle } from './frame-throttle.ts'
import { styles } from './map.css.ts'
import {
  type Coordinates,
  clamp,
  createPlane,
  describeCoordinates,
  moveByKey,
  type Plane,
  roundToStep,
  signed,
  ticks,
  toPercent,
} from './plane.ts'
import './landmarks.ts'
import type { Landmark } from './landmarks.ts'

/** CSS pixels that a finger may move during a tap. */
const TAP_TOLERANCE = 10

/** "2,000" */
const thousands = (number: number) => number.toLocaleString('en')

/** A pointer on the map: it drags the puck at an offset in σ, or it may become a tap. */
type Gesture = { pointer: number } & (
  | { kind: 'drag'; offset: Coordinates }
  | { kind: 'tap'; x: number; y: number }
)

/**
 * A map of two axes: the density of training samples, the examples, and a puck at the reader’s position.
 *
 * Training samples outside the range of the sliders are not drawn; examples and the puck move to the border.
 */
@customElement('zlide-map')
export class MapView extends LitElement {
  @property({ attribute: false }) set!: AxesSet
  @property({ attribute: false }) sliders: readonly number[] = [] // (K), in σ
  @property({ attribute: false }) points: Float32Array | null = null // (N, K) in σ, row by row; null if there are none, or not yet
  @property({ attribute: false }) examples: readonly {
    text: string
    sliders: readonly number[]
  }[] = []
  @property({ type: Number }) current = -1 // index of the loaded example; −1 for none
  @property({ attribute: false }) axes: readonly [number, number] = [0, 1] // horizontal and vertical
  @property({ attribute: false }) distance: Distance | null = null // null if it is unknown
  @state() private focusedAxis: 0 | 1 = 0 // the axis of the puck in the tab order
  @state() private density: Density = { contours: [], dots: '' }
  @query('#field') private readonly field!: SVGSVGElement | null
  private gesture: Gesture | null = null
  private plane!: Plane
  private landmarks: Landmark[] = []
  private readonly throttle = new FrameThrottle<Coordinates>(
    (coordinates) => report(this, 'map-move', coordinates),
    () => report(this, 'gesture-end'),
  )

  override disconnectedCallback() {
    super.disconnectedCallback()
    this.throttle.stop()
    this.gesture = null
  }

  protected override willUpdate(changed: PropertyValues<this>) {
    if (this.isFlat) return
    const { points, set, axes, examples } = this
    const newAxes = changed.has('set') || changed.has('axes')
    if (changed.has('set')) this.plane = createPlane(set.range)
    if (newAxes || changed.has('points'))
      this.density = points
        ? estimateDensity(points, set.axes.length, axes, set.range)
        : { contours: [], dots: '' }
    if (newAxes || changed.has('examples'))
      this.landmarks = examples.map(({ text, sliders }) => ({
        text,
        coordinates: this.coordinatesOf(sliders),
      }))
  }

  /** True if the set has fewer than two axes. */
  private get isFlat(): boolean {
    return this.set.axes.length < 2
  }

  private get names(): [string, string] {
    const name = (axis: number) => (this.set.axes[axis] as Axis).name
    return [name(this.axes[0]), name(this.axes[1])]
  }

  private coordinatesOf(sliders: readonly number[]): Coordinates {
    return [sliders[this.axes[0]] ?? 0, sliders[this.axes[1]] ?? 0]
  }

  /** The reader's coordinates, including a move that is not reported yet. */
  private get here(): Coordinates {
    return this.throttle.pending ?? this.coordinatesOf(this.sliders)
  }

  protected override render() {
    if (this.isFlat)
      return html`<h3>Map</h3><p class="quiet">This model has one axis; a map needs two.</p>`
    const { points, set, distance } = this
    return html`
      <h3>Map ${points && html`<span class="remark">${thousands(points.length / set.axes.length)} training samples</span>`}</h3>
      ${this.renderAxisMenu(1, 'up', 'Vertical axis')}
      <div id="chart" @pointerdown=${this.onPointerDown} @pointermove=${this.onPointerMove} @pointerup=${this.onPointerUp}
        @pointercancel=${this.endGesture} @lostpointercapture=${this.onLostCapture} @mousedown=${this.keepFocus}>
        ${this.renderField()} ${this.renderPuck()}
        <zlide-landmarks .plane=${this.plane} .landmarks=${this.landmarks} .current=${this.current}></zlide-landmarks>
      </div>
      ${this.renderAxisMenu(0, 'across', 'Horizontal axis')}
      <p id="distance" class="quiet ${distance && isOutside(distance) ? 'out' : ''}">${distance && describeDistance(distance)}</p>
    `
  }

  private renderAxisMenu(which: 0 | 1, id: string, label: string) {
    const option = (axis: Axis, i: number) =>
      html`<option value=${i} .selected=${live(i === this.axes[which])}>${axisTitle(axis, i)}</option>`
    const select = html`<select aria-label=${label} @change=${(event: Event) => this.selectAxis(which, Number((event.target as HTMLSelectElement).value))}>
        ${this.set.axes.map(option)}
      </select>
      <svg class="opener" viewBox="0 0 8 8" aria-hidden="true"><path d="m1 2.5 3 3 3-3" /></svg>`
    const arrow = html`<span aria-hidden="true">${which === 0 ? '→' : '↑'}</span>`
    return html`<div id=${id} class="choice">${which === 0 ? [select, arrow] : [arrow, select]}</div>`
  }

  /** Select an axis. If it is already the other one, the two swap. */
  private selectAxis(which: 0 | 1, axis: number) {
    const [x, y] = this.axes
    const isOther = axis === (which === 0 ? y : x)
    this.requestUpdate() // the menu shows the current axis, even if the choice fails
    if (isOther) report(this, 'map-axes-select', [y, x])
    else report(this, 'map-axes-select', which === 0 ? [axis, y] : [x, axis])
  }

  private renderField() {
    const { plane, density } = this
    return guard([density, this.set], () => {
      const marks = ticks(plane)
      const [left, top] = toPercent(plane, [0, 0])
      return html`
        <svg id="field" viewBox="0 0 100 100" preserveAspectRatio="none" aria-hidden="true">
          ${svg`<path class="zero" d="M0 ${top}H100M${left} 0V100" />
            <g class="cloud">${density.contours.map((path) => svg`<path d=${path} />`)}</g>
            <path class="dots" d=${density.dots} />`}
        </svg>
        ${marks.map((mark) => html`<span class="tick below" aria-hidden="true" .style=${`left: ${plane.across(mark)}%`}>${signed(mark)}</span>`)}
        ${marks.map((mark) => html`<span class="tick beside" aria-hidden="true" .style=${`top: ${plane.up(mark)}%`}>${signed(mark)}</span>`)}
      `
    })
  }

  /** Render the puck over two native sliders, so that screen readers and touch screens can move it. */
  private renderPuck() {
    const { names, distance } = this
    const coordinates = this.coordinatesOf(this.sliders)
    const [left, top] = toPercent(this.plane, coordinates)
    const style = `left: ${left}%; top: ${top}%`
    const warning = distance !== null && isOutside(distance) ? describeOutside(distance) : ''
    const text =
      describeCoordinates(names, coordinates) +
      (warning ? `; ${warning.replace('σ', 'sigma')}` : '')
    const slider = (
      axis: 0 | 1,
    ) => html`<input type="range" aria-roledescription="2D slider" min=${-this.set.range} max=${this.set.range} step="0.01"
      aria-label="${names[axis]}, ${axis === 0 ? 'across the map' : 'up the map'}" aria-orientation=${axis === 0 ? 'horizontal' : 'vertical'}
      aria-valuetext=${text} tabindex=${axis === this.focusedAxis ? 0 : -1} .value=${live(String(coordinates[axis]))}
      @focus=${() => this.onFocus(axis)} @keydown=${this.onKeyDown} @input=${(event: Event) => this.onSlide(axis, event)} />`
    return html`
      <div class="grip" role="group" aria-label="Your position on the map" .style=${style} @focusout=${this.onFocusOut}>${slider(0)}${slider(1)}</div>
      <div class="puck" .style=${style}></div>
      ${warning ? html`<span class="caption ${top > 85 ? 'over' : 'under'}" aria-hidden="true" .style=${`${style}; translate: ${-left}%`}>${warning}</span>` : null}
    `
  }

  private onFocus(axis: 0 | 1) {
    this.focusedAxis = axis
  }

  private readonly onKeyDown = (event: KeyboardEvent) => {
    if (event.altKey || event.ctrlKey || event.metaKey) return
    const { focusedAxis, here } = this
    const to = moveByKey(event.key, event.shiftKey, focusedAxis, here, this.set.range)
    if (!to) return
    event.preventDefault()
    if (event.key.startsWith('Arrow'))
      this.focusOn(event.key === 'ArrowLeft' || event.key === 'ArrowRight' ? 0 : 1, true)
    this.move(to)
    this.throttle.settleAfterPause()
  }

  private focusOn(axis: 0 | 1, focusVisible: boolean) {
    const options: FocusOptions & { focusVisible: boolean } = { preventScroll: true, focusVisible }
    this.renderRoot.querySelectorAll<HTMLElement>('.grip input')[axis]?.focus(options)
  }

  /** Handle assistive technology that moves one of the native sliders. */
  private onSlide(axis: 0 | 1, event: Event) {
    const value = roundToStep((event.target as HTMLInputElement).valueAsNumber, this.set.range)
    const [x, y] = this.here
    this.move(axis === 0 ? [value, y] : [x, value])
    this.throttle.settleAfterPause()
  }

  private readonly onFocusOut = (event: FocusEvent) => {
    if (!(event.currentTarget as Element).contains(event.relatedTarget as Node | null))
      this.throttle.settle()
  }

  private readonly onPointerDown = (event: PointerEvent) => {
    const target = event.target as Element
    if (this.gesture || event.button !== 0 || target.closest('zlide-landmarks')) return
    const { pointerId: pointer, clientX: x, clientY: y } = event
    const onPuck = target.closest('.puck, .grip') !== null
    this.focusOn(this.focusedAxis, false)
    if (!onPuck && event.pointerType !== 'mouse') {
      this.gesture = { pointer, kind: 'tap', x, y }
      return
    }
    const at = this.coordinatesAt(event)
    const { range } = this.set
    const [offsetX, offsetY] = this.here.map((value, i) => clamp(value, range) - (at[i] as number))
    const offset = [offsetX as number, offsetY as number] as const
    this.gesture = { pointer, kind: 'drag', offset: onPuck ? offset : [0, 0] }
    ;(event.currentTarget as Element).setPointerCapture(pointer)
    if (!onPuck) this.moveTo(at)
  }

  private readonly onPointerMove = (event: PointerEvent) => {
    const gesture = this.gestureOf(event)
    if (gesture?.kind !== 'drag') return
    const [x, y] = this.coordinatesAt(event)
    this.moveTo([x + gesture.offset[0], y + gesture.offset[1]])
  }

  private readonly onPointerUp = (event: PointerEvent) => {
    const gesture = this.gestureOf(event)
    const { clientX: x, clientY: y } = event
    if (gesture?.kind === 'tap' && Math.hypot(x - gesture.x, y - gesture.y) < TAP_TOLERANCE)
      this.moveTo(this.coordinatesAt(event))
    this.endGesture(event)
  }

  private readonly endGesture = (event: PointerEvent) => {
    if (!this.gestureOf(event)) return
    this.gesture = null
    this.throttle.settle()
  }

  /** End the gesture if the plot lost the pointer. If the puck lost it, the plot has it now. */
  private readonly onLostCapture = (event: PointerEvent) => {
    if (event.target === event.currentTarget) this.endGesture(event)
  }

  private gestureOf(event: PointerEvent): Gesture | null {
    return this.gesture?.pointer === event.pointerId ? this.gesture : null
  }

  /** Keep the focus on the puck; by default a press on the plot removes it. */
  private keepFocus(event: Event) {
    if (!(event.target as Element).closest('zlide-landmarks')) event.preventDefault()
  }

  private coordinatesAt({ clientX, clientY }: PointerEvent): Coordinates {
    const { left, top, width, height } = (this.field as SVGSVGElement).getBoundingClientRect()
    const { across, up } = this.plane
    return [
      across.invert((100 * (clientX - left)) / width),
      up.invert((100 * (clientY - top)) / height),
    ]
  }

  private moveTo([x, y]: Coordinates) {
    const { range } = this.set
    this.move([roundToStep(x, range), roundToStep(y, range)])
  }

  private move(to: Coordinates) {
    const [x, y] = this.here
    if (to[0] === x && to[1] === y) return
    this.throttle.move(to)
  }

  static override styles = [shared, caption, styles]
}
