import type { PropertyValues } from 'lit'
import { property, state } from 'lit/decorators.js'
import type { Manifest } from '../bundle/index.ts'
import { errorMessage } from '../errors.ts'
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
import { type Homes, Session } from './session.ts'

/** How long a reader has to rest before that is a step: keys are pressed many times in a row. Milliseconds. */
const PAUSE = 400

/** What `zlide-change` tells the page around: the view as an address spells it, where the sliders are (σ), and the sentence, null for a picture. */
export interface Change {
  state: string
  sliders: readonly number[]
  text: string | null
}

/** The reader goes from place to place: moves, steps that can be undone, sets of axes, a path between two ends, and links that spell all that. */
export abstract class Journey extends Session {
  @property({ attribute: 'state' }) asked = '' // a view to open with, as an address spells it
  @state() protected steps: History<View> | null = null
  @state() protected remark: string | null = null // on the link that was followed
  private path: Path | null = null // between the ends of the view, as far as it is known
  private wanted = 0 // the set of axes that was chosen last
  private waiting: RequestedView | null = null // until the decoder is there
  private arriving: RequestedView | null = null // the link that was followed last
  private opening = false // with a link: what lies before it was not seen
  private pausing: ReturnType<typeof setTimeout> | undefined

  override disconnectedCallback() {
    super.disconnectedCallback()
    clearTimeout(this.pausing)
    this.waiting ??= this.arriving // until there is a decoder again
    this.arriving = null
  }

  protected override willUpdate(changed: PropertyValues<this>) {
    if (this.hasUpdated && changed.has('bundle') && !changed.has('asked')) this.asked = '' // it was asked of the last bundle
    super.willUpdate(changed)
    if (changed.has('asked') && this.steps) this.follow(this.asked)
  }

  protected override forget() {
    super.forget()
    clearTimeout(this.pausing)
    this.steps = null
    this.remark = null
    this.path = null
    this.wanted = 0
    this.waiting = null
    this.arriving = null
    this.opening = false
  }

  protected override begun() {
    const { place } = this
    if (!place || !this.view) return
    this.steps = begin({ ...this.view, place: load(place.example) })
    if (!isAtHome(place)) this.rest() // moved before the examples were here
    if (!this.asked) return
    this.opening = true
    this.follow(this.asked)
  }

  protected override lived() {
    const { waiting } = this
    this.waiting = null
    if (waiting) void this.arrive(waiting)
    else this.decode()
  }

  protected override changed(view: View) {
    this.tell('zlide-change', view)
  }

  private get known(): UrlContext {
    return { manifest: this.manifest as Manifest, examples: this.examples }
  }

  /** Whether what is shown is of another place: before the decoder is here only the poster is known. */
  protected get outrun(): boolean {
    const { shown, place } = this
    return (
      shown?.milliseconds === null &&
      place !== null &&
      (place.example.text !== shown.example.text || !isAtHome(place))
    )
  }

  /** The view as an address spells it. */
  protected get spelled(): string {
    return this.view && this.manifest ? encodeView(this.view, this.known) : ''
  }

  /** Change the view while the reader moves: it is decoded, and is no step yet. A link that has not arrived by then comes too late. */
  protected see(change: (view: View) => View) {
    if (!this.view) return
    this.dropLink()
    this.view = change(this.view)
    this.decode()
  }

  /** What was asked for before, and has not arrived yet, comes too late. */
  protected supersede() {
    this.dropLink()
  }

  private dropLink() {
    this.waiting = null
    this.arriving = null
  }

  /** The same for the place alone, which leaves the path. */
  protected go(change: (place: Position) => Position) {
    this.see((view) => ({
      ...view,
      position: change(view.position),
      interpolation: { ...view.interpolation, t: null },
    }))
  }

  /** The reader may have come to rest, or presses a key again. */
  protected readonly pause = () => {
    clearTimeout(this.pausing)
    this.pausing = setTimeout(this.rest, PAUSE)
  }

  /** The reader has come to rest: this is a step that can be undone, and the address spells it. */
  readonly rest = () => {
    clearTimeout(this.pausing)
    const { view, steps } = this
    if (!view || !steps || present(steps) === view) return
    this.steps = step(steps, view)
    this.opening = false
    this.tell('zlide-step', view)
  }

  protected get undoable(): { undo: boolean; redo: boolean } {
    const steps = this.model && this.steps
    return { undo: steps !== null && canUndo(steps), redo: steps !== null && canRedo(steps) }
  }

  /** To the step before, or to the one that was undone. */
  protected turn(back: boolean) {
    this.rest()
    this.supersede()
    const { steps, model } = this
    if (!steps || !model) return
    this.steps = back ? undo(steps) : redo(steps)
    const view = present(this.steps)
    this.revisit(view, model)
    this.tell('zlide-step', view)
  }

