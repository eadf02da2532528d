import { html, LitElement } from 'lit'
import { customElement, property, state } from 'lit/decorators.js'
import { fetchManifest, type Progress } from '../bundle.ts'
import { differences } from '../differences.ts'
import { fetchExamples } from '../examples.ts'
import { count } from '../figures.ts'
import { latest } from '../latest.ts'
import type { Manifest } from '../manifest.ts'
import { Model } from '../model.ts'
import { complete, poster } from '../poster.ts'
import { another, type Example, load, move, type Place, randomize, reset, residual, settle } from '../state.ts'
import { splitWords } from '../words.ts'
import './decoded.ts'
import './example.ts'
import { layout } from './layout.css.ts'
import './latent.ts'
import './notice.ts'
import './status.ts'
import { shared, theme } from './theme.ts'

/** `<zlide-explorer bundle="models/sentences/">`: an example, its z, and what the decoder makes of it. */
@customElement('zlide-explorer')
export class Explorer extends LitElement {
  @property() bundle = ''
  @state() private manifest: Manifest | null = null
  @state() private examples: readonly Example[] = []
  @state() private place: Place | null = null
  @state() private words: readonly string[] = []
  @state() private milliseconds: number | null = null
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
        this.words = words
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
      ({ words, milliseconds }) => {
        this.words = words[0] ?? []
        this.milliseconds = milliseconds
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

  private go(place: Place) {
    this.place = place
    if (this.model) this.decode(place)
  }

  protected override render() {
    const retry = () => this.open()
    const notice = this.error === null ? null : html`<zlide-notice .error=${this.error} .retry=${retry}></zlide-notice>`
    const { manifest, place } = this
    if (!manifest || !place) return notice ?? html`<p class="quiet">Opening…</p>`
    const [set] = manifest.axes
    return html`
      <header>
        <h2>${manifest.title}</h2>
        <p>Each slider moves the sentence through the model’s latent space; a neural network in this tab writes down what it finds there.</p>
      </header>
      <div id="columns">
        <zlide-example
          .example=${place.example}
          .examples=${this.examples}
          .another=${() => this.go(load(another(this.examples, place.example)))}
          .picked=${(example: Example) => this.go(load(example))}
        ></zlide-example>
        <zlide-latent
          .set=${set}
          .place=${place}
          .moved=${(axis: number, value: number) => this.go(move(place, axis, value))}
          .randomized=${() => this.go(randomize(place, set.range))}
          .reset=${() => this.go(reset(place))}
        ></zlide-latent>
        <zlide-decoded .words=${this.words} .remark=${this.compare(place.example)}>
          ${
            notice ??
            html`<zlide-status
              .progress=${this.progress}
              .backend=${this.model?.backend ?? null}
              .milliseconds=${this.milliseconds}
            ></zlide-status>`
          }
        </zlide-decoded>
      </div>
    `
  }

  /** How far the sentence is from the example, in words. */
  private compare(example: Example): string | null {
    if (!example.text) return null
    const lower = this.manifest?.tokens?.lower ?? true
    const { count: number } = differences(splitWords(example.text, { lower }), this.words)
    return number === 0 ? 'Word for word the example' : `${count(number, 'word')} ${number === 1 ? 'differs' : 'differ'} from the example`
  }

  static override styles = [theme, shared, layout]
}
