import { html } from 'lit'
import { customElement, state } from 'lit/decorators.js'
import { count } from '../figures.ts'
import type { Size } from '../manifest.ts'
import { another, move, randomize, reset } from '../state.ts'
import './decoded.ts'
import './example.ts'
import './latent.ts'
import { layout } from './layout.css.ts'
import './notice.ts'
import { shownWidth } from './picture.ts'
import { Session } from './session.ts'
import './status.ts'
import { shared, theme } from './theme.ts'

/** `<zlide-explorer bundle="models/sentences/">`: an example, its z, and what the decoder makes of it. */
@customElement('zlide-explorer')
export class Explorer extends Session {
  @state() private dragged = false // a file is held over it

  // Made once: a new function at every render would render every slider anew, and take away what is being typed into a field.
  private readonly another = () => this.place && this.load(another(this.examples, this.place.example))
  private readonly picked = this.load.bind(this)
  private readonly given = (file: File) => void this.use(file)
  private readonly chosen = (set: number) => void this.choose(set)
  private readonly moved = (axis: number, value: number) => this.go((place) => move(place, axis, value))
  private readonly randomized = () => this.go((place) => randomize(place, this.manifest?.axes[place.set]?.range ?? 0))
  private readonly reset = () => this.go(reset)
  private readonly retry = () => this.open()

  private get takesPictures(): boolean {
    return this.manifest?.encoder?.kind === 'image'
  }

  private dragOver(event: DragEvent) {
    if (!this.takesPictures || !event.dataTransfer?.types.includes('Files')) return
    event.preventDefault() // or the browser would leave the page for the file
    this.dragged = true
  }

  private dragLeave(event: DragEvent) {
    const { currentTarget, relatedTarget } = event
    this.dragged = (currentTarget as Node).contains(relatedTarget as Node | null)
  }

  private drop(event: DragEvent) {
    if (!this.dragged) return
    event.preventDefault()
    this.dragged = false
    const [file] = event.dataTransfer?.files ?? []
    if (file) this.given(file)
  }

  protected override updated() {
    if (this.size) this.style.setProperty('--picture', `${shownWidth(this.size)}px`)
  }

  /** Of pictures; null for sentences. */
  private get size(): Size | null {
    return this.manifest?.decoder.kind === 'image' ? this.manifest.decoder.size : null
  }

  protected override render() {
    const notice = this.error === null ? null : html`<zlide-notice .error=${this.error} .retry=${this.retry}></zlide-notice>`
    const { manifest, place, shown, size } = this
    if (!manifest || !place || !shown) return notice ?? html`<p class="quiet">Opening…</p>`
    return html`
      <div id="all" class=${this.dragged ? 'dragged' : ''} @dragover=${this.dragOver} @dragleave=${this.dragLeave} @drop=${this.drop}>
        <header>
          <h2>${manifest.title}</h2>
          <p>A neural network turns ${count(manifest.latent, 'number')}, z, into this ${size ? 'picture' : 'sentence'}. Each slider moves z.</p>
        </header>
        <div id="columns" class=${size ? 'pictures' : ''}>
          <zlide-example
            .example=${place.example}
            .examples=${this.examples}
            .size=${size}
            .own=${this.own}
            .another=${this.another}
            .picked=${this.picked}
            .given=${this.takesPictures ? this.given : null}
          ></zlide-example>
          <zlide-latent
            .sets=${manifest.axes}
            .place=${place}
            .fixed=${this.model === null}
            .chosen=${this.chosen}
            .moved=${this.moved}
            .randomized=${this.randomized}
            .reset=${this.reset}
          ></zlide-latent>
          <zlide-decoded class=${size ? 'picture' : ''} .sample=${shown.sample} .example=${shown.example.sample} .size=${size}>
            ${
              notice ??
              html`<zlide-status
                .progress=${this.progress}
                .backend=${this.model?.backend ?? null}
                .milliseconds=${shown.milliseconds}
                .fallen=${this.fallen}
              ></zlide-status>`
            }
          </zlide-decoded>
        </div>
      </div>
    `
  }

  static override styles = [theme, shared, layout]
}
