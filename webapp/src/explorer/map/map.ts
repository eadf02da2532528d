import { html, LitElement, type PropertyValues, svg } from 'lit'
import { customElement, property, query, state } from 'lit/decorators.js'
import { guard } from 'lit/directives/guard.js'
import { live } from 'lit/directives/live.js'
import type { AxesSet, Axis } from '../../bundle/index.ts'
import { axisTitle } from '../../format.ts'
import { type Distance, describeDistance, describeOutside, isOutside } from '../../samples/index.ts'
import { caption } from '../caption.css.ts'
import { type Density, density } from './density.ts'
import { Moves } from './frame-throttle.ts'
import { look } from './map.css.ts'
import {
  clamp,
  notch,
  type Plane,
  plane,
  press,
  sayPlace,
  signed,
  spot,
  ticks,
  type Values,
} from './plane.ts'
import './landmarks.ts'
import { shared } from '../theme.ts'
import type { Landmark } from './landmarks.ts'

/** So far a finger may slip and still tap. CSS pixels. */
const SLIP = 10

/** "2,000" */
const thousands = (number: number) => number.toLocaleString('en')

/** How the puck is being moved: dragged, held at some σ from its middle, or by a finger that may yet turn out to scroll. */
type Hold = { kind: 'drag'; offset: Values } | { kind: 'tap'; x: number; y: number }

/**
 * Two axes of z as a map: where the model has seen data, the examples, and a puck where the reader is.
 *
 * Training samples beyond the range of the sliders are left out; examples and the puck are drawn at the border.
 */
@customElement('zlide-map')
export class MapView extends LitElement {
  @property({ attribute: false }) set!: AxesSet
  @property({ attribute: false }) sliders: readonly number[] = [] // (K), in σ
  @property({ attribute: false }) points: Float32Array | null = null // (N, K) row by row, in σ; null where there are none, or not yet
  @property({ attribute: false }) examples: readonly {
    text: string
    sliders: readonly number[]
  }[] = []
  @property({ type: Number }) current = -1 // the example that is loaded; −1 for none of these
  @property({ attribute: false }) across: readonly [number, number] = [0, 1] // the axes to the right, and upward
  @property({ attribute: false }) away: Distance | null = null // null where it is not known
  @property({ attribute: false }) chose: (across: [number, number]) => void = () => {}
  @property({ attribute: false }) moved: (values: Values) => void = () => {} // at most once a frame
  @property({ attribute: false }) settled: () => void = () => {} // the reader let go
  @property({ attribute: false }) picked: (index: number) => void = () => {}
  @state() private turned: 0 | 1 = 0 // the axis of the puck that Tab leads to
  @state() private cloud: Density = { contours: [], dots: '' }
  @query('#field') private readonly field!: SVGSVGElement | null
  private hold: { pointer: number; by: Hold } | null = null
  private plane!: Plane
  private landmarks: Landmark[] = []
  private readonly moves = new Moves<Values>(
    (values) => this.moved(values),
    () => this.settled(),
  )

  override disconnectedCallback() {
    super.disconnectedCallback()
    this.moves.stop()
    this.hold = null
  }

  protected override willUpdate(changed: PropertyValues<this>) {
    if (this.isFlat) return
    const { points, set, across, examples } = this
    const turned = changed.has('set') || changed.has('across')
    if (changed.has('set')) this.plane = plane(set.range)
    if (turned || changed.has('points'))
      this.cloud = points
        ? density(points, set.axes.length, across, set.range)
        : { contours: [], dots: '' }
    if (turned || changed.has('examples'))
      this.landmarks = examples.map(({ text, sliders }) => ({
        text,
        values: this.valuesOf(sliders),
      }))
  }

  /** Whether there are not even two axes. */
  private get isFlat(): boolean {
    return this.set.axes.length < 2
  }

  private get names(): [string, string] {
    const name = (axis: number) => (this.set.axes[axis] as Axis).name
    return [name(this.across[0]), name(this.across[1])]
  }

  private valuesOf(sliders: readonly number[]): Values {
    return [sliders[this.across[0]] ?? 0, sliders[this.across[1]] ?? 0]
  }

  /** Where the reader is, or will be with the next frame. */
  private get here(): Values {
    return this.moves.pending ?? this.valuesOf(this.sliders)
  }

