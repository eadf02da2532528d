import type { PropertyValues } from 'lit'
import { property, state } from 'lit/decorators.js'
import type { Manifest } from '../bundle/index.ts'
import { errorMessage } from '../errors.ts'
import type { Modality } from '../modalities/index.ts'
import type { Model } from '../model/index.ts'
import type { Example, LatentPoint } from '../samples/index.ts'
import {
  angleBetween,
  begin,
  canRedo,
  canUndo,
  decodeView,
  defaultMapAxes,
  type Endpoint,
  encodeView,
  type History,
  load,
  type Path,
  type Position,
  present,
  quantize,
  type RequestedView,
  redo,
  resolveEndpoint,
  samplePath,
  step,
  toRows,
  type UrlContext,
  undo,
  type View,
} from '../view/index.ts'
import { type ExampleCoordinates, Session } from './session.ts'

/** Milliseconds without a key press after which moves become one undoable step. */
const PAUSE = 400

/** The detail of `zlide-change` and `zlide-step`. */
export interface Change {
  state: string // the view, as a URL encodes it
  sliders: readonly number[] // (K), in σ
  text: string | null // the sentence; null for samples that are not text
}

/** Moves, undo, sets of axes, the path between A and B, and links to a view. */
export abstract class Navigation extends Session {
  @property({ attribute: 'state' }) link = '' // the view to open, as a URL encodes it
  @state() protected history: History<View> | null = null
  @state() protected remark: string | null = null // about the link, or a part that failed to load
  private path: Path | null = null // null until it is computed
  private requestedSet = 0
  private waitingLink: RequestedView | null = null // needs the model, which is still loading
  private activeLink: RequestedView | null = null // being resolved
  private openedByLink = false // then the link replaces the first step
  private timer: ReturnType<typeof setTimeout> | undefined

  override disconnectedCallback() {
    super.disconnectedCallback()
    clearTimeout(this.timer)
    this.waitingLink ??= this.activeLink // until the element is reinserted
    this.activeLink = null
  }

  protected override willUpdate(changed: PropertyValues<this>) {
    if (this.hasUpdated && changed.has('bundle') && !changed.has('link')) this.link = '' // it belonged to the last bundle
    super.willUpdate(changed)
    if (changed.has('link') && this.history) this.followLink(this.link)
  }

  protected override clear() {
    super.clear()
    clearTimeout(this.timer)
    this.history = null
    this.remark = null
    this.path = null
    this.requestedSet = 0
    this.waitingLink = null
    this.activeLink = null
    this.openedByLink = false
  }

  protected override onExamples() {
    const { position } = this
    if (!position || !this.view) return
    this.history = begin({ ...this.view, place: load(position.example) })
    if (!isUnmoved(position)) this.commit() // moved before the examples arrived
    if (!this.link) return
    this.openedByLink = true
    this.followLink(this.link)
  }

  protected override onModel() {
    const { waitingLink } = this
    this.waitingLink = null
    if (waitingLink) void this.applyLink(waitingLink)
    else this.decode()
  }

  protected override onDecoded(view: View) {
    this.notify('zlide-change', view)
  }

  private get known(): UrlContext {
    return {
      manifest: this.manifest as Manifest,
      examples: this.examples,
      modality: this.modality as Modality,
    }
  }

  /** True if the page still shows the poster although the reader has moved. */
  protected get isPosterStale(): boolean {
    const { decoded, position } = this
    return (
      decoded?.milliseconds === null &&
      position !== null &&
      (position.example.text !== decoded.example.text || !isUnmoved(position))
    )
  }

  /** The view as a URL encodes it. */
  protected get encodedView(): string {
    return this.view && this.manifest ? encodeView(this.view, this.known) : ''
  }

  /** Change the view and decode it, without a new step. A link that is still pending is dropped. */
  protected changeView(change: (view: View) => View) {
    if (!this.view) return
    this.dropLink()
    this.view = change(this.view)
    this.decode()
  }

