import type { PropertyValues } from 'lit'
import { property, state } from 'lit/decorators.js'
import type { AxesSet } from '../bundle/index.ts'
import { errorMessage } from '../errors.ts'
import { fetchPoints, type Sample } from '../samples/index.ts'
import { evenlySpaced, INTERPOLATION_FRAMES, move, TRAVERSAL_FRAMES } from '../view/index.ts'
import { Giving } from './user-input.ts'

/** What a page may leave out of an explorer, by the names in its attribute `hide`. */
type Part =
  | 'header'
  | 'example'
  | 'own'
  | 'actions'
  | 'share'
  | 'status'
  | 'chance'
  | 'strip'
  | 'map'
  | 'between'

/** What lies around the reader, along an axis, on the map, and between two ends: fetched, and decoded, once there is something to decode with. */
export abstract class Surroundings extends Giving {
  @property() hide: string | null = null // parts to leave out
  @state() private seen = 0 // the axis that the reader pointed at last
  @state() protected strip: readonly Sample[] | null = null
  @state() protected film: readonly Sample[] | null = null
  @state() protected points: Float32Array | null = null // of the set of axes in use
  @state() protected arrived = false // the panels are here
  private unfolding = false // they were asked for
  private filmOf: readonly unknown[] = [] // what the film lies between
  private pointsOf: number | null = null // the set of axes whose points were asked for
  private mapped: {
    of: readonly unknown[]
    examples: readonly { text: string; sliders: readonly number[] }[]
  } = { of: [], examples: [] }

  protected readonly looked = (axis: number) => {
    if (axis === this.axis) return
    this.seen = axis
    this.strip = null
    this.decodeStrip()
  }

  protected override forget() {
    super.forget()
    this.seen = 0
    this.strip = null
    this.film = null
    this.points = null
    this.filmOf = []
    this.pointsOf = null
  }

  protected override updated(changed: PropertyValues<this>) {
    super.updated(changed)
    if (changed.has('hide')) this.decodeAround()
  }

  protected shows(part: Part): boolean {
    return !(this.hide ?? '').split(/\s+/).includes(part)
  }

  protected override decodeAround() {
    this.decodeStrip()
    this.decodeFilm()
    if (this.place && this.arrived && this.shows('map')) void this.fetchPoints(this.place.set)
  }

  private async fetchPoints(set: number): Promise<void> {
    const { manifest } = this
    if (!manifest || this.pointsOf === set) return
    this.pointsOf = set
    this.points = null
    try {
      const points = await fetchPoints(this.base, manifest, set)
      if (this.manifest === manifest && this.pointsOf === set) this.points = points
    } catch (error) {
      this.remark = errorMessage(error) // the map does without
    }
  }

  private decodeStrip() {
    const { place, set, axis } = this
    if (!place || !set || !this.arrived || !this.shows('strip')) return
    const spots = evenlySpaced(set.range, TRAVERSAL_FRAMES).map((value) => move(place, axis, value))
    this.decodeBeside('strip', spots, (samples) => {
      if (this.axis === axis) this.strip = samples
    })
  }

  /** Between the same ends nothing changes. */
  private decodeFilm() {
    const { interpolation, decoding } = this.view ?? {}
    const key = [interpolation?.a, interpolation?.b, interpolation?.shape, decoding, this.model]
    if (!this.shows('between') || alike(key, this.filmOf)) return
    const spots = Array.from({ length: INTERPOLATION_FRAMES }, (_, i) =>
      this.spotAt(i / (INTERPOLATION_FRAMES - 1)),
    ).filter((spot) => spot !== null)
    if (spots.length < INTERPOLATION_FRAMES) {
      this.film = null
      this.filmOf = []
      return
    }
    this.filmOf = key
    this.decodeBeside('film', spots, (samples) => {
      if (this.filmOf === key) this.film = samples
    })
  }

  /** What is below the columns is fetched once there is something to decode with. */
  protected async unfold(): Promise<void> {
    if (this.unfolding) return
    this.unfolding = true
    try {
      await import('./panels.ts')
      this.arrived = true
      this.decodeAround()
    } catch {
      this.remark =
        'Some of this page did not arrive: reload it to have the map, and what lies around.' // sliders work without
    }
  }

  protected get set(): AxesSet | null {
    return (this.place && this.manifest?.axes[this.place.set]) ?? null
  }

  /** The one that the strip runs along: another set may have fewer. */
  protected get axis(): number {
    return this.seen < (this.set?.axes.length ?? 0) ? this.seen : 0
  }

  /** The examples where the set of axes in use has them; the same list as long as they stay there. */
  protected get onMap() {
    const of = [this.examples, this.homes, this.place?.set]
    if (!alike(of, this.mapped.of)) {
      const examples = this.examples.map((example) => ({
        text: example.text,
        sliders: (this.homeOf(example) ?? example).sliders,
      }))
      this.mapped = { of, examples }
    }
    return this.mapped.examples
  }
}

/** Whether two lists hold the same. */
const alike = (one: readonly unknown[], other: readonly unknown[]) =>
  one.length === other.length && one.every((part, i) => part === other[i])
