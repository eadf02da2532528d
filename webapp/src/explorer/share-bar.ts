import { css, html, LitElement } from 'lit'
import { customElement, property, query, state } from 'lit/decorators.js'
import { type Sample, toRGBA } from '../samples/index.ts'
import { shared } from './theme.ts'

/** A saved picture is at least so wide, in whole multiples of its own pixels. */
const WIDE = 512

/** How long it is said that something was copied. Milliseconds. */
const SAID = 2500

/** What a reader may take along: a link to what is shown, and the sentence or the picture. */
@customElement('zlide-share-bar')
export class Keep extends LitElement {
  @property({ attribute: false }) sample: Sample | null = null
  @property({ attribute: false }) link: () => string = () => location.href
  @property() name = 'zlide' // of the file that a picture is saved as
  @state() private said = ''
  @state() private byHand = '' // what the browser does not copy by itself
  @query('#byhand') private readonly field!: HTMLInputElement | null
  private saying: ReturnType<typeof setTimeout> | undefined

  override disconnectedCallback() {
    super.disconnectedCallback()
    clearTimeout(this.saying)
  }

  protected override render() {
    const { sample } = this
    return html`
      <div class="actions">
        <span>
          <button @click=${() => this.copy(this.link(), 'Link copied')}>Share</button>
          ${sample?.kind === 'text' ? html`<button @click=${() => this.copy(sample.words.join(' '), 'Text copied')}>Copy text</button>` : null}
          ${sample?.kind === 'image' ? html`<button @click=${this.save}>Save PNG</button>` : null}
        </span>
        <span class="quiet" role="status">${this.said}</span>
      </div>
      ${this.byHand ? html`<input id="byhand" type="text" readonly aria-label="to be copied" .value=${this.byHand} />` : null}
    `
  }

  private async copy(text: string, said: string) {
    this.byHand = ''
    try {
      await navigator.clipboard.writeText(text)
      this.say(said)
    } catch {
      this.byHand = text // without https there is no clipboard
      await this.updateComplete
      this.field?.select()
      this.say('Copy it from here:')
    }
  }

  private readonly save = async () => {
    const { sample } = this
    if (sample?.kind !== 'image') return
    const { width, height } = sample.size
    const own = new OffscreenCanvas(width, height)
    own.getContext('2d')?.putImageData(new ImageData(toRGBA(sample), width, height), 0, 0)
    const times = Math.max(1, Math.ceil(WIDE / width))
    const large = new OffscreenCanvas(times * width, times * height)
    const pen = large.getContext('2d')
    if (pen) pen.imageSmoothingEnabled = false
    pen?.drawImage(own, 0, 0, times * width, times * height)
    const address = URL.createObjectURL(await large.convertToBlob({ type: 'image/png' }))
    const anchor = Object.assign(document.createElement('a'), {
      href: address,
      download: `${this.name}.png`,
    })
    anchor.click()
    setTimeout(() => URL.revokeObjectURL(address), 60_000)
    this.say('Picture saved')
  }

  private say(what: string) {
    this.said = what
    clearTimeout(this.saying)
    this.saying = setTimeout(() => {
      this.said = ''
    }, SAID)
  }

  static override styles = [
    shared,
    css`
      .actions {
        align-items: center;
      }

      [type='text'] {
        width: 100%;
        height: 2.25rem;
        margin-top: 0.5rem;
        padding: 0 0.625rem;
        border: 1px solid var(--line);
        border-radius: 0.375rem;
        background: none;
        color: var(--ink);
        font: 0.8125rem var(--sans);
      }
    `,
  ]
}