  /** Cancel what the reader asked for earlier and what has not arrived yet. */
  protected cancelPending() {
    this.dropLink()
  }

  private dropLink() {
    this.waitingLink = null
    this.activeLink = null
  }

  /** Change the position, which leaves the path. */
  protected changePosition(change: (position: Position) => Position) {
    this.changeView((view) => ({
      ...view,
      position: change(view.position),
      interpolation: { ...view.interpolation, t: null },
    }))
  }

  /** Commit a step soon, unless another move follows. */
  protected readonly commitSoon = () => {
    clearTimeout(this.timer)
    this.timer = setTimeout(this.commit, PAUSE)
  }

  /** Make the current view an undoable step, and dispatch `zlide-step`. */
  readonly commit = () => {
    clearTimeout(this.timer)
    const { view, history } = this
    if (!view || !history || present(history) === view) return
    this.history = step(history, view)
    this.openedByLink = false
    this.notify('zlide-step', view)
  }

  protected get canUndo(): boolean {
    return Boolean(this.model && this.history && canUndo(this.history))
  }

  protected get canRedo(): boolean {
    return Boolean(this.model && this.history && canRedo(this.history))
  }

  protected readonly undo = () => this.travel(undo)
  protected readonly redo = () => this.travel(redo)

  private travel(travel: typeof undo<View>) {
    this.commit()
    this.cancelPending()
    const { history, model } = this
    if (!history || !model) return
    this.history = travel(history)
    const view = present(this.history)
    this.restore(view, model)
    this.notify('zlide-step', view)
  }

  /** Show a view of the history again. */
  private restore(view: View, model: Model) {
    const { set } = view.position
    if (set !== this.exampleCoordinates.set) void this.updateCoordinates(model, set)
    this.requestedSet = set
    this.view = view
    this.path = null
    void this.updatePath()
    this.decode()
  }

  private notify(event: 'zlide-change' | 'zlide-step', view: View) {
    if (!this.history) return
    const sample = this.decoded?.sample
    const text = (sample && this.modality?.textOf(sample)) ?? null
    const detail: Change = {
      state: encodeView(view, this.known),
      sliders: view.position.sliders,
      text,
    }
    this.dispatchEvent(new CustomEvent(event, { bubbles: true, composed: true, detail }))
  }

  /**
   * Show the view of a link, now or when the model is loaded. A damaged link shows its error.
   *
   * A link to an earlier step restores that step, because no link holds a picture of the reader's own.
   */
  private followLink(text: string) {
    this.dropLink()
    if (text === this.encodedView) return
    this.cancelPending()
    clearTimeout(this.timer)
    const { model, history } = this
    const earlier = history?.steps.findLast((view) => encodeView(view, this.known) === text)
    if (model && history && earlier) {
      this.remark = null
      this.history = step(history, earlier)
      this.restore(earlier, model)
      return
    }
    try {
      const link = decodeView(text, this.known)
      this.remark = link.isOtherVersion
        ? 'This link was made with another version of the model; it may show something else here.'
        : null
      const needsModel =
        link.set > 0 || link.typedText !== null || link.interpolation.shape === 'spherical'
      if (needsModel && !this.model) this.waitingLink = link
      else void this.applyLink(link)
    } catch (error) {
      this.remark = errorMessage(error)
    }
  }

  /** Encode a sentence of the reader's own as an example. */
  protected abstract encodeSentence(text: string): Promise<Example>

  private async applyLink(link: RequestedView): Promise<void> {
    this.activeLink = link
    try {
      const { coordinates, path, view } = await this.resolveLink(link)
      if (this.activeLink !== link) return // superseded
      this.requestedSet = link.set
      this.exampleCoordinates = coordinates
      this.path = path
      this.view = view
      this.history = this.history && (this.openedByLink ? begin(view) : step(this.history, view))
      this.openedByLink = false
    } catch (error) {
      if (this.activeLink === link) this.remark = errorMessage(error)
    }
    this.decode()
  }