  protected override render() {
    if (this.isFlat)
      return html`<h3>Map</h3><p class="quiet">This model has one axis; a map needs two.</p>`
    const { points, set } = this
    return html`
      <h3>Map ${points && html`<span class="remark">${thousands(points.length / set.axes.length)} training samples</span>`}</h3>
      ${this.renderChoice(1, 'up', 'Axis upward')}
      <div id="chart" @pointerdown=${this.grab} @pointermove=${this.drag} @pointerup=${this.release} @pointercancel=${this.cancel}
        @lostpointercapture=${this.lose} @mousedown=${this.keepFocus}>
        ${this.renderField()} ${this.renderPuck()}
        <zlide-landmarks .plane=${this.plane} .landmarks=${this.landmarks} .current=${this.current} .picked=${this.picked}></zlide-landmarks>
      </div>
      ${this.renderChoice(0, 'across', 'Axis to the right')}
      <p id="away" class="quiet ${this.away && isOutside(this.away) ? 'out' : ''}">${this.away && describeDistance(this.away)}</p>
    `
  }

  private renderChoice(which: 0 | 1, id: string, label: string) {
    const option = (axis: Axis, i: number) =>
      html`<option value=${i} .selected=${live(i === this.across[which])}>${axisTitle(axis, i)}</option>`
    const select = html`<select aria-label=${label} @change=${(event: Event) => this.choose(which, Number((event.target as HTMLSelectElement).value))}>
        ${this.set.axes.map(option)}
      </select>
      <svg class="opener" viewBox="0 0 8 8" aria-hidden="true"><path d="m1 2.5 3 3 3-3" /></svg>`
    const arrow = html`<span aria-hidden="true">${which === 0 ? '→' : '↑'}</span>`
    return html`<div id=${id} class="choice">${which === 0 ? [select, arrow] : [arrow, select]}</div>`
  }

  /** The other axis is never the same one: they change places. */
  private choose(which: 0 | 1, axis: number) {
    const [x, y] = this.across
    const swapped = axis === (which === 0 ? y : x)
    this.requestUpdate() // whatever becomes of the choice, what is shown is what holds
    if (swapped) this.chose([y, x])
    else this.chose(which === 0 ? [axis, y] : [x, axis])
  }

  private renderField() {
    const { plane, cloud } = this
    return guard([cloud, this.set], () => {
      const marks = ticks(plane)
      const [left, top] = spot(plane, [0, 0])
      return html`
        <svg id="field" viewBox="0 0 100 100" preserveAspectRatio="none" aria-hidden="true">
          ${svg`<path class="zero" d="M0 ${top}H100M${left} 0V100" />
            <g class="cloud">${cloud.contours.map((path) => svg`<path d=${path} />`)}</g>
            <path class="dots" d=${cloud.dots} />`}
        </svg>
        ${marks.map((mark) => html`<span class="tick below" aria-hidden="true" .style=${`left: ${plane.across(mark)}%`}>${signed(mark)}</span>`)}
        ${marks.map((mark) => html`<span class="tick beside" aria-hidden="true" .style=${`top: ${plane.up(mark)}%`}>${signed(mark)}</span>`)}
      `
    })
  }

  /** Two sliders in one place: a screen reader meets either, and a touch screen can move them too. */
  private renderPuck() {
    const { names, away } = this
    const values = this.valuesOf(this.sliders)
    const [left, top] = spot(this.plane, values)
    const place = `left: ${left}%; top: ${top}%`
    const out = away !== null && isOutside(away)
    const words =
      sayPlace(names, values) + (out ? `; ${describeOutside(away).replace('σ', 'sigma')}` : '')
    const slider = (
      axis: 0 | 1,
    ) => html`<input type="range" aria-roledescription="2D slider" min=${-this.set.range} max=${this.set.range} step="0.01"
      aria-label="${names[axis]}, ${axis === 0 ? 'across the map' : 'up the map'}" aria-orientation=${axis === 0 ? 'horizontal' : 'vertical'}
      aria-valuetext=${words} tabindex=${axis === this.turned ? 0 : -1} .value=${live(String(values[axis]))}
      @focus=${() => this.turn(axis)} @keydown=${this.type} @input=${(event: Event) => this.slide(axis, event)} />`
    return html`
      <div class="grip" role="group" aria-label="Where you are on the map" .style=${place} @focusout=${this.leave}>${slider(0)}${slider(1)}</div>
      <div class="puck" .style=${place}></div>
      ${out ? html`<span class="caption ${top > 85 ? 'over' : 'under'}" aria-hidden="true" .style=${`${place}; translate: ${-left}%`}>${describeOutside(away)}</span>` : null}
    `
  }