  private revisit(view: View, model: Model) {
    const { set } = view.position
    if (set !== this.homes.set) void this.findHomes(model, set)
    this.wanted = set
    this.view = view
    this.path = null
    void this.findPath()
    this.decode()
  }

  private tell(event: 'zlide-change' | 'zlide-step', view: View) {
    const { shown } = this
    if (!this.steps) return
    const text = shown?.sample?.kind === 'text' ? shown.sample.words.join(' ') : null
    const detail: Change = {
      state: encodeView(view, this.known),
      sliders: view.position.sliders,
      text,
    }
    this.dispatchEvent(new CustomEvent(event, { bubbles: true, composed: true, detail }))
  }

  /**
   * Go where a link leads, at once or as soon as the decoder is there. A damaged one leads nowhere, in words.
   *
   * One that spells a step of this visit leads back to that: a picture of the reader's own does not fit into a link.
   */
  private follow(text: string) {
    this.dropLink()
    if (text === this.spelled) return
    this.supersede()
    clearTimeout(this.pausing)
    const { model, steps } = this
    const before = steps?.steps.findLast((view) => encodeView(view, this.known) === text)
    if (model && steps && before) {
      this.remark = null
      this.steps = step(steps, before)
      this.revisit(before, model)
      return
    }
    try {
      const wanted = decodeView(text, this.known)
      this.remark = wanted.isOtherVersion
        ? 'This link was made with another version of the model, and may show something else here.'
        : null
      const needsModel =
        wanted.set > 0 || wanted.typedText !== null || wanted.interpolation.shape === 'spherical'
      if (needsModel && !this.model) this.waiting = wanted
      else void this.arrive(wanted)
    } catch (error) {
      this.remark = errorMessage(error)
    }
  }

  /** A sentence of the reader's own as an example. */
  protected abstract readOwnSentence(text: string): Promise<Example>

  private async arrive(wanted: RequestedView): Promise<void> {
    this.arriving = wanted
    try {
      const found = await this.find(wanted)
      if (this.arriving !== wanted) return // another link came after it
      this.wanted = wanted.set
      this.homes = found.homes
      this.path = found.path
      this.view = found.view
      this.steps = this.steps && (this.opening ? begin(found.view) : step(this.steps, found.view))
      this.opening = false
    } catch (error) {
      if (this.arriving === wanted) this.remark = errorMessage(error)
    }
    this.decode()
  }

  /** The view that a link asks for. */
  private async find(wanted: RequestedView) {
    const { model, view, manifest } = this
    const { set } = wanted
    const example = (await this.exampleOf(wanted)) ?? (view as View).position.example
    const homes = model
      ? await this.homesOn(model, set, example)
      : { set, spots: new Map<Example, LatentPoint>() }
    const home = (one: Example): LatentPoint => homes.spots.get(one) ?? one
    const spot = (index: number) => home(this.examples[index] as Example)
    const ends = {
      ...wanted.interpolation,
      a: resolveEndpoint(wanted.interpolation.a, spot),
      b: resolveEndpoint(wanted.interpolation.b, spot),
    }
    const path = await this.pathBetween(ends, set)
    const at = load(example, set, home(example))
    const sliders = wanted.sliders.map(
      (value, i) => value ?? (at.exampleCoordinates.sliders[i] as number),
    )
    const residual =
      wanted.residual === 'home'
        ? at.residual
        : wanted.residual === 'none'
          ? at.residual.map(() => 0)
          : wanted.residual
    const place: Position = {
      ...at,
      sliders,
      residual,
      ...(path && ends.t !== null ? samplePath(path, ends.t) : {}),
    }
    const across =
      wanted.mapAxes ?? defaultMapAxes((manifest as Manifest).axes[set]?.axes.length ?? 1)
    return {
      homes,
      path,
      view: {
        position: place,
        interpolation: ends,
        decoding: wanted.decoding,
        mapAxes: across,
      } satisfies View,
    }
  }

  private async exampleOf(wanted: RequestedView): Promise<Example | undefined> {
    if (wanted.typedText !== null) return this.readOwnSentence(wanted.typedText)
    return wanted.hasLostPicture ? this.findLost(wanted) : this.examples[wanted.example ?? 0]
  }

  /** In the place of a picture of the reader's own: all that is known of it is where the reader has gone from there. */
  private async findLost({ set, sliders, residual }: RequestedView): Promise<Example> {
    const latent = this.manifest?.latent_size ?? 0
    const there = {
      sliders: sliders.map((value) => value ?? 0),
      residual: typeof residual === 'string' ? Array(latent).fill(0) : residual,
    }
    const [spot] = this.model && set > 0 ? await this.model.changeBasis(set, 0, [there]) : [there]
    return { text: 'not in the link', sample: null, ...(spot as LatentPoint) }
  }