  /** Return the view of a link, with the coordinates and the path that belong to it. */
  private async resolveLink(link: RequestedView) {
    const { model, view, manifest } = this
    const { set } = link
    const example = (await this.resolveExample(link)) ?? (view as View).position.example
    const coordinates = model
      ? await this.computeCoordinates(model, set, example)
      : { set, points: new Map<Example, LatentPoint>() }
    const pointOf = (example: Example): LatentPoint => coordinates.points.get(example) ?? example
    const pointAt = (index: number) => pointOf(this.examples[index] as Example)
    const ends = {
      ...link.interpolation,
      a: resolveEndpoint(link.interpolation.a, pointAt),
      b: resolveEndpoint(link.interpolation.b, pointAt),
    }
    const path = await this.computePath(ends, set)
    const start = load(example, set, pointOf(example))
    const sliders = link.sliders.map(
      (value, i) => value ?? (start.exampleCoordinates.sliders[i] as number),
    )
    const residual =
      link.residual === 'home'
        ? start.residual
        : link.residual === 'none'
          ? start.residual.map(() => 0)
          : link.residual
    const place: Position = {
      ...start,
      sliders,
      residual,
      ...(path && ends.t !== null ? samplePath(path, ends.t) : {}),
    }
    const across =
      link.mapAxes ?? defaultMapAxes((manifest as Manifest).axes[set]?.axes.length ?? 1)
    return {
      coordinates,
      path,
      view: {
        position: place,
        interpolation: ends,
        decoding: link.decoding,
        mapAxes: across,
      } satisfies View,
    }
  }

  private async resolveExample(link: RequestedView): Promise<Example | undefined> {
    if (link.typedText !== null) return this.encodeSentence(link.typedText)
    return link.hasLostPicture ? this.replaceLostPicture(link) : this.examples[link.example ?? 0]
  }

  /** Return an example for a picture of the reader's own, which no link holds: the linked position. */
  private async replaceLostPicture({ set, sliders, residual }: RequestedView): Promise<Example> {
    const size = this.manifest?.latent_size ?? 0
    const linked = {
      sliders: sliders.map((value) => value ?? 0),
      residual: typeof residual === 'string' ? Array(size).fill(0) : residual,
    }
    const [point] =
      this.model && set > 0 ? await this.model.changeBasis(set, 0, [linked]) : [linked]
    return { text: 'not in the link', sample: null, ...(point as LatentPoint) }
  }

  /** Move to an example, once its coordinates are known. */
  protected loadExample(example: Example): void {
    const point = this.coordinatesOf(example)
    if (!point) return void this.locateAndLoad(example)
    this.changePosition(({ set }) => load(example, set, point))
    this.commit()
  }

  private async locateAndLoad(example: Example): Promise<void> {
    const { model, view } = this
    if (model && view) await this.updateCoordinates(model, view.position.set)
    if (this.view === view && this.coordinatesOf(example)) this.loadExample(example)
  }

  /** Show the same z on another set of axes. Moves during the computation are kept. */
  protected async selectAxes(set: number): Promise<void> {
    this.requestedSet = set
    const { model, view } = this
    if (!model || !view || set === view.position.set) return
    try {
      const { position, interpolation } = view
      const points = [position, ...[interpolation.a, interpolation.b].filter((end) => end !== null)]
      const [here, ...endPoints] = (await model.changeBasis(position.set, set, points)) as [
        LatentPoint,
        ...LatentPoint[],
      ]
      const coordinates = await this.computeCoordinates(model, set)
      if (this.requestedSet !== set || this.model !== model) return
      if (this.view !== view) return this.selectAxes(set)
      this.exampleCoordinates = coordinates
      const home = coordinates.points.get(position.example) as LatentPoint
      const move = (end: Endpoint | null) =>
        end && { ...end, ...quantize(endPoints.shift() as LatentPoint) }
      this.view = {
        ...view,
        position: {
          ...(isUnmoved(position) ? home : here),
          set,
          example: position.example,
          exampleCoordinates: home,
        },
        interpolation: {
          ...interpolation,
          a: move(interpolation.a),
          b: move(interpolation.b),
          t: null,
        },
        mapAxes: defaultMapAxes(here.sliders.length),
      }
      this.path = null
      void this.updatePath()
      this.decode()
      this.commit()
    } catch (error) {
      await this.handleModelError(model, error)
    }
  }

