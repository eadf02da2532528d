import { LitElement, type PropertyValues } from 'lit'
import { property, state } from 'lit/decorators.js'
import {
  type BackendChoice,
  type BackendChoices,
  type BackendName,
  isBackend,
} from '../backends.ts'
import { fetchManifest, type Manifest, type Progress } from '../bundle/index.ts'
import { isBackendError, ZlideError } from '../errors.ts'
import { loadModality, type Modality } from '../modalities/index.ts'
import { type BackendSelector, type Decoded, LatestQueue, Model } from '../model/index.ts'
import type { Sample } from '../sample.ts'
import {
  type Example,
  exampleOfPoster,
  fetchExamples,
  type LatentPoint,
  poster,
} from '../samples/index.ts'
import { initialView, load, type Position, settle, toRows, type View } from '../view/index.ts'

/** A decoded sample, and the example that was loaded when it was decoded. */
interface DecodedSample {
  sample: Sample | null // null for a poster without a sample
  example: Example
  milliseconds: number | null // null for a poster
}

/** The positions of examples on one set of axes. */
export interface ExampleCoordinates {
  set: number
  points: ReadonlyMap<Example, LatentPoint>
}

/** The requests to the decoder, the most urgent first. */
type Lane = 'position' | 'traversal' | 'interpolation'
const LANES: readonly Lane[] = ['position', 'traversal', 'interpolation']

/**
 * A bundle, its model, and the sample at the reader's position.
 *
 * A session shows the poster, fetches the model and decodes the newest position first.
 */
export abstract class Session extends LitElement {
  @property() bundle = ''
  @property() backend: BackendChoice = 'automatic'
  @state() protected manifest: Manifest | null = null
  @state() protected modality: Modality | null = null // of the manifest
  @state() protected examples: readonly Example[] = []
  @state() protected view: View | null = null
  @state() protected decoded: DecodedSample | null = null
  @state() protected progress: Progress = { received: 0, total: 0 }
  @state() protected model: Model | null = null
  @state() protected choices: BackendChoices | null = null // backends; null until they were tried
  @state() protected failedBackend: BackendName | null = null // WebAssembly replaces it
  @state() protected error: unknown = null
  protected exampleCoordinates: ExampleCoordinates = { set: 0, points: new Map() }
  private openings = 0
  private hasExamples = false
  private selector: BackendSelector | null = null
  private queue = new LatestQueue<Lane>(LANES)

  override connectedCallback() {
    super.connectedCallback()
    if (this.hasUpdated) void this.open() // reinserted
  }

  override disconnectedCallback() {
    super.disconnectedCallback()
    this.model?.close()
    this.model = null
  }

  protected override willUpdate(changed: PropertyValues<this>) {
    if (this.hasUpdated && !changed.has('bundle')) return
    this.clear()
    void this.open()
  }

  /** Drop everything that belongs to the last bundle. */
  protected clear() {
    this.model?.close()
    this.model = null
    this.manifest = null
    this.modality = null
    this.examples = []
    this.view = null
    this.decoded = null
    this.choices = null
    this.selector = null
    this.failedBackend = null
    this.exampleCoordinates = { set: 0, points: new Map() }
    this.hasExamples = false
  }

  /** The URL of the bundle. Throws a ZlideError if the attribute is missing. */
  protected get base(): URL {
    if (this.bundle) return new URL(this.bundle.replace(/\/?$/, '/'), document.baseURI)
    throw new ZlideError(
      '<zlide-explorer>',
      'expected the attribute bundle, found none',
      'add bundle="models/sentences/"',
      { permanent: true },
    )
  }

  /** The reader's position. */
  protected get position(): Position | null {
    return this.view?.position ?? null
  }

  /** Return the position of an example on the current axes; null if it is not computed yet. */
  protected coordinatesOf(example: Example): LatentPoint | null {
    const { points, set } = this.exampleCoordinates
    const current = this.position?.set ?? 0
    const point = set === current ? points.get(example) : undefined
    return point ?? (current === 0 ? example : null)
  }

  /** Return the URLs that the worker fetched. */
  async fetched(): Promise<readonly string[]> {
    return (await this.model?.fetched()) ?? []
  }

