import {
  type BackendChoice,
  type BackendChoices,
  type BackendName,
  isBackend,
} from '../backends.ts'
import type { AxesSet, Manifest, Progress } from '../bundle/index.ts'
import type { DecodingMode } from '../decoding-mode.ts'
import { isBackendError } from '../errors.ts'
import type { Modality } from '../modalities/index.ts'
import { type Decoded, LatestQueue } from '../model/index.ts'
import type { Example, LatentPoint } from '../samples/index.ts'
import { toRows } from '../view/index.ts'
import { Observed } from './observed.ts'
import type { LoadedModel, Source } from './source.ts'

/** A bundle to open, and the backend to decode it on. */
export interface Address {
  base: URL // the folder of the bundle
  backend: BackendChoice
}

export interface SessionState {
  manifest: Manifest | null
  modality: Modality | null // of the manifest
  examples: readonly Example[]
  model: LoadedModel | null
  progress: Progress
  choices: BackendChoices | null // backends; null until they were tried
  failedBackend: BackendName | null // WebAssembly replaces it
  error: unknown // null if nothing failed
}

/** The reports of a session, in this order. A session that is opened again starts over. */
export interface SessionListener {
  onManifest(manifest: Manifest, modality: Modality): void
  onExamples(): void // once a bundle
  onModel(): void // also when another backend takes over
  onModelGone(): void // its pending calls fail; another one may follow
}

/** The requests to the decoder, the most urgent first. */
export type Lane = 'position' | 'traversal' | 'interpolation'
const LANES: readonly Lane[] = ['position', 'traversal', 'interpolation']

const closed = (): SessionState => ({
  manifest: null,
  modality: null,
  examples: [],
  model: null,
  progress: { received: 0, total: 0 },
  choices: null,
  failedBackend: null,
  error: null,
})

/** A bundle and its model, from the first fetch to the last decode. */
export class Session {
  private readonly observed: Observed<SessionState>
  private getAddress: (() => Address) | null = null
  private address: Address | null = null
  private openings = 0 // the newest one counts
  private hasExamples = false
  private selector: Awaited<ReturnType<Source['selectBackend']>> | null = null
  private isSelecting = false
  private queue = new LatestQueue<Lane>(LANES)

  constructor(
    private readonly source: Source,
    private readonly listener: SessionListener,
    onChange: () => void,
  ) {
    this.observed = new Observed(closed(), onChange)
  }

  get state(): Readonly<SessionState> {
    return this.observed.value
  }

  /** The folder of the bundle. */
  get base(): URL {
    return (this.address as Address).base
  }

  /** Return a set of axes; null before the manifest arrives. */
  axes(set: number): AxesSet | null {
    return this.state.manifest?.axes[set] ?? null
  }

  /**
   * Open a bundle in place of the last one.
   *
   * getAddress: called at each opening. An error that it throws becomes the session's error.
   */
  open(getAddress: () => Address): Promise<void> {
    this.close()
    this.address = null
    this.observed.set(closed())
    this.hasExamples = false
    this.getAddress = getAddress
    return this.reopen()
  }

  /** Open the same bundle again, after an error or after `close`. Examples that have arrived are kept. */
  async reopen(): Promise<void> {
    const { getAddress } = this
    if (!getAddress) return
    this.close()
    const opening = this.openings
    this.observed.set({ error: null, progress: { received: 0, total: 0 } })
    try {
      this.address = getAddress()
      await this.load(this.address, opening)
    } catch (error) {
      if (opening === this.openings) await this.handleError(error)
    }
  }

  /** End the worker, and drop what has not arrived yet. */
  close(): void {
    this.openings += 1
    this.drop(this.state.model)
  }

  private drop(model: LoadedModel | null): void {
    if (!model) return
    this.observed.set({ model: null })
    this.listener.onModelGone()
    model.close()
  }

  private async load({ base, backend }: Address, opening: number): Promise<void> {
    const manifest = await this.source.fetchManifest(base)
    const modality = await this.source.loadModality(manifest, base)
    if (opening !== this.openings) return
    this.observed.set({ manifest, modality })
    this.listener.onManifest(manifest, modality)
    const model = this.source.openModel(
      base,
      manifest,
      this.state.failedBackend || !isBackend(backend) ? 'wasm' : backend,
      (progress) => {
        if (opening === this.openings) this.observed.set({ progress })
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
  }

  private async loadExamples(base: URL, manifest: Manifest, modality: Modality): Promise<void> {
    const examples = await this.source.fetchExamples(base, manifest, modality)
    if (this.state.manifest !== manifest) return // opened again
    this.hasExamples = true
    this.observed.set({ examples })
    this.listener.onExamples()
  }

  private start(model: LoadedModel, opening: number) {
    if (opening !== this.openings) return model.close()
    this.queue = new LatestQueue(LANES) // a closed model may never answer its requests
    this.selector = null
    this.isSelecting = false
    this.observed.set({ model, choices: null })
    this.listener.onModel()
  }

  /**
   * Decode points on a set of axes. In each lane only the newest request is decoded.
   *
   * show: not called if the model is replaced before it answers.
   */
  decode(
    lane: Lane,
    set: number,
    points: readonly LatentPoint[],
    mode: DecodingMode | undefined,
    show: (decoded: Decoded) => void,
  ): void {
    const { model } = this.state
    if (!model) return
    const { sliders, residual } = toRows(points)
    this.queue.enqueue(
      lane,
      () => model.decode(set, sliders, residual, mode),
      (decoded) => {
        if (this.state.model !== model) return
        show(decoded)
        void this.selectBackend(model)
      },
      (error) => void this.fail(model, error),
    )
  }

  /**
   * Return what the model answers. `call` may only call the model: its errors are the model's.
   *
   * null: there is no model, it failed, or it was replaced before it answered. The session
   * recovers from a failure, or shows its error.
   */
  async ask<T>(call: (model: LoadedModel) => Promise<T>): Promise<T | null> {
    const { model } = this.state
    if (!model) return null
    try {
      const answer = await call(model)
      return this.state.model === model ? answer : null
    } catch (error) {
      void this.fail(model, error)
      return null
    }
  }

  /**
   * Find the fastest backend for a model that may gain from another one, unless the page chose one.
   */
  private async selectBackend(model: LoadedModel): Promise<void> {
    const { manifest, modality, failedBackend } = this.state
    const { base, backend } = this.address as Address
    if (this.isSelecting || isBackend(backend) || failedBackend) return
    if (!manifest || !modality?.parity) return
    this.isSelecting = true
    const isCurrent = () => this.state.model === model
    try {
      const selector = await this.source.selectBackend(
        base,
        manifest,
        model,
        modality.parity,
        (choices) => isCurrent() && this.observed.set({ choices }),
        () => isCurrent() && this.listener.onModel(),
      )
      if (isCurrent()) this.selector = selector
    } catch {
      if (isCurrent()) this.isSelecting = false // the current backend works; the next decode tries again
    }
  }

  /** Close a model that failed, and fall back to WebAssembly or show the error. */
  async fail(model: LoadedModel, error: unknown): Promise<void> {
    if (this.state.model !== model) return model.close()
    this.drop(model)
    await this.handleError(error, model.backend)
  }

  private async handleError(error: unknown, backend = this.address?.backend): Promise<void> {
    const replaceable = backend !== undefined && isBackend(backend) && !this.state.failedBackend
    if (!isBackendError(error) || !replaceable) return this.observed.set({ error })
    this.selector?.forget()
    this.observed.set({ failedBackend: backend })
    await this.reopen()
  }
}
