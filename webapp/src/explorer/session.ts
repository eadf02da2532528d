import { LitElement } from 'lit'
import { property, state } from 'lit/decorators.js'
import { fetchManifest, type Progress } from '../bundle.ts'
import { inWords, isOfWebGL, ZlideError } from '../errors.ts'
import { fetchExamples } from '../examples.ts'
import { latest } from '../latest.ts'
import type { Manifest } from '../manifest.ts'
import { type BackendName, Model } from '../model.ts'
import { readOwn } from '../own.ts'
import { complete, poster } from '../poster.ts'
import type { Sample } from '../sample.ts'
import { type Example, load, type Place, type Spot, settle } from '../state.ts'
import type { Own } from './example.ts'

/** What the decoder made of a place. */
interface Shown {
  sample: Sample | null // null where nothing is known before the decoder is there
  example: Example // loaded when it was decoded
  milliseconds: number | null // null for a poster
}

/** What an explorer knows and does, whatever it looks like: a bundle is opened, the reader goes from place to place, the newest is decoded. */
export abstract class Session extends LitElement {
  @property() bundle = ''
  @property() backend: BackendName = 'wasm'
  @state() protected manifest: Manifest | null = null
  @state() protected examples: readonly Example[] = []
  @state() protected place: Place | null = null
  @state() protected shown: Shown | null = null
  @state() protected progress: Progress = { received: 0, total: 0 }
  @state() protected model: Model | null = null
  @state() protected fallen = false // from WebGL to WebAssembly
  @state() protected own: Own = { state: 'none' }
  @state() protected error: unknown = null
  private homes = new Map<Example, Spot>() // where examples are on the set of axes in use, if that is not the first
  private wanted = 0 // the set of axes that was chosen last
  private decode: (place: Place) => void = () => {}

  override connectedCallback() {
    super.connectedCallback()
    void this.open()
  }

  override disconnectedCallback() {
    super.disconnectedCallback()
    this.model?.close()
    this.model = null
  }

  /** Show the poster, fetch the rest, go live. What the reader has moved meanwhile stays moved. */
  protected async open(): Promise<void> {
    this.error = null
    this.progress = { received: 0, total: 0 }
    try {
      const base = new URL(this.bundle, document.baseURI)
      const manifest = await fetchManifest(base)
      this.manifest = manifest
      if (!this.place) {
        const { example, sample } = poster(manifest)
        this.place = load(example)
        this.shown = { sample, example, milliseconds: null }
      }
      const opening = Model.open(base, manifest, this.fallen ? 'wasm' : this.backend, (progress) => {
        this.progress = progress
      })
      opening.catch(() => {}) // told below, or came second
      try {
        if (!this.examples.length) {
          this.examples = await fetchExamples(base, manifest)
          this.place = settle(this.place, complete(this.place.example, this.examples))
        }
        this.live(await opening)
      } catch (error) {
        opening.then((late) => late.close()).catch(() => {})
        throw error
      }
    } catch (error) {
      await this.failed(error)
    }
  }

  private live(model: Model) {
    if (!this.isConnected) return model.close()
    this.model = model
    this.decode = latest(
      ({ set, sliders, residual }: Place) => model.decode(set, [[...sliders]], [[...residual]]),
      ({ samples, milliseconds }, { example }) => {
        this.shown = { sample: samples[0] ?? null, example, milliseconds }
      },
      (error) => this.stop(model, error),
    )
    if (this.place) this.decode(this.place)
  }

  /** Go on without a model that failed. */
  private async stop(model: Model, error: unknown): Promise<void> {
    model.close()
    if (this.model !== model) return
    this.model = null
    await this.failed(error)
  }

  /** WebAssembly takes over where WebGL fails; anything else is told. */
  private async failed(error: unknown): Promise<void> {
    if (!isOfWebGL(error) || this.fallen) this.error = error
    else {
      this.fallen = true
      await this.open()
    }
  }

  protected go(change: (place: Place) => Place) {
    if (!this.place) return
    this.place = change(this.place)
    if (this.model) this.decode(this.place)
  }

  protected load(example: Example) {
    this.own = { state: 'none' }
    this.go(({ set }) => load(example, set, this.homes.get(example)))
  }

  /** The same z on another set of axes, wherever the reader has moved while it was found. */
  protected async choose(set: number): Promise<void> {
    this.wanted = set
    const { model, place } = this
    if (!model || !place || set === place.set) return
    try {
      const known = [...new Set([place.example, ...this.examples])]
      const homes = await model.respell(0, set, known)
      const [here] = (await model.respell(place.set, set, [place])) as [Spot]
      if (this.wanted !== set) return
      if (this.place !== place) return this.choose(set)
      this.homes = new Map(known.map((example, i) => [example, homes[i] as Spot]))
      this.go(({ example }) => ({ ...here, set, example, home: this.homes.get(example) as Spot }))
    } catch (error) {
      await this.stop(model, error)
    }
  }

  /** Make a picture of the reader's own the example. What cannot be read changes nothing. */
  protected async use(file: File): Promise<void> {
    const { model, manifest } = this
    if (manifest?.encoder?.kind !== 'image') return
    const reading: Own = { state: 'reading', name: file.name }
    this.own = reading
    try {
      if (!model) throw new ZlideError(file.name, 'the decoder has not arrived yet', 'give it again in a moment')
      const sample = await readOwn(file, manifest.encoder)
      const { sliders, residual } = await model.locate(0, [await model.encode(sample)])
      const example: Example = { text: file.name, sample, sliders: sliders[0] as number[], residual: residual[0] as number[] }
      while (this.place && this.own === reading) {
        const { set } = this.place
        const [home] = (await model.respell(0, set, [example])) as [Spot]
        if (set !== this.place.set || this.own !== reading) continue
        this.homes.set(example, home)
        this.load(example)
      }
    } catch (error) {
      if (this.own !== reading) return // another came after it
      if (model && isOfWebGL(error)) {
        await this.stop(model, error)
        return this.use(file)
      }
      this.own = { state: 'refused', why: inWords(error) }
    }
  }
}
