import { html, LitElement } from 'lit'
import { customElement, property, state } from 'lit/decorators.js'
import { fetchManifest, type Progress } from '../bundle.ts'
import { fetchExamples } from '../examples.ts'
import { latest } from '../latest.ts'
import type { Manifest } from '../manifest.ts'
import { Model } from '../model.ts'
import { complete, poster } from '../poster.ts'
import { another, type Example, load, move, type Place, randomize, reset, residual, settle } from '../state.ts'
import './decoded.ts'
import './example.ts'
import { layout } from './layout.css.ts'
import './latent.ts'
import './notice.ts'
import './status.ts'
import { shared, theme } from './theme.ts'

/** What the decoder made of a place. */
interface Shown {
  words: readonly string[]
  example: Example // loaded when it was decoded
  milliseconds: number | null // null for a poster
}

/** `<zlide-explorer bundle="models/sentences/">`: an example, its z, and what the decoder makes of it. */
@customElement('zlide-explorer')
export class Explorer extends LitElement {
  @property() bundle = ''
  @state() private manifest: Manifest | null = null
  @state() private examples: readonly Example[] = []
  @state() private place: Place | null = null
  @state() private shown: Shown | null = null
  @state() private progress: Progress = { received: 0, total: 0 }
  @state() private model: Model | null = null
  @state() private error: unknown = null
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
  private async open() {
    this.error = null
    this.progress = { received: 0, total: 0 }
    try {
      const base = new URL(this.bundle, document.baseURI)
      const manifest = await fetchManifest(base)
      this.manifest = manifest
      if (!this.place) {
        const { example, words } = poster(manifest)
        this.place = load(example)
        this.shown = { words, example, milliseconds: null }
      }
      const opening = Model.open(base, manifest, (progress) => {
        this.progress = progress
      })
      opening.catch(() => {}) // told below, or came second
      try {
        this.examples = await fetchExamples(base, manifest)
        this.place = settle(this.place, complete(this.place.example, this.examples))
        this.live(await opening)
      } catch (error) {
        opening.then((late) => late.close()).catch(() => {})
        throw error
      }
    } catch (error) {
      this.error = error
    }
  }

  private live(model: Model) {
    if (!this.isConnected) return model.close()
    this.model = model
    this.decode = latest(
      (place: Place) => model.decode([[...place.sliders]], [[...residual(place)]]),
      ({ words, milliseconds }, { example }) => {
        this.shown = { words: words[0] ?? [], example, milliseconds }
      },
      (error) => {
        model.close()
        if (this.model !== model) return
        this.model = null
        this.error = error
      },
    )
    if (this.place) this.decode(this.place)
  }

  private go(change: (place: Place) => Place) {
    if (!this.place) return
    this.place = change(this.place)
    if (this.model) this.decode(this.place)
  }

  // Made once: a new function at every render would render every slider anew, and take away what is being typed into a field.
  private readonly another = () => this.go(({ example }) => load(another(this.examples, example)))
  private readonly picked = (example: Example) => this.go(() => load(example))
  private readonly moved = (axis: number, value: number) => this.go((place) => move(place, axis, value))
  private readonly randomized = () => this.go((place) => randomize(place, this.manifest?.axes[0].range ?? 0))
  private readonly reset = () => this.go(reset)
  private readonly retry = () => this.open()

  protected override render() {
    const notice = this.error === null ? null : html`<zlide-notice .error=${this.error} .retry=${this.retry}></zlide-notice>`
    const { manifest, place, shown } = this
    if (!manifest || !place || !shown) return notice ?? html`<p class="quiet">Opening…</p>`
    return html`
      <header>
        <h2>${manifest.title}</h2>
        <p>Each slider moves the sentence through a neural network’s latent space, live in this tab.</p>
      </header>
      <div id="columns">
        <zlide-example
          .example=${place.example}
          .examples=${this.examples}
          .another=${this.another}
          .picked=${this.picked}
        ></zlide-example>
        <zlide-latent
          .set=${manifest.axes[0]}
          .place=${place}
          .moved=${this.moved}
          .randomized=${this.randomized}
          .reset=${this.reset}
        ></zlide-latent>
        <zlide-decoded .words=${shown.words} .example=${shown.example.text} .lower=${manifest.tokens?.lower ?? true}>
          ${
            notice ??
            html`<zlide-status
              .progress=${this.progress}
              .backend=${this.model?.backend ?? null}
              .milliseconds=${shown.milliseconds}
            ></zlide-status>`
          }
        </zlide-decoded>
      </div>
    `
  }

  static override styles = [theme, shared, layout]
}
