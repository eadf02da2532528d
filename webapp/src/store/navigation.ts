import type { AxesSet, Manifest } from '../bundle/index.ts'
import type { Modality } from '../modalities/index.ts'
import type { Sample } from '../sample.ts'
import { type Example, exampleOfPoster, type LatentPoint, poster } from '../samples/index.ts'
import {
  begin,
  canRedo,
  canUndo,
  type Endpoint,
  type History,
  type Interpolation,
  initialView,
  load,
  type Position,
  present,
  quantize,
  redo,
  settle,
  step,
  undo,
  type View,
} from '../view/index.ts'
import type { ExampleCoordinates } from './example-coordinates.ts'
import type { Morph, Route } from './morph.ts'
import { Observed } from './observed.ts'
import type { Session } from './session.ts'

/** Milliseconds without a further move after which moves become one undoable step. */
const PAUSE = 400

/** A decoded sample, and the example that was loaded when it was decoded. */
export interface DecodedSample {
  sample: Sample | null // null for a poster without a sample
  example: Example
  milliseconds: number | null // null for a poster
}

export interface NavigationState {
  view: View | null // null before the manifest arrives
  decoded: DecodedSample | null
  history: History<View> | null // null before the examples arrive
}

export interface NavigationListener {
  onMove(): void // the reader changed the view
  onReplace(): void // an earlier view, or that of a link, replaced the view
  onLoad(): void // the reader chose an example
  onDecode(): void // the view is being decoded
  onDecoded(view: View): void
  onStep(view: View): void
}

const EMPTY: NavigationState = { view: null, decoded: null, history: null }

/** The reader's view of a bundle: moves, the sample decoded last, undo and redo. */
export class Navigation {
  private readonly observed: Observed<NavigationState>
  private timer: ReturnType<typeof setTimeout> | undefined
  private loading: object | null = null // the newest example that waits for its coordinates

  constructor(
    private readonly session: Session,
    private readonly coordinates: ExampleCoordinates,
    private readonly morph: Morph,
    private readonly listener: NavigationListener,
    onChange: () => void,
  ) {
    this.observed = new Observed(EMPTY, onChange)
  }

  get state(): Readonly<NavigationState> {
    return this.observed.value
  }

  /** The reader's position. */
  get position(): Position | null {
    return this.state.view?.position ?? null
  }

  /** The set of axes in use. */
  get axes(): AxesSet | null {
    return this.position && this.session.axes(this.position.set)
  }

  get canUndo(): boolean {
    const { history } = this.state
    return this.session.state.model !== null && history !== null && canUndo(history)
  }

  get canRedo(): boolean {
    const { history } = this.state
    return this.session.state.model !== null && history !== null && canRedo(history)
  }

  /** True if the page still shows the poster although the reader has moved. */
  get isPosterStale(): boolean {
    const { position } = this
    const { decoded } = this.state
    return (
      decoded?.milliseconds === null &&
      position !== null &&
      (position.example.text !== decoded.example.text || !isUnmoved(position))
    )
  }

  clear(): void {
    clearTimeout(this.timer)
    this.loading = null
    this.observed.set(EMPTY)
  }

  /** Stop the timer of `commitSoon`. */
  pause(): void {
    clearTimeout(this.timer)
  }

  /** Drop an example that waits for its coordinates. */
  dropLoading(): void {
    this.loading = null
  }

  /** Show the poster, unless the bundle was opened before. */
  showPoster(manifest: Manifest, modality: Modality): void {
    if (this.state.view) return
    const { example, sample } = poster(manifest, modality)
    this.observed.set({
      view: initialView(load(example)),
      decoded: { sample, example, milliseconds: null },
    })
  }

  /** Replace the poster by its example, and begin the history. Moves of the reader are kept. */
  begin(examples: readonly Example[]): void {
    const { view } = this.state
    if (!view) return
    const { position } = view
    const settled = settle(position, exampleOfPoster(position.example, examples))
    const first = { ...view, position: load(settled.example) }
    this.observed.set({ view: first, history: begin(first) })
    if (isUnmoved(settled)) return
    this.observed.set({ view: { ...view, position: settled } })
    this.commit()
  }

  /** Decode the view. */
  decode(): void {
    const { view } = this.state
    if (!view) return
    const { position, decoding } = view
    void this.morph.follow(routeOf(view))
    this.coordinates.follow(position.set, () => this.examplesWith())
    this.session.decode('position', position.set, [position], decoding, (decoded) => {
      const { samples, milliseconds } = decoded
      const sample = samples[0] ?? null
      this.observed.set({ decoded: { sample, example: position.example, milliseconds } })
      this.listener.onDecoded(view)
    })
    this.listener.onDecode()
  }

  /** Show a view, without a step and without decoding it. */
  private show(view: View): void {
    this.observed.set({ view })
  }

  /** Change the view and decode it, without a step. */
  change(change: (view: View) => View): void {
    const { view } = this.state
    if (!view) return
    this.listener.onMove()
    this.show(change(view))
    this.decode()
  }

  /** Change the position, which leaves the path from A to B. */
  move(change: (position: Position) => Position): void {
    this.loading = null
    this.change((view) => ({
      ...view,
      position: change(view.position),
      interpolation: { ...view.interpolation, t: null },
    }))
  }

