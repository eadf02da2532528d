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
import { type BackendSelector, type Decoded, LatestQueue, Model } from '../model/index.ts'
import {
  type Example,
  exampleOfPoster,
  fetchExamples,
  type LatentPoint,
  poster,
  type Sample,
} from '../samples/index.ts'
import { initialView, load, type Position, settle, toRows, type View } from '../view/index.ts'

/** What the decoder made of a place. */
interface Shown {
  sample: Sample | null // null where nothing is known before the decoder is there
  example: Example // loaded when it was decoded
  milliseconds: number | null // null for a poster
}

/** Where examples are on a set of axes. */
export interface Homes {
  set: number
  spots: ReadonlyMap<Example, LatentPoint>
}

/** What may ask for the decoder, the most urgent first: the reader's position, what lies around it, and a path. */
type Lane = 'position' | 'strip' | 'film'
const LANES: readonly Lane[] = ['position', 'strip', 'film']

/** A bundle is opened, goes live, and is decoded where the reader is: the newest place in turn, and what lies beside it in the gaps. */
export abstract class Session extends LitElement {
  @property() bundle = ''
  @property() backend: BackendChoice = 'automatic'
  @state() protected manifest: Manifest | null = null
  @state() protected examples: readonly Example[] = []
  @state() protected view: View | null = null
  @state() protected shown: Shown | null = null
  @state() protected progress: Progress = { received: 0, total: 0 }
  @state() protected model: Model | null = null
  @state() protected choices: BackendChoices | null = null // of backends, once they were tried
  @state() protected fallen: BackendName | null = null // the one that failed, in whose place WebAssembly decodes
  @state() protected error: unknown = null
  private openings = 0
  private met = false // whether the examples are here
  protected homes: Homes = { set: 0, spots: new Map() }
  private chooser: BackendSelector | null = null
  private turns = new LatestQueue<Lane>(LANES)

  override connectedCallback() {
    super.connectedCallback()
    if (this.hasUpdated) void this.open() // put back
  }

  override disconnectedCallback() {
    super.disconnectedCallback()
    this.model?.close()
    this.model = null
  }

  protected override willUpdate(changed: PropertyValues<this>) {
    if (this.hasUpdated && !changed.has('bundle')) return
    this.forget()
    void this.open()
  }

  /** Another bundle has nothing of the last one. */
  protected forget() {
    this.model?.close()
    this.model = null
    this.manifest = null
    this.examples = []
    this.view = null
    this.shown = null
    this.choices = null
    this.chooser = null
    this.fallen = null
    this.homes = { set: 0, spots: new Map() }
    this.met = false
  }

  /** Where the bundle lies. */
  protected get base(): URL {
    if (this.bundle) return new URL(this.bundle.replace(/\/?$/, '/'), document.baseURI)
    throw new ZlideError(
      '<zlide-explorer>',
      'it has no bundle',
      'say where one is, as in bundle="models/sentences/"',
      { permanent: true },
    )
  }

  /** Where the reader is. */
  protected get place(): Position | null {
    return this.view?.position ?? null
  }

  /** Where an example is on the set of axes in use; null while only the decoder knows. */
  protected homeOf(example: Example): LatentPoint | null {
    const set = this.place?.set ?? 0
    const home = this.homes.set === set ? this.homes.spots.get(example) : undefined
    return home ?? (set === 0 ? example : null)
  }

  /** The addresses of what the decoder was fetched from. */
  async fetched(): Promise<readonly string[]> {
    return (await this.model?.fetched()) ?? []
  }

