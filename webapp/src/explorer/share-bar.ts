import { css, html, LitElement } from 'lit'
import { customElement, property, query, state } from 'lit/decorators.js'
import type { Modality, Saving } from '../modalities/index.ts'
import type { Sample } from '../sample.ts'
import { shared } from '../theme/index.ts'

/** Milliseconds that a message stays. */
const MESSAGE_TIME = 2500

/** Buttons that copy a link or the text of a sample, or save a sample. */
@customElement('zlide-share-bar')
export class ShareBar extends LitElement {
  @property({ attribute: false }) modality!: Modality
  @property({ attribute: false }) sample: Sample | null = null
  @property({ attribute: false }) getLink: () => string = () => location.href
  @property() name = 'zlide' // of a saved file, without suffix
  @state() private message = ''
  @state() private manualText = '' // the reader has to copy it, if the clipboard fails
  @query('#byhand') private readonly field!: HTMLInputElement | null
  private messageTimer: ReturnType<typeof setTimeout> | undefined

  override disconnectedCallback() {
    super.disconnectedCallback()
    clearTimeout(this.messageTimer)
  }

  protected override render() {
    const { modality, sample } = this
    const { saving } = modality
    const text = sample && modality.textOf(sample)
    return html`
      <div class="actions">
        <span>
          <button @click=${() => this.copy(this.getLink(), 'Link copied')}>Share</button>
          ${text === null ? null : html`<button @click=${() => this.copy(text, 'Text copied')}>Copy text</button>`}
          ${sample && saving && html`<button @click=${() => this.save(sample, saving)}>${saving.label}</button>`}
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

  private async save(sample: Sample, { message, suffix, toBlob }: Saving<Sample>) {
    const blob = await toBlob(sample).catch(() => null)
    if (!blob) return this.announce('It cannot be saved; reload the page')
    const url = URL.createObjectURL(blob)
    const anchor = Object.assign(document.createElement('a'), {
      href: url,
      download: `${this.name}.${suffix}`,
    })
    anchor.click()
    setTimeout(() => URL.revokeObjectURL(url), 60_000)
    this.announce(message)
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