  /** Show the view on another set of axes, as a step. */
  changeAxes(view: View): void {
    this.show(view)
    this.decode()
    this.commit()
  }

  /** Commit a step soon, unless another move follows. */
  readonly commitSoon = (): void => {
    clearTimeout(this.timer)
    this.timer = setTimeout(this.commit, PAUSE)
  }

  /** Make the view an undoable step, unless it is one already. */
  readonly commit = (): void => {
    clearTimeout(this.timer)
    const { view, history } = this.state
    if (!view || !history || present(history) === view) return
    this.observed.set({ history: step(history, view) })
    this.listener.onStep(view)
  }

  readonly undo = (): void => this.travel(undo)
  readonly redo = (): void => this.travel(redo)

  private travel(travel: typeof undo<View>): void {
    this.commit()
    const { history } = this.state
    if (!history || !this.session.state.model) return
    const to = travel(history)
    this.restore(to)
    this.listener.onStep(present(to))
  }

  /** Return to an earlier step, as a new step. */
  repeat(earlier: View): void {
    const { history } = this.state
    if (history) this.restore(step(history, earlier))
  }

  /** Show the present of a history, and decode it. */
  private restore(history: History<View>): void {
    this.observed.set({ history })
    this.replace(present(history))
    this.decode()
  }

  /** Show the view of a link as a step, or as the first step. */
  enter(view: View, isFirst: boolean): void {
    const { history } = this.state
    this.observed.set({ history: history && (isFirst ? begin(view) : step(history, view)) })
    this.replace(view)
  }

  private replace(view: View): void {
    clearTimeout(this.timer)
    this.loading = null
    this.listener.onReplace()
    this.show(view)
  }

  /** Move to an example as a step, once its coordinates are known. The newest example counts. */
  async load(example: Example): Promise<void> {
    this.listener.onLoad()
    const request = {}
    this.loading = request
    while (this.loading === request && this.position) {
      const { set } = this.position
      const point = this.coordinates.of(example, set)
      if (point) return this.enterExample(example, set, point)
      const isFound = await this.coordinates.find(set, this.examplesWith(example))
      if (!isFound && this.loading === request && this.position?.set === set) this.loading = null
    }
  }

  private enterExample(example: Example, set: number, point: LatentPoint): void {
    this.move(() => load(example, set, point))
    this.commit()
  }

  /** Return the examples of the bundle, and the reader's own if it is loaded. */
  private examplesWith(...more: readonly Example[]): readonly Example[] {
    const { position } = this
    return [...(position ? [position.example] : []), ...more, ...this.session.state.examples]
  }

  /** Make an example, by its index, or the position an end of the path. */
  selectEnd(which: 'a' | 'b', source: number | 'here'): void {
    const { view } = this.state
    if (!view) return
    const example = source === 'here' ? null : source
    const point =
      example === null
        ? quantize(view.position)
        : this.coordinates.of(this.session.state.examples[example] as Example, view.position.set)
    if (!point) return
    const end: Endpoint = { example, sliders: point.sliders, residual: point.residual }
    void this.setInterpolation({ [which]: end, t: null })
  }

  swapEnds(): void {
    const { a, b, t } = this.state.view?.interpolation ?? {}
    if (a !== undefined && b !== undefined)
      void this.setInterpolation({ a: b, b: a, t: t == null ? null : 1 - t })
  }

  selectShape(shape: Interpolation['shape']): void {
    void this.setInterpolation({ shape })
  }

  /** Change the ends or the shape of the path. A reader on the path stays on it, at the same t. */
  private async setInterpolation(changes: Partial<Interpolation>): Promise<void> {
    const { view } = this.state
    if (!view) return
    this.listener.onMove()
    const interpolation = { ...view.interpolation, ...changes }
    this.show({ ...view, interpolation })
    const path = await this.morph.follow(routeOf({ ...view, interpolation }))
    if (this.state.view?.interpolation !== interpolation) return // superseded
    const { t } = interpolation
    if (t !== null && path) this.showOnPath(this.state.view, t)
    else if (t !== null)
      this.show({ ...this.state.view, interpolation: { ...interpolation, t: null } })
    this.commit()
  }

  /** Move to a fraction t of the path, 0…1. */
  readonly moveAlongPath = (t: number): void => {
    const { view } = this.state
    if (!view || !this.morph.path) return
    this.loading = null
    this.listener.onMove()
    this.showOnPath(view, t)
  }

  private showOnPath(view: View, t: number): void {
    const point = this.morph.pointAt(t)
    if (!point) return
    this.show({
      ...view,
      position: { ...view.position, sliders: point.sliders, residual: point.residual },
      interpolation: { ...view.interpolation, t },
    })
    this.decode()
  }
}

/** Return what determines the path of a view. */
export const routeOf = ({ interpolation: { a, b, shape }, position: { set } }: View): Route => ({
  a,
  b,
  shape,
  set,
})

/** Return whether nothing moved since the example was loaded. */
export const isUnmoved = ({ sliders, residual, exampleCoordinates }: Position): boolean =>
  sliders === exampleCoordinates.sliders && residual === exampleCoordinates.residual