  /** Return the coordinates of all examples on a set of axes. */
  private async computeCoordinates(
    model: Model,
    set: number,
    ...more: Example[]
  ): Promise<ExampleCoordinates> {
    const { position } = this
    const examples = [
      ...new Set([...(position ? [position.example] : []), ...more, ...this.examples]),
    ]
    const points = await model.changeBasis(0, set, examples)
    return {
      set,
      points: new Map(examples.map((example, i) => [example, points[i] as LatentPoint])),
    }
  }

  private async updateCoordinates(model: Model, set: number): Promise<void> {
    try {
      const coordinates = await this.computeCoordinates(model, set)
      if (this.model === model && this.position?.set === set) this.exampleCoordinates = coordinates
    } catch (error) {
      await this.handleModelError(model, error)
    }
  }

  /** Make an example, or the current position, an end of the path. */
  protected readonly onSelectEnd = (which: 'a' | 'b', source: number | 'here') => {
    const { view } = this
    if (!view) return
    const { position, interpolation } = view
    const point =
      source === 'here' ? quantize(position) : this.coordinatesOf(this.examples[source] as Example)
    if (!point) return
    const end: Endpoint = {
      example: source === 'here' ? null : source,
      sliders: point.sliders,
      residual: point.residual,
    }
    void this.setEnds({ ...interpolation, [which]: end, t: null })
  }

  /** Change the path. A reader on the path stays on it, at the same fraction. */
  protected async setEnds(ends: View['interpolation']): Promise<void> {
    if (!this.view) return
    this.view = { ...this.view, interpolation: ends }
    this.path = null
    await this.updatePath()
    if (this.view.interpolation === ends && ends.t !== null) this.moveAlongPath(ends.t)
    this.commit()
  }

  private async updatePath(): Promise<void> {
    const { view, model } = this
    if (!view) return
    try {
      const path = await this.computePath(view.interpolation, view.position.set)
      if (
        this.view?.interpolation.a !== view.interpolation.a ||
        this.view.interpolation.b !== view.interpolation.b ||
        this.view.interpolation.shape !== view.interpolation.shape
      )
        return
      this.path = path
      this.decodePreviews()
    } catch (error) {
      if (model) await this.handleModelError(model, error)
    }
  }

  /** Return the path between A and B. A spherical one needs the model, which knows where z is 0. */
  private async computePath(
    { a, b, shape }: View['interpolation'],
    set: number,
  ): Promise<Path | null> {
    const { model } = this
    if (!a || !b) return null
    if (shape === 'linear') return { kind: 'linear', a, b }
    if (!model) return null
    const rows = toRows([a, b])
    const [one, other] = (await model.toZ(set, rows.sliders, rows.residual)) as [number[], number[]]
    const { sliders, residual } = await model.locate(set, [one.map(() => 0)])
    const origin = { sliders: sliders[0] as number[], residual: residual[0] as number[] }
    return { kind: 'spherical', a, b, origin, angle: angleBetween(one, other) }
  }

  /** Return the point at a fraction t of the path, 0…1; null without a path. */
  protected pointAt(t: number): LatentPoint | null {
    return this.path && samplePath(this.path, t)
  }

  /** Move to a fraction t of the path, 0…1. */
  protected readonly moveAlongPath = (t: number) => {
    const point = this.pointAt(t)
    if (!point) return
    this.changeView((view) => ({
      ...view,
      position: { ...view.position, sliders: point.sliders, residual: point.residual },
      interpolation: { ...view.interpolation, t },
    }))
  }
}

/** Return whether nothing moved since the example was loaded. */
const isUnmoved = ({ sliders, residual, exampleCoordinates }: Position) =>
  sliders === exampleCoordinates.sliders && residual === exampleCoordinates.residual
