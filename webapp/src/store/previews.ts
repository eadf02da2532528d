import { errorMessage } from '../errors.ts'
import type { Sample } from '../sample.ts'
import type { Example } from '../samples/index.ts'
import { evenlySpaced, INTERPOLATION_FRAMES, move, TRAVERSAL_FRAMES } from '../view/index.ts'
import type { ExampleCoordinates } from './example-coordinates.ts'
import type { Morph } from './morph.ts'
import type { Navigation } from './navigation.ts'
import { Observed } from './observed.ts'
import type { Remark } from './remark.ts'
import type { Session } from './session.ts'
import type { Source } from './source.ts'

/** A kind of preview. */
export type Preview = 'traversal' | 'map' | 'interpolation'

/** An example as the map shows it. */
export interface MapExample {
  text: string
  sliders: readonly number[] // (K), in σ
}

export interface PreviewsState {
  shown: readonly Preview[]
  hovered: number // the last axis that the reader pointed at
  traversal: readonly Sample[] | null // the last one decoded; null for a new axis
  interpolation: readonly Sample[] | null
  points: Float32Array | null // (N, K) on the set of axes in use
}

const EMPTY: Omit<PreviewsState, 'shown'> = {
  hovered: 0,
  traversal: null,
  interpolation: null,
  points: null,
}

/** The samples around the reader's position: a traversal, the map and an interpolation. */
export class Previews {
  private readonly observed: Observed<PreviewsState>
  private decodedPath: readonly unknown[] = [] // what the interpolation was decoded for
  private pointsKey: readonly unknown[] = [] // what the points were requested for
  private failure = '' // of the last points that could not be fetched
  private mapKey: readonly unknown[] = [] // what the examples on the map depend on
  private mapExamples: readonly MapExample[] = []

  constructor(
    private readonly session: Session,
    private readonly coordinates: ExampleCoordinates,
    private readonly morph: Morph,
    private readonly navigation: Navigation,
    private readonly source: Source,
    private readonly remark: Remark,
    onChange: () => void,
  ) {
    this.observed = new Observed<PreviewsState>({ ...EMPTY, shown: [] }, onChange)
  }

  get state(): Readonly<PreviewsState> {
    return this.observed.value
  }

  clear(): void {
    this.observed.set(EMPTY)
    this.decodedPath = []
    this.pointsKey = []
  }

  /** Set the previews that the page shows. Others are not decoded. */
  show(shown: readonly Preview[]): void {
    if (sameItems(shown, this.state.shown)) return
    this.observed.set({ shown })
    this.decode()
  }

  /** The axis of the traversal. Another set may have fewer axes. */
  get axis(): number {
    const { hovered } = this.state
    return hovered < (this.navigation.axes?.axes.length ?? 0) ? hovered : 0
  }

  /** Show the traversal of an axis. */
  hover(axis: number): void {
    if (axis === this.axis) return
    this.observed.set({ hovered: axis, traversal: null })
    this.decodeTraversal()
  }

  /** The examples on the axes in use, once they are known; the same array until they change. */
  get landmarks(): readonly MapExample[] {
    const { examples } = this.session.state
    const set = this.navigation.position?.set ?? 0
    const key = [examples, this.coordinates.state, set]
    if (!sameItems(key, this.mapKey)) {
      this.mapKey = key
      this.mapExamples = examples.flatMap((example: Example) => {
        const point = this.coordinates.of(example, set)
        return point ? [{ text: example.text, sliders: point.sliders }] : []
      })
    }
    return this.mapExamples
  }

  /** Decode the previews of the view. */
  decode(): void {
    this.decodeTraversal()
    this.decodeInterpolation()
    const { position } = this.navigation
    if (position && this.shows('map')) void this.loadPoints(position.set)
  }

  private shows(preview: Preview): boolean {
    return this.state.shown.includes(preview)
  }

  private async loadPoints(set: number): Promise<void> {
    const { manifest } = this.session.state
    const key = [manifest, set]
    if (!manifest || sameItems(key, this.pointsKey)) return
    this.pointsKey = key
    this.observed.set({ points: null })
    this.remark.remove(this.failure)
    const isCurrent = () => this.pointsKey === key
    try {
      const points = await this.source.fetchPoints(this.session.base, manifest, set)
      if (isCurrent()) this.observed.set({ points })
    } catch (error) {
      if (!isCurrent()) return
      this.failure = errorMessage(error)
      this.remark.set(this.failure) // the map works without points
    }
  }

  private decodeTraversal(): void {
    const { axis } = this
    const { position, axes } = this.navigation
    if (!position || !axes || !this.shows('traversal')) return
    const points = evenlySpaced(axes.range, TRAVERSAL_FRAMES).map((value) =>
      move(position, axis, value),
    )
    this.decodeSamples('traversal', points, (traversal) => {
      if (this.axis === axis) this.observed.set({ traversal })
    })
  }

  /** Decode the path between A and B, unless it was decoded already. */
  private decodeInterpolation(): void {
    const key = [this.morph.path, this.navigation.state.view?.decoding, this.session.state.model]
    if (!this.shows('interpolation') || sameItems(key, this.decodedPath)) return
    const points = Array.from({ length: INTERPOLATION_FRAMES }, (_, i) =>
      this.morph.pointAt(i / (INTERPOLATION_FRAMES - 1)),
    ).filter((point) => point !== null)
    if (points.length < INTERPOLATION_FRAMES) {
      this.decodedPath = []
      this.observed.set({ interpolation: null })
      return
    }
    this.decodedPath = key
    this.decodeSamples('interpolation', points, (interpolation) => {
      if (this.decodedPath === key) this.observed.set({ interpolation })
    })
  }

  /** Decode points on the axes in use when nothing more urgent waits. Stale samples are dropped. */
  private decodeSamples(
    lane: 'traversal' | 'interpolation',
    points: Parameters<Session['decode']>[2],
    show: (samples: readonly Sample[]) => void,
  ): void {
    const { view } = this.navigation.state
    if (!view) return
    const { position, decoding } = view
    const mode = decoding.kind === 'greedy' ? undefined : decoding // greedy previews need no confidence
    this.session.decode(lane, position.set, points, mode, ({ samples }) => {
      if (this.navigation.position?.set === position.set) show(samples)
    })
  }
}

const sameItems = (one: readonly unknown[], other: readonly unknown[]) =>
  one.length === other.length && one.every((item, i) => item === other[i])