  /** Show the poster, fetch the rest, go live. What the reader has moved meanwhile stays moved. */
  protected async open(): Promise<void> {
    this.error = null
    this.progress = { received: 0, total: 0 }
    this.openings += 1
    const turn = this.openings
    try {
      const { base } = this
      const manifest = await fetchManifest(base)
      if (turn !== this.openings) return
      this.manifest = manifest
      if (!this.view) {
        const { example, sample } = poster(manifest)
        this.view = initialView(load(example))
        this.shown = { sample, example, milliseconds: null }
      }
      const opening = Model.open(
        base,
        manifest,
        this.fallen || !isBackend(this.backend) ? 'wasm' : this.backend,
        (progress) => {
          if (turn === this.openings) this.progress = progress
        },
      )
      opening.catch(() => {}) // told below, or came second
      try {
        if (!this.met) await this.meet(base, manifest)
        this.live(await opening, turn)
      } catch (error) {
        opening.then((late) => late.close()).catch(() => {})
        throw error
      }
    } catch (error) {
      if (turn === this.openings) await this.failed(error)
    }
  }

  private async meet(base: URL, manifest: Manifest): Promise<void> {
    const examples = await fetchExamples(base, manifest)
    if (this.manifest !== manifest || !this.view) return // another bundle was opened
    this.examples = examples
    const { position } = this.view
    this.view = {
      ...this.view,
      position: settle(position, exampleOfPoster(position.example, this.examples)),
    }
    this.met = true
    this.begun()
  }

  private live(model: Model, turn: number) {
    if (!this.isConnected || turn !== this.openings) return model.close() // it was taken away, or opened once more
    this.model = model
    this.turns = new LatestQueue(LANES) // what another model was asked for may never be answered
    this.chooser = null
    this.choices = null
    this.lived()
  }

  /** The examples are here. */
  protected abstract begun(): void

  /** The decoder is here. */
  protected abstract lived(): void

  /** This view was decoded, and stands on the page. */
  protected abstract changed(view: View): void

  /** Decode where the reader is, in turn. */
  protected decode() {
    const { model, view } = this
    if (!model || !view) return
    const { position, decoding } = view
    const { set, example } = position
    const { sliders, residual } = toRows([position])
    this.turns.enqueue(
      'position',
      () => model.decode(set, sliders, residual, decoding),
      ({ samples, milliseconds }) => {
        if (this.model !== model) return
        this.shown = { sample: samples[0] ?? null, example, milliseconds }
        this.changed(view)
        if (!this.chooser) this.improve(model).catch(() => {}) // what decodes now goes on
      },
      (error) => void this.stop(model, error),
    )
    this.decodeAround()
  }

  /** What a page shows of the neighbourhood: asked for after every move. */
  protected abstract decodeAround(): void

  /** Decode several spots on the set of axes in use, when nothing more urgent waits. What has become stale by then is not shown. */
  protected decodeBeside(
    lane: 'strip' | 'film',
    spots: readonly LatentPoint[],
    show: (samples: Decoded['samples']) => void,
  ) {
    const { model, view } = this
    if (!model || !view) return
    const { position, decoding } = view
    const { sliders, residual } = toRows(spots)
    this.turns.enqueue(
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
      (error) => void this.stop(model, error),
    )
  }

  /**
   * Once a picture was decoded, find out where that goes best, unless the page has said where.
   *
   * Sentences stay on one thread: a word is too little to be shared among threads, where it takes as long, or sent to a graphics card.
   */
  private async improve(model: Model): Promise<void> {
    const { manifest } = this
    if (manifest?.decoder.kind !== 'image' || isBackend(this.backend) || this.fallen) return
    const { BackendSelector } = await import('../model/backend-selector.ts')
    if (this.chooser || this.model !== model) return
    this.chooser = new BackendSelector(
      this.base,
      manifest,
      model,
      (choices) => {
        this.choices = choices
      },
      () => this.decode(),
    )
    await this.chooser.start()
  }

  /** Go on without a model that failed. */
  protected async stop(model: Model, error: unknown): Promise<void> {
    model.close()
    if (this.model !== model) return
    this.model = null
    await this.failed(error, model.backend)
  }

  /** WebAssembly takes over where another backend fails; anything else is told. */
  private async failed(error: unknown, backend = this.backend): Promise<void> {
    if (!isBackendError(error) || this.fallen || backend === 'automatic') this.error = error
    else {
      this.chooser?.forget()
      this.fallen = backend
      await this.open()
    }
  }
}