  private turn(axis: 0 | 1) {
    this.turned = axis
  }

  private readonly type = (event: KeyboardEvent) => {
    if (event.altKey || event.ctrlKey || event.metaKey) return
    const values = press(event.key, event.shiftKey, this.turned, this.here, this.set.range)
    if (!values) return
    event.preventDefault()
    if (event.key.startsWith('Arrow'))
      this.focusOn(event.key === 'ArrowLeft' || event.key === 'ArrowRight' ? 0 : 1, true)
    this.move(values)
    this.moves.settleAfterPause()
  }

  private focusOn(axis: 0 | 1, focusVisible: boolean) {
    const options: FocusOptions & { focusVisible: boolean } = { preventScroll: true, focusVisible }
    this.renderRoot.querySelectorAll<HTMLElement>('.grip input')[axis]?.focus(options)
  }

  /** What assistive technology does to one of the sliders. */
  private slide(axis: 0 | 1, event: Event) {
    const value = notch((event.target as HTMLInputElement).valueAsNumber, this.set.range)
    const [x, y] = this.here
    this.move(axis === 0 ? [value, y] : [x, value])
    this.moves.settleAfterPause()
  }

  private readonly leave = (event: FocusEvent) => {
    if (!(event.currentTarget as Element).contains(event.relatedTarget as Node | null))
      this.moves.settle()
  }

  private readonly grab = (event: PointerEvent) => {
    const target = event.target as Element
    if (this.hold || event.button !== 0 || target.closest('zlide-landmarks')) return
    const puck = target.closest('.puck, .grip') !== null
    this.focusOn(this.turned, false)
    if (!puck && event.pointerType !== 'mouse') {
      this.hold = {
        pointer: event.pointerId,
        by: { kind: 'tap', x: event.clientX, y: event.clientY },
      }
      return
    }
    const at = this.valuesAt(event)
    const { range } = this.set
    const offset = this.here.map((value, i) => clamp(value, range) - (at[i] as number)) as [
      number,
      number,
    ]
    this.hold = { pointer: event.pointerId, by: { kind: 'drag', offset: puck ? offset : [0, 0] } }
    ;(event.currentTarget as Element).setPointerCapture(event.pointerId)
    if (!puck) this.moveTo(at)
  }

  private readonly drag = (event: PointerEvent) => {
    const by = this.holding(event)
    if (by?.kind !== 'drag') return
    const [x, y] = this.valuesAt(event)
    this.moveTo([x + by.offset[0], y + by.offset[1]])
  }

  private readonly release = (event: PointerEvent) => {
    const by = this.holding(event)
    if (by?.kind === 'tap' && Math.hypot(event.clientX - by.x, event.clientY - by.y) < SLIP)
      this.moveTo(this.valuesAt(event))
    this.cancel(event)
  }

  private readonly cancel = (event: PointerEvent) => {
    if (!this.holding(event)) return
    this.hold = null
    this.moves.settle()
  }

  /** What lost the pointer may be the puck, under a finger: the plot has it now. */
  private readonly lose = (event: PointerEvent) => {
    if (event.target === event.currentTarget) this.cancel(event)
  }

  private holding(event: PointerEvent): Hold | null {
    return this.hold?.pointer === event.pointerId ? this.hold.by : null
  }

  /** A press into the plot takes the focus from the puck to nothing, if the browser has its way. */
  private keepFocus(event: Event) {
    if (!(event.target as Element).closest('zlide-landmarks')) event.preventDefault()
  }

  private valuesAt({ clientX, clientY }: PointerEvent): Values {
    const { left, top, width, height } = (this.field as SVGSVGElement).getBoundingClientRect()
    const { across, up } = this.plane
    return [
      across.invert((100 * (clientX - left)) / width),
      up.invert((100 * (clientY - top)) / height),
    ]
  }

  private moveTo([x, y]: Values) {
    const { range } = this.set
    this.move([notch(x, range), notch(y, range)])
  }

  private move(values: Values) {
    const [x, y] = this.here
    if (values[0] === x && values[1] === y) return
    this.moves.move(values)
  }

  static override styles = [shared, caption, look]
}