  /** Show the poster, fetch the model and start decoding. Slider moves meanwhile are kept. */
  protected async open(): Promise<void> {
    this.error = null
    this.progress = { received: 0, total: 0 }
    this.openings += 1
    const opening = this.openings
    try {
      const { base } = this
      const manifest = await fetchManifest(base)
      const modality = await loadModality(manifest, base)
      if (opening !== this.openings) return
      this.manifest = manifest
      this.modality = modality
      if (!this.view) {
        const { example, sample } = poster(manifest, modality)
        this.view = initialView(load(example))
        this.decoded = { sample, example, milliseconds: null }
      }
      const model = Model.open(
        base,
        manifest,
        this.failedBackend || !isBackend(this.backend) ? 'wasm' : this.backend,
        (progress) => {
          if (opening === this.openings) this.progress = progress
        },
      )
      model.catch(() => {}) // reported below, unless the examples fail first
      try {
        if (!this.hasExamples) await this.loadExamples(base, manifest, modality)
        this.start(await model, opening)
      } catch (error) {
        model.then((late) => late.close()).catch(() => {})
        throw error
      }
    } catch (error) {
      if (opening === this.openings) await this.handleError(error)
    }
  }

  private async loadExamples(base: URL, manifest: Manifest, modality: Modality): Promise<void> {
    const examples = await fetchExamples(base, manifest, modality)
    if (this.manifest !== manifest || !this.view) return // another bundle was opened
    this.examples = examples
    const { position } = this.view
    this.view = {
      ...this.view,
      position: settle(position, exampleOfPoster(position.example, this.examples)),
    }
    this.hasExamples = true
    this.onExamples()
  }

  private start(model: Model, opening: number) {
    if (!this.isConnected || opening !== this.openings) return model.close()
    this.model = model
    this.queue = new LatestQueue(LANES) // a closed model may never answer its requests
    this.selector = null
    this.choices = null
    this.onModel()
  }

  /** Handle the arrival of the examples. */
  protected abstract onExamples(): void

  /** Handle the arrival of the model. */
  protected abstract onModel(): void

  /** Handle a view that was decoded. */
  protected abstract onDecoded(view: View): void

  /** Decode the reader's position and its previews. */
  protected decode() {
    const { model, view } = this
    if (!model || !view) return
    const { position, decoding } = view
    const { set, example } = position
    const { sliders, residual } = toRows([position])
    this.queue.enqueue(
      'position',
      () => model.decode(set, sliders, residual, decoding),
      ({ samples, milliseconds }) => {
        if (this.model !== model) return
        this.decoded = { sample: samples[0] ?? null, example, milliseconds }
        this.onDecoded(view)
        if (!this.selector) this.selectBackend(model).catch(() => {}) // the current one works
      },
      (error) => void this.handleModelError(model, error),
    )
    this.decodePreviews()
  }

  /** Decode the samples around the reader's position. */
  protected abstract decodePreviews(): void

  /** Decode points on the current axes when nothing more urgent waits. Stale results are dropped. */
  protected decodeSamples(
    lane: 'traversal' | 'interpolation',
    points: readonly LatentPoint[],
    show: (samples: Decoded['samples']) => void,
  ) {
    const { model, view } = this
    if (!model || !view) return
    const { position, decoding } = view
    const { sliders, residual } = toRows(points)
    this.queue.enqueue(
      lane,
      () =>
        model.decode(
          position.set,
          sliders,
          residual,
          decoding.kind === 'greedy' ? undefined : decoding,
        ),
      ({ samples }) => {
        if (this.model === model && this.view?.position.set === position.set) show(samples)
      },
      (error) => void this.handleModelError(model, error),
    )
  }

  /**
   * Find the fastest backend for a model that may gain from another one, unless the page chose one.
   */
  private async selectBackend(model: Model): Promise<void> {
    const { manifest } = this
    const parity = this.modality?.parity
    if (!manifest || !parity || isBackend(this.backend) || this.failedBackend) return
    const { BackendSelector } = await import('../model/backend-selector.ts')
    if (this.selector || this.model !== model) return
    this.selector = new BackendSelector(
      this.base,
      manifest,
      model,
      parity,
      (choices) => {
        this.choices = choices
      },
      () => this.decode(),
    )
    await this.selector.start()
  }

  /** Close a model that failed, and fall back or show the error. */
  protected async handleModelError(model: Model, error: unknown): Promise<void> {
    model.close()
    if (this.model !== model) return
    this.model = null
    await this.handleError(error, model.backend)
  }

  /** Fall back to WebAssembly if another backend failed; show any other error. */
  private async handleError(error: unknown, backend = this.backend): Promise<void> {
    if (!isBackendError(error) || this.failedBackend || backend === 'automatic') this.error = error
    else {
      this.selector?.forget()
      this.failedBackend = backend
      await this.open()
    }
  }
}
