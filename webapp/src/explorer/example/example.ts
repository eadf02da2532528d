import { html, LitElement } from 'lit'
import { customElement, property, state } from 'lit/decorators.js'
import type { Size } from '../../bundle/index.ts'
import { type Example, isExample, type Picture, type Sample } from '../../samples/index.ts'
import { shared } from '../../theme/index.ts'
import '../picture.ts'
import type { InputStatus } from '../user-input.ts'
import { styles } from './example.css.ts'

/** The left column: the example, the list of all examples, and the reader's own input. */
@customElement('zlide-example')
export class ExampleColumn extends LitElement {
  @property({ attribute: false }) example!: Example
  @property({ attribute: false }) examples: readonly Example[] = []
  @property({ attribute: false }) size: Size | null = null // of pictures; null for sentences
  @property({ attribute: false }) inputStatus: InputStatus = { state: 'none' }
  @property({ attribute: false }) onLoadAnother: () => void = () => {}
  @property({ attribute: false }) onSelect: (example: Example) => void = () => {}
  @property({ attribute: false }) onFile: ((file: File) => void) | null = null // null if the model takes no picture
  @property({ attribute: false }) onSentence: ((text: string) => void) | null = null // null if the model takes no sentence
  @property({ attribute: false }) onDraw: ((picture: Picture) => void) | null = null // null if the model takes no drawing, or not yet
  @property({ attribute: false }) onUndo: (() => void) | null = null // null when there is nothing to undo
  @state() private listIsOpen = false
  @state() private formIsOpen = false
  @state() private isDrawing = false

  protected override render() {
    const { size, example, examples } = this
    return html`
      <h3><span>Example ${size && html`<span class="name">${example.text}</span>`}</span> <span class="onward" aria-hidden="true"></span></h3>
      <div id="body">
        ${this.renderExample()}
        <div class="actions">
          <button ?disabled=${examples.length < 2} @click=${this.onLoadAnother}>Load an example</button>
          ${this.onSentence && html`<button class="more" aria-expanded=${this.formIsOpen} aria-controls="form" @click=${this.toggleForm}>Your own</button>`}
          ${this.renderListButton()} ${this.onFile && this.renderPictureButtons()}
        </div>
      </div>
      ${this.formIsOpen && this.onSentence ? this.renderForm() : null}
      <input type="file" accept="image/*" tabindex="-1" aria-hidden="true" hidden @change=${this.onFileChange} />
      ${this.renderStatus()}
      <ul id="list" class=${size ? 'grid' : ''} ?hidden=${!this.listIsOpen}>${examples.map((example) => this.renderChoice(example))}</ul>
    `
  }

  /** Render the list's button. It is invisible, but takes its space, while the examples are loading. */
  private renderListButton() {
    const { length } = this.examples
    const isLoading = length === 0 && isExample(this.example)
    if (length < 2 && !isLoading) return null
    return html`<button class="more ${isLoading ? 'loading' : ''}" aria-expanded=${this.listIsOpen} aria-controls="list" @click=${() => {
      this.listIsOpen = !this.listIsOpen
    }}>All ${length || 10}<span class="unseen"> examples</span></button>`
  }

  private renderPictureButtons() {
    return html`<div class="row">
      <button @click=${this.openFileDialog}>Use your own picture</button>
      <button aria-pressed=${this.isDrawing} ?disabled=${!this.onDraw} @click=${this.toggleDrawing}>Draw on it</button>
    </div>`
  }

  private renderStatus() {
    const status = this.inputStatus
    switch (status.state) {
      case 'none':
        return null
      case 'reading':
        return html`<p id="input" class="quiet" role="status">Reading ${status.name}…</p>`
      case 'read':
        return html`<p id="input" class="quiet" role="status">${status.remark}</p>`
      case 'refused':
        return html`<p id="input" class="refused" role="alert">${status.reason}</p>`
    }
  }

  private renderExample() {
    const { text, sample } = this.example
    if (this.size && this.isDrawing && this.onDraw)
      return html`<zlide-drawing
        .size=${this.size}
        .picture=${sample?.kind === 'image' ? sample : null}
        .examples=${this.examples}
        .reading=${this.inputStatus.state === 'reading'}
        .refused=${this.inputStatus.state === 'refused'}
        .onDraw=${this.onDraw}
        .onUndo=${this.onUndo}
      ></zlide-drawing>`
    if (!isExample(this.example))
      return html`<p class="quiet first">This model has no examples.</p>`
    if (!this.size) return html`<p id="sentence" class="first">${this.renderText(text, sample)}</p>`
    const picture = sample?.kind === 'image' ? sample : null
    return html`<zlide-picture label="the example" .size=${picture?.size ?? this.size} .picture=${picture}></zlide-picture>`
  }

  /** Render a text with the parts that the encoder did not read struck through. */
  private renderText(text: string, sample: Sample | null) {
    const source = sample?.kind === 'text' ? sample.source : undefined
    if (source?.kind !== 'typed' || source.pieces.every(({ read }) => read)) return text
    return source.pieces.map(({ text, read }) => (read ? text : html`<s>${text}</s>`))
  }

  private renderForm() {
    return html`<form id="form" @submit=${this.onSubmit}>
      <label for="written">Your own sentence</label>
      <span class="row">
        <input id="written" name="text" type="text" maxlength="1000" autocomplete="off" enterkeyhint="go" placeholder="she plays the violin" />
        <button>Encode</button>
      </span>
    </form>`
  }

  private async toggleForm() {
    this.formIsOpen = !this.formIsOpen
    await this.updateComplete
    this.renderRoot.querySelector<HTMLElement>('#written')?.focus()
  }

  private toggleDrawing() {
    this.isDrawing = !this.isDrawing
  }

  private onSubmit(event: SubmitEvent) {
    event.preventDefault()
    const text = String(new FormData(event.target as HTMLFormElement).get('text') ?? '').trim()
    if (text) this.onSentence?.(text)
  }

  private renderChoice(example: Example) {
    const { text, sample } = example
    const current = example === this.example
    return sample?.kind === 'image'
      ? html`<li><button aria-label=${text} aria-current=${current} @click=${() => this.select(example)}>
          <zlide-picture .size=${sample.size} .picture=${sample}></zlide-picture>
        </button></li>`
      : html`<li><button aria-current=${current} @click=${() => this.select(example)}>${text}</button></li>`
  }

  private select(example: Example) {
    this.listIsOpen = false
    this.renderRoot.querySelector<HTMLElement>('.more')?.focus() // the focus was there before the list
    this.onSelect(example)
  }

  private openFileDialog() {
    this.renderRoot.querySelector<HTMLInputElement>('[type=file]')?.click()
  }

  private onFileChange(event: Event) {
    const input = event.target as HTMLInputElement
    const [file] = input.files ?? []
    if (file) this.onFile?.(file)
    input.value = '' // allows choosing the same file again
  }

  static override styles = [shared, styles]
}
