import { css, html, LitElement } from 'lit'
import { customElement, property, query, state } from 'lit/decorators.js'
import { type Sample, toRGBA } from '../samples/index.ts'
import { shared } from '../theme/index.ts'

/** The minimum width of a saved picture, which is scaled by a whole number. */
const MIN_WIDTH = 512

/** Milliseconds that a message stays. */
const MESSAGE_TIME = 2500

/** Buttons that copy a link or a sentence, or save a picture. */
@customElement('zlide-share-bar')
export class ShareBar extends LitElement {
  @property({ attribute: false }) sample: Sample | null = null
  @property({ attribute: false }) getLink: () => string = () => location.href
  @property() name = 'zlide' // of a saved picture, without suffix
  @state() private message = ''
  @state() private manualText = '' // the reader has to copy it, if the clipboard fails
  @query('#byhand') private readonly field!: HTMLInputElement | null
  private messageTimer: ReturnType<typeof setTimeout> | undefined

  override disconnectedCallback() {
    super.disconnectedCallback()
    clearTimeout(this.messageTimer)
  }

  protected override render() {
    const { sample } = this
    return html`
      <div class="actions">
        <span>
          <button @click=${() => this.copy(this.getLink(), 'Link copied')}>Share</button>
          ${sample?.kind === 'text' ? html`<button @click=${() => this.copy(sample.words.join(' '), 'Text copied')}>Copy text</button>` : null}
          ${sample?.kind === 'image' ? html`<button @click=${this.save}>Save PNG</button>` : null}
        </span>
        <span class="quiet" role="status">${this.message}</span>
      </div>
      ${this.manualText ? html`<input id="byhand" type="text" readonly aria-label="Text to copy" .value=${this.manualText} />` : null}
    `
  }

  private async copy(text: string, message: string) {
    this.manualText = ''
    try {
      await navigator.clipboard.writeText(text)
      this.announce(message)
    } catch {
      this.manualText = text // the clipboard needs HTTPS
      await this.updateComplete
      this.field?.select()
      this.announce('Copy this text:')
    }
  }

  private readonly save = async () => {
    const { sample } = this
    if (sample?.kind !== 'image') return
    const { width, height } = sample.size
    const original = new OffscreenCanvas(width, height)
    original.getContext('2d')?.putImageData(new ImageData(toRGBA(sample), width, height), 0, 0)
    const scale = Math.max(1, Math.ceil(MIN_WIDTH / width))
    const large = new OffscreenCanvas(scale * width, scale * height)
    const context = large.getContext('2d')
    if (context) context.imageSmoothingEnabled = false
    context?.drawImage(original, 0, 0, scale * width, scale * height)
    const url = URL.createObjectURL(await large.convertToBlob({ type: 'image/png' }))
    const anchor = Object.assign(document.createElement('a'), {
      href: url,
      download: `${this.name}.png`,
    })
    anchor.click()
    setTimeout(() => URL.revokeObjectURL(url), 60_000)
    this.announce('Picture saved')
  }

  private announce(message: string) {
    this.message = message
    clearTimeout(this.messageTimer)
    this.messageTimer = setTimeout(() => {
      this.message = ''
    }, MESSAGE_TIME)
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
