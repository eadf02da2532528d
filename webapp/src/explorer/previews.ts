import type { PropertyValues } from 'lit'
import { property, state } from 'lit/decorators.js'
import type { AxesSet } from '../bundle/index.ts'
import { errorMessage } from '../errors.ts'
import type { Modality } from '../modalities/index.ts'
import type { Sample } from '../sample.ts'
import { fetchPoints } from '../samples/index.ts'
import { evenlySpaced, INTERPOLATION_FRAMES, move, TRAVERSAL_FRAMES } from '../view/index.ts'
import { UserInput } from './user-input.ts'

/** A part of the explorer that the attribute `hide` can name. */
type Part =
  | 'header'
  | 'example'
  | 'input'
  | 'actions'
  | 'share'
  | 'status'
  | 'sampling'
  | 'traversal'
  | 'map'
  | 'interpolation'

/** An example as the map shows it. */
interface MapExample {
  text: string
  sliders: readonly number[] // (K), in σ
}

/** The samples around the reader's position: a traversal, the map and an interpolation. */
export abstract class Previews extends UserInput {
  @property() hide: string | null = null // parts to hide, separated by spaces
  @state() private hovered = 0 // the last axis that the reader pointed at
  @state() protected traversal: readonly Sample[] | null = null
  @state() protected interpolation: readonly Sample[] | null = null
  @state() protected points: Float32Array | null = null // (N, K) on the current axes
  @state() protected hasPanels = false
  private panelsModality: Modality | null = null // for which the panels were requested
  private interpolationKey: readonly unknown[] = [] // what the interpolation depends on
  private pointsSet: number | null = null // the set of axes whose points were requested
  private mapKey: readonly unknown[] = []
  private mapExamples: readonly MapExample[] = []

  protected readonly onHover = (axis: number) => {
    if (axis === this.axis) return
    this.hovered = axis
    this.traversal = null
    this.decodeTraversal()
  }

  protected override clear() {
    super.clear()
    this.hovered = 0
    this.traversal = null
    this.interpolation = null
    this.points = null
    this.interpolationKey = []
    this.pointsSet = null
  }

  protected override updated(changed: PropertyValues<this>) {
    super.updated(changed)
    if (changed.has('hide')) this.decodePreviews()
  }

  protected shows(part: Part): boolean {
    return !(this.hide ?? '').split(/\s+/).includes(part)
  }

  protected override decodePreviews() {
    this.decodeTraversal()
    this.decodeInterpolation()
    if (this.position && this.hasPanels && this.shows('map'))
      void this.loadPoints(this.position.set)
  }

  private async loadPoints(set: number): Promise<void> {
    const { manifest } = this
    if (!manifest || this.pointsSet === set) return
    this.pointsSet = set
    this.points = null
    try {
      const points = await fetchPoints(this.base, manifest, set)
      if (this.manifest === manifest && this.pointsSet === set) this.points = points
    } catch (error) {
      this.remark = errorMessage(error) // the map works without points
    }
  }

  private decodeTraversal() {
    const { position, set, axis } = this
    if (!position || !set || !this.hasPanels || !this.shows('traversal')) return
    const points = evenlySpaced(set.range, TRAVERSAL_FRAMES).map((value) =>
      move(position, axis, value),
    )
    this.decodeSamples('traversal', points, (samples) => {
      if (this.axis === axis) this.traversal = samples
    })
  }

  /** Decode the path between A and B, unless it was decoded already. */
  private decodeInterpolation() {
    const { interpolation, decoding } = this.view ?? {}
    const key = [interpolation?.a, interpolation?.b, interpolation?.shape, decoding, this.model]
    if (!this.shows('interpolation') || sameItems(key, this.interpolationKey)) return
    const points = Array.from({ length: INTERPOLATION_FRAMES }, (_, i) =>
      this.pointAt(i / (INTERPOLATION_FRAMES - 1)),
    ).filter((point) => point !== null)
    if (points.length < INTERPOLATION_FRAMES) {
      this.interpolation = null
      this.interpolationKey = []
      return
    }
    this.interpolationKey = key
    this.decodeSamples('interpolation', points, (samples) => {
      if (this.interpolationKey === key) this.interpolation = samples
    })
  }

  /** Load the panels below the columns. */
  protected async loadPanels(): Promise<void> {
    const { modality } = this
    if (this.panelsModality === modality) return
    this.panelsModality = modality
    try {
      await Promise.all([import('./panels.ts'), modality?.loadLater?.()])
      this.hasPanels = true
      this.decodePreviews()
    } catch {
      this.remark = 'Part of this page could not be loaded; reload it to see the map and the rest.' // the sliders work without
    }
  }

  /** The current set of axes. */
  protected get set(): AxesSet | null {
    return (this.position && this.manifest?.axes[this.position.set]) ?? null
  }

  /** The axis of the traversal; another set may have fewer axes. */
  protected get axis(): number {
    return this.hovered < (this.set?.axes.length ?? 0) ? this.hovered : 0
  }

  /** The examples on the current axes; the same array until they change. */
  protected get landmarks(): readonly MapExample[] {
    const key = [this.examples, this.exampleCoordinates, this.position?.set]
    if (!sameItems(key, this.mapKey)) {
      this.mapKey = key
      this.mapExamples = this.examples.map((example) => ({
        text: example.text,
        sliders: (this.coordinatesOf(example) ?? example).sliders,
      }))
    }
    return this.mapExamples
  }
}

const sameItems = (one: readonly unknown[], other: readonly unknown[]) =>
  one.length === other.length && one.every((item, i) => item === other[i])
