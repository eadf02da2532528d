import { html, LitElement } from 'lit'
import { customElement, property, state } from 'lit/decorators.js'
import type { FileInput, Input, Modality, TextInput } from '../../modalities/index.ts'
import { report } from '../../reader-events.ts'
import type { Sample } from '../../sample.ts'
import { type Example, isExample } from '../../samples/index.ts'
import type { InputStatus } from '../../store/index.ts'
import { shared } from '../../theme/index.ts'
import { styles } from './example.css.ts'

/** The left column: the example, the list of all examples, and the reader's own input. */
@customElement('zlide-example')
export class ExampleColumn extends LitElement {
  @property({ attribute: false }) modality!: Modality
  @property({ attribute: false }) example!: Example
  @property({ attribute: false }) examples: readonly Example[] = []
  @property({ attribute: false }) inputStatus: InputStatus = { state: 'none' }
  @property({ attribute: false }) input: Input<Sample> | null = null // null if the reader cannot enter one
  @property({ type: Boolean }) canDraw = false // false until drawing is loaded
  @property({ type: Boolean }) canUndo = false
  @state() private listIsOpen = false
  @state() private formIsOpen = false
  @state() private isDrawing = false

  protected override render() {
    const { isTiled, example, examples } = this
    const { text = null, file = null } = this.input ?? {}
    const showsTile = isTiled && isExample(example) && !this.drawing
    return html`
      <h3><span>Example ${isTiled ? html`<span class="name">${example.text}</span>` : null}</span> <span class="onward" aria-hidden="true"></span></h3>
      <div id="body" class=${showsTile ? 'tile' : ''}>
        ${this.renderExample()}
        <div class="actions">
          <button ?disabled=${examples.length < 2} @click=${() => report(this, 'example-change')}>Load an example</button>
          ${text && html`<button class="more" aria-expanded=${this.formIsOpen} aria-controls="form" @click=${this.toggleForm}>Your own</button>`}
          ${this.renderListButton()} ${file && this.renderFileButtons(file)}
        </div>
      </div>
      ${this.formIsOpen && text ? this.renderForm(text) : null}
      <input type="file" accept=${file?.accept ?? ''} tabindex="-1" aria-hidden="true" hidden @change=${this.onFileChange} />
      ${this.renderStatus()}
      <ul id="list" class=${isTiled ? 'grid' : ''} ?hidden=${!this.listIsOpen}>${examples.map((example) => this.renderChoice(example))}</ul>
    `
  }

  private get isTiled(): boolean {
    return this.modality.layout === 'tiles'
  }

  /** The input of a drawing, while the reader draws; otherwise null. */
  private get drawing() {
    const drawing = this.input?.drawing
    return this.isDrawing && this.canDraw && drawing?.fits ? drawing : null
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

  private renderFileButtons({ label }: FileInput<Sample>) {
    const drawing = this.input?.drawing
    return html`<div class="row">
      <button @click=${this.openFileDialog}>${label}</button>
      ${drawing ? html`<button aria-pressed=${this.isDrawing} ?disabled=${!this.canDraw || !drawing.fits} @click=${this.toggleDrawing}>${drawing.label}</button>` : null}
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
    const { example, drawing, inputStatus } = this
    if (drawing)
      return drawing.render({
        sample: example.sample,
        examples: this.examples,
        isReading: inputStatus.state === 'reading',
        isRefused: inputStatus.state === 'refused',
        canUndo: this.canUndo,
      })
    return isExample(example)
      ? this.modality.renderExample(example)
      : html`<p class="quiet first">This model has no examples.</p>`
  }

  private renderForm({ label, placeholder, maxLength }: TextInput<Sample>) {
    return html`<form id="form" @submit=${this.onSubmit}>
      <label for="written">${label}</label>
      <span class="row">
        <input id="written" name="text" type="text" maxlength=${maxLength} autocomplete="off" enterkeyhint="go" placeholder=${placeholder} />
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
    if (text) report(this, 'text-enter', text)
  }

  private renderChoice(example: Example) {
    const { text, sample } = example
    const current = example === this.example
    return this.isTiled && sample
      ? html`<li><button aria-label=${text} aria-current=${current} @click=${() => this.select(example)}>${this.modality.renderSmall(sample)}</button></li>`
      : html`<li><button aria-current=${current} @click=${() => this.select(example)}>${text}</button></li>`
  }

  private select(example: Example) {
    this.listIsOpen = false
    this.renderRoot.querySelector<HTMLElement>('.more')?.focus() // the focus was there before the list
    report(this, 'example-select', example)
  }

  private openFileDialog() {
    this.renderRoot.querySelector<HTMLInputElement>('[type=file]')?.click()
  }

  private onFileChange(event: Event) {
    const input = event.target as HTMLInputElement
    const [file] = input.files ?? []
    if (file) report(this, 'file-enter', file)
    input.value = '' // allows choosing the same file again
  }

  static override styles = [shared, styles]
}