  protected load(example: Example): void {
    const home = this.homeOf(example)
    if (!home) return void this.findAndLoad(example)
    this.go(({ set }) => load(example, set, home))
    this.rest()
  }

  private async findAndLoad(example: Example): Promise<void> {
    const { model, view } = this
    if (model && view) await this.findHomes(model, view.position.set)
    if (this.view === view && this.homeOf(example)) this.load(example)
  }

  /** The same z on another set of axes, wherever the reader has moved while it was found. */
  protected async choose(set: number): Promise<void> {
    this.wanted = set
    const { model, view } = this
    if (!model || !view || set === view.position.set) return
    try {
      const { position, interpolation } = view
      const spots = [position, ...[interpolation.a, interpolation.b].filter((end) => end !== null)]
      const [here, ...there] = (await model.changeBasis(position.set, set, spots)) as [
        LatentPoint,
        ...LatentPoint[],
      ]
      const homes = await this.homesOn(model, set)
      if (this.wanted !== set || this.model !== model) return
      if (this.view !== view) return this.choose(set)
      this.homes = homes
      const home = homes.spots.get(position.example) as LatentPoint
      const again = (end: Endpoint | null) =>
        end && { ...end, ...quantize(there.shift() as LatentPoint) }
      this.view = {
        ...view,
        position: {
          ...(isAtHome(position) ? home : here),
          set,
          example: position.example,
          exampleCoordinates: home,
        },
        interpolation: {
          ...interpolation,
          a: again(interpolation.a),
          b: again(interpolation.b),
          t: null,
        },
        mapAxes: defaultMapAxes(here.sliders.length),
      }
      this.path = null
      void this.findPath()
      this.decode()
      this.rest()
    } catch (error) {
      await this.stop(model, error)
    }
  }

  private async homesOn(model: Model, set: number, ...more: Example[]): Promise<Homes> {
    const known = [
      ...new Set([...(this.place ? [this.place.example] : []), ...more, ...this.examples]),
    ]
    const homes = await model.changeBasis(0, set, known)
    return { set, spots: new Map(known.map((example, i) => [example, homes[i] as LatentPoint])) }
  }

  private async findHomes(model: Model, set: number): Promise<void> {
    try {
      const homes = await this.homesOn(model, set)
      if (this.model === model && this.place?.set === set) this.homes = homes
    } catch (error) {
      await this.stop(model, error)
    }
  }

  /** Make an example, or where the sliders are, an end of the path. */
  protected readonly choseEnd = (which: 'a' | 'b', from: number | 'here') => {
    const { view } = this
    if (!view) return
    const { position, interpolation } = view
    const spot = from === 'here' ? quantize(position) : this.homeOf(this.examples[from] as Example)
    if (!spot) return
    const end: Endpoint = {
      example: from === 'here' ? null : from,
      sliders: spot.sliders,
      residual: spot.residual,
    }
    void this.setEnds({ ...interpolation, [which]: end, t: null })
  }

  /** Another path. Who is on it stays as far along. */
  protected async setEnds(ends: View['interpolation']): Promise<void> {
    if (!this.view) return
    this.view = { ...this.view, interpolation: ends }
    this.path = null
    await this.findPath()
    if (this.view.interpolation === ends && ends.t !== null) this.along(ends.t)
    this.rest()
  }

  /** What the ends of the view span. */
  private async findPath(): Promise<void> {
    const { view, model } = this
    if (!view) return
    try {
      const path = await this.pathBetween(view.interpolation, view.position.set)
      if (
        this.view?.interpolation.a !== view.interpolation.a ||
        this.view.interpolation.b !== view.interpolation.b ||
        this.view.interpolation.shape !== view.interpolation.shape
      )
        return
      this.path = path
      this.decodeAround()
    } catch (error) {
      if (model) await this.stop(model, error)
    }
  }

  /** A spherical path has to know where its ends lie in z. */
  private async pathBetween(
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

  /** The spot so far along the path, 0…1; null where there is no path. */
  protected spotAt(t: number): LatentPoint | null {
    return this.path && samplePath(this.path, t)
  }

  /** Go so far along the path. */
  protected readonly along = (t: number) => {
    const spot = this.spotAt(t)
    if (!spot) return
    this.see((view) => ({
      ...view,
      position: { ...view.position, sliders: spot.sliders, residual: spot.residual },
      interpolation: { ...view.interpolation, t },
    }))
  }
}

/** Whether nothing was moved since the example was loaded. */
const isAtHome = ({ sliders, residual, exampleCoordinates }: Position) =>
  sliders === exampleCoordinates.sliders && residual === exampleCoordinates.residual
