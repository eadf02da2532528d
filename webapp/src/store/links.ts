import type { Manifest } from '../bundle/index.ts'
import { errorMessage, isBackendError } from '../errors.ts'
import type { Modality } from '../modalities/index.ts'
import type { Example, LatentPoint } from '../samples/index.ts'
import {
  decodeView,
  defaultMapAxes,
  encodeView,
  load,
  type Path,
  type Position,
  type RequestedView,
  resolveEndpoint,
  samplePath,
  type UrlContext,
  type View,
} from '../view/index.ts'
import type { Encoding } from './encoding.ts'
import {
  type Coordinates,
  computeCoordinates,
  type ExampleCoordinates,
} from './example-coordinates.ts'
import { findPath, type Morph } from './morph.ts'
import { type Navigation, routeOf } from './navigation.ts'
import type { Remark } from './remark.ts'
import type { Session } from './session.ts'

/** A linked view that is complete: the coordinates and the path that belong to it. */
interface ResolvedLink {
  coordinates: Coordinates
  path: Path | null
  view: View
}

/** Links to a view. One that needs the model waits for it; a move of the reader drops it. */
export class Links {
  private waiting: RequestedView | null = null // for the model
  private active: RequestedView | null = null // being resolved
  private opensBundle = false // the link came with the bundle, and nothing was committed since

  constructor(
    private readonly session: Session,
    private readonly coordinates: ExampleCoordinates,
    private readonly morph: Morph,
    private readonly navigation: Navigation,
    private readonly encoding: Encoding,
    private readonly remark: Remark,
    private readonly onFollow: () => void,
  ) {}

  clear(): void {
    this.waiting = null
    this.active = null
    this.opensBundle = false
  }

  /** Drop a link that is not shown yet, and decode the view that stays. */
  drop(): void {
    const isActive = this.active !== null
    this.waiting = null
    this.active = null
    if (isActive) this.navigation.decode()
  }

  /** Keep a link that is being resolved for the next model. */
  suspend(): void {
    this.waiting ??= this.active
    this.active = null
  }

  /** Follow the link that came with the bundle. It replaces the first step. */
  openWith(text: string): void {
    this.opensBundle = text !== ''
    if (text) this.follow(text)
  }

  /** From now on a link is a step of its own. */
  closeOpening(): void {
    this.opensBundle = false
  }

  /** Show the link that waited for the model. False if there was none. */
  resume(): boolean {
    const { waiting } = this
    this.waiting = null
    if (waiting) void this.apply(waiting)
    return waiting !== null
  }

  /**
   * Show the view of a link, now or when the model is loaded. A damaged link leaves a remark.
   *
   * A link to an earlier step restores that step, because no link holds a picture of the reader's own.
   */
  follow(text: string): void {
    this.drop()
    const { view, history } = this.navigation.state
    if (!view) return
    if (text === encodeView(view, this.context)) {
      this.closeOpening()
      return
    }
    this.onFollow()
    const earlier = history?.steps.findLast((view) => encodeView(view, this.context) === text)
    if (this.session.state.model && earlier) {
      this.remark.set(null)
      this.navigation.repeat(earlier)
      return
    }
    try {
      this.take(decodeView(text, this.context))
    } catch (error) {
      this.remark.set(errorMessage(error))
    }
  }

  private get context(): UrlContext {
    const { manifest, modality, examples } = this.session.state
    return { manifest: manifest as Manifest, modality: modality as Modality, examples }
  }

  private take(link: RequestedView): void {
    this.remark.set(
      link.isOtherVersion
        ? 'This link was made with another version of the model; it may show something else here.'
        : null,
    )
    const needsModel =
      link.set > 0 || link.typedText !== null || link.interpolation.shape === 'spherical'
    if (needsModel && !this.session.state.model) this.waiting = link
    else void this.apply(link)
  }

  private async apply(link: RequestedView): Promise<void> {
    this.active = link
    const { model } = this.session.state
    try {
      const resolved = await this.resolve(link)
      if (this.active !== link) return // superseded
      this.active = null
      this.show(resolved)
    } catch (error) {
      if (this.active !== link) return
      if (model && isBackendError(error)) {
        void this.session.fail(model, error) // the link waits for the next model
        return
      }
      this.active = null
      this.remark.set(errorMessage(error))
    }
    this.navigation.decode()
  }

  private show({ coordinates, path, view }: ResolvedLink): void {
    const isFirst = this.opensBundle
    this.opensBundle = false
    this.coordinates.replace(coordinates)
    this.morph.adopt(routeOf(view), path)
    this.navigation.enter(view, isFirst)
  }

  private async resolve(link: RequestedView): Promise<ResolvedLink> {
    const { model, manifest } = this.session.state
    const { set } = link
    const example = await this.findExample(link)
    const coordinates = model
      ? await computeCoordinates(model, set, [example, ...this.session.state.examples])
      : { set, points: new Map<Example, LatentPoint>() }
    const pointOf = (example: Example): LatentPoint => coordinates.points.get(example) ?? example
    const pointAt = (index: number) => pointOf(this.session.state.examples[index] as Example)
    const interpolation = {
      ...link.interpolation,
      a: resolveEndpoint(link.interpolation.a, pointAt),
      b: resolveEndpoint(link.interpolation.b, pointAt),
    }
    const path = await findPath(model, { ...interpolation, set })
    const start = load(example, set, pointOf(example))
    const onPath = path && interpolation.t !== null ? samplePath(path, interpolation.t) : {}
    return {
      coordinates,
      path,
      view: {
        position: { ...start, ...pointOfLink(link, start), ...onPath },
        interpolation,
        decoding: link.decoding,
        mapAxes: link.mapAxes ?? defaultMapAxes(manifest?.axes[set]?.axes.length ?? 1),
      },
    }
  }

  private async findExample(link: RequestedView): Promise<Example> {
    const input = this.session.state.modality?.input?.text
    if (link.typedText !== null && input) return this.encoding.text(link.typedText, input)
    if (link.hasLostPicture) return this.replaceLostPicture(link)
    const { example } = (this.navigation.state.view as View).position
    return this.session.state.examples[link.example ?? 0] ?? example
  }

  /** Return an example for a picture of the reader's own, which no link holds: the linked position. */
  private async replaceLostPicture({ set, sliders, residual }: RequestedView): Promise<Example> {
    const { model, manifest } = this.session.state
    const linked = {
      sliders: sliders.map((value) => value ?? 0),
      residual:
        typeof residual === 'string' ? Array<number>(manifest?.latent_size ?? 0).fill(0) : residual,
    }
    const [point] = model && set > 0 ? await model.changeBasis(set, 0, [linked]) : [linked]
    return { text: 'not in the link', sample: null, ...(point as LatentPoint) }
  }
}

/** Return the linked point; what the link leaves out is that of the example. */
function pointOfLink({ sliders, residual }: RequestedView, start: Position): LatentPoint {
  return {
    sliders: sliders.map((value, i) => value ?? (start.exampleCoordinates.sliders[i] as number)),
    residual:
      residual === 'home'
        ? start.residual
        : residual === 'none'
          ? start.residual.map(() => 0)
          : residual,
  }
}
