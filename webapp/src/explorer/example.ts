import { css, html, LitElement } from 'lit'
import { customElement, property, state } from 'lit/decorators.js'
import type { Size } from '../bundle/index.ts'
import { type Example, isExample, type Picture, type Sample } from '../samples/index.ts'
import './picture.ts'
import { shared } from './theme.ts'

/** What became of a sentence or a picture that the reader gave: nothing yet, it is read, what of it was not understood, or why it is not shown. */
export type Own =
  | { state: 'none' }
  | { state: 'reading'; name: string }
  | { state: 'read'; remark: string }
  | { state: 'refused'; why: string }

/** The left column: the example that was loaded, another one at a press, all of them to pick from, and a picture of the reader's own. */
@customElement('zlide-example')
export class ExampleColumn extends LitElement {
  @property({ attribute: false }) example!: Example
  @property({ attribute: false }) examples: readonly Example[] = []
  @property({ attribute: false }) size: Size | null = null // of pictures; null for sentences
  @property({ attribute: false }) own: Own = { state: 'none' }
  @property({ attribute: false }) another: () => void = () => {}
  @property({ attribute: false }) picked: (example: Example) => void = () => {}
  @property({ attribute: false }) given: ((file: File) => void) | null = null // takes a picture of the reader's own; null where none can be read
  @property({ attribute: false }) written: ((text: string) => void) | null = null // the same of a sentence
  @property({ attribute: false }) drew: ((picture: Picture) => void) | null = null // takes what was drawn on the example; null where that cannot be done, or not yet
  @property({ attribute: false }) undo: (() => void) | null = null // takes the last stroke back; null where there is nothing to undo
  @state() private listed = false
  @state() private writing = false // the form is open
  @state() private drawing = false // the example is drawn on

  protected override render() {
    const many = this.examples.length > 1
    return html`
      <h3><span>Example ${this.size && html`<span class="name">${this.example.text}</span>`}</span> <span class="onward" aria-hidden="true"></span></h3>
      <div id="body">
        ${this.renderExample()}
        <div class="actions">
          <button ?disabled=${!many} @click=${this.another}>Load an example</button>
          ${this.written && html`<button class="more" aria-expanded=${this.writing} aria-controls="form" @click=${this.toggleForm}>Your own</button>`}
          ${
            many || (this.examples.length === 0 && isExample(this.example))
              ? html`<button class="more ${many ? '' : 'coming'}" aria-expanded=${this.listed} aria-controls="list" @click=${() => {
                  this.listed = !this.listed
                }}>All ${many ? this.examples.length : 10}<span class="unseen"> examples</span></button>`
              : null
          }
          ${
            this.given &&
            html`<div class="row">
              <button @click=${this.choose}>Use your own picture</button>
              <button aria-pressed=${this.drawing} ?disabled=${!this.drew} @click=${this.toggleDrawing}>Draw on it</button>
            </div>`
          }
        </div>
      </div>
      ${this.writing && this.written ? this.renderForm() : null}
      <input type="file" accept="image/*" tabindex="-1" aria-hidden="true" hidden @change=${this.chosen} />
      ${this.own.state === 'reading' ? html`<p id="own" class="quiet" role="status">Reading ${this.own.name}…</p>` : null}
      ${this.own.state === 'read' ? html`<p id="own" class="quiet" role="status">${this.own.remark}</p>` : null}
      ${this.own.state === 'refused' ? html`<p id="own" class="refused" role="alert">${this.own.why}</p>` : null}
      <ul id="list" class=${this.size ? 'grid' : ''} ?hidden=${!this.listed}>${this.examples.map((example) => this.renderChoice(example))}</ul>
    `
  }

  private renderExample() {
    const { text, sample } = this.example
    if (this.size && this.drawing && this.drew)
      return html`<zlide-drawing .size=${this.size} .picture=${sample?.kind === 'image' ? sample : null} .examples=${this.examples} .reading=${this.own.state === 'reading'}
        .refused=${this.own.state === 'refused'} .drew=${this.drew} .undo=${this.undo}></zlide-drawing>`
    if (!isExample(this.example))
      return html`<p class="quiet first">This model comes without examples.</p>`
    if (!this.size) return html`<p id="sentence" class="first">${this.renderText(text, sample)}</p>`
    const picture = sample?.kind === 'image' ? sample : null
    return html`<zlide-picture label="the example" .size=${picture?.size ?? this.size} .picture=${picture}></zlide-picture>`
  }

  /** A text, with what the encoder did not read struck through. */
  private renderText(text: string, sample: Sample | null) {
    const source = sample?.kind === 'text' ? sample.source : undefined
    if (source?.kind !== 'typed' || source.pieces.every(({ read }) => read)) return text
    return source.pieces.map(({ text, read }) => (read ? text : html`<s>${text}</s>`))
  }

  private renderForm() {
    return html`<form id="form" @submit=${this.submitted}>
      <label for="written">Your own sentence</label>
      <span class="row">
        <input id="written" name="text" type="text" maxlength="1000" autocomplete="off" enterkeyhint="go" placeholder="she plays the violin" />
        <button>Encode</button>
      </span>
    </form>`
  }

  private async toggleForm() {
    this.writing = !this.writing
    await this.updateComplete
    this.renderRoot.querySelector<HTMLElement>('#written')?.focus()
  }

  private toggleDrawing() {
    this.drawing = !this.drawing
  }

  private submitted(event: SubmitEvent) {
    event.preventDefault()
    const text = String(new FormData(event.target as HTMLFormElement).get('text') ?? '').trim()
    if (text) this.written?.(text)
  }

  private renderChoice(example: Example) {
    const { text, sample } = example
    const current = example === this.example
    return sample?.kind === 'image'
      ? html`<li><button aria-label=${text} aria-current=${current} @click=${() => this.pick(example)}>
          <zlide-picture .size=${sample.size} .picture=${sample}></zlide-picture>
        </button></li>`
      : html`<li><button aria-current=${current} @click=${() => this.pick(example)}>${text}</button></li>`
  }

  private pick(example: Example) {
    this.listed = false
    this.renderRoot.querySelector<HTMLElement>('.more')?.focus() // where the reader was before the list
    this.picked(example)
  }

  private choose() {
    this.renderRoot.querySelector<HTMLInputElement>('[type=file]')?.click()
  }

  private chosen(event: Event) {
    const input = event.target as HTMLInputElement
    const [file] = input.files ?? []
    if (file) this.given?.(file)
    input.value = '' // so that the same file can be chosen again
  }

  static override styles = [
    shared,
    css`
      .first {
        margin-bottom: 1.25rem;
      }

      .row {
        display: flex;
        flex-wrap: wrap;
        gap: 0.375rem;
        flex-basis: 100%;
      }

      [aria-pressed='true'] {
        border-color: var(--ink);
      }

      @media (forced-colors: active) {
        [aria-pressed='true'] {
          border-width: 2px;
        }
      }

      #sentence {
        font: 1.375rem / 1.4 var(--serif);
        text-wrap: pretty;
      }

      s {
        color: var(--soft);
        text-decoration-thickness: 0.0625em;
      }

      /* Screen readers rarely speak of lines. Text made here is heard, and neither seen nor copied. */
      s::before,
      s::after {
        content: ' [not read: ';
        position: absolute;
        width: 1px;
        height: 1px;
        overflow: hidden;
        clip-path: inset(50%);
        white-space: nowrap;
      }

      s::after {
        content: '] ';
      }

      #body > zlide-picture {
        margin-bottom: 1.25rem;
      }

      h3 {
        gap: 0.75rem;
      }

      h3 > :first-child {
        min-width: 0;
        overflow: hidden;
        text-overflow: ellipsis;
        white-space: nowrap;
      }

      .name {
        margin-left: 0.5rem;
        color: var(--soft);
        font-weight: 400;
      }

      .coming {
        visibility: hidden; /* there is room for it */
      }

      form {
        margin-top: 1rem;
      }

      form label {
        display: block;
        margin-bottom: 0.25rem;
        color: var(--soft);
        font-size: 0.8125rem;
      }

      form .row {
        flex-wrap: nowrap;
        gap: 0.5rem;
      }

      [type='text'] {
        flex: 1;
        min-width: 0;
        height: 2.25rem;
        padding: 0 0.625rem;
        border: 1px solid var(--line);
        border-radius: 0.375rem;
        background: none;
        color: var(--ink);
        font: 1rem / 1.2 var(--serif);
      }

      [type='text']::placeholder {
        color: var(--soft);
        opacity: 1;
      }

      @media (pointer: coarse) {
        [type='text'] {
          height: 2.75rem;
        }
      }

      #own {
        margin-top: 0.75rem;
      }

      .refused {
        padding-left: 0.875rem;
        border-left: 2px solid var(--accent);
        font-size: 0.875rem;
        line-height: 1.5;
      }

      ul {
        max-height: 20rem;
        margin: 0.75rem 0 0;
        padding: 0;
        overflow-y: auto;
        border-top: 1px solid var(--line);
        list-style: none;
      }

      .grid:not([hidden]) {
        display: grid;
        grid-template-columns: repeat(auto-fill, minmax(3.25rem, 1fr));
        gap: 0.375rem;
        max-height: 25rem;
        padding: 0.75rem 2px 2px;
      }

      li button {
        width: 100%;
        padding: 0.5rem 0;
        border: 0;
        border-bottom: 1px solid var(--line);
        border-radius: 0;
        font: 1rem / 1.4 var(--serif);
        text-align: left;
      }

      .grid button {
        display: block;
        padding: 0;
        border: 0;
      }

      li button:hover:enabled,
      li button[aria-current='true'] {
        color: var(--accent);
      }

      .grid button:hover,
      .grid button[aria-current='true'] {
        outline: 2px solid var(--ink);
        outline-offset: 0;
      }

      .grid button[aria-current='true'] {
        outline-color: var(--accent);
      }

      li :focus-visible {
        outline-offset: -2px;
      }

      .grid :focus-visible {
        outline: 2px solid var(--accent);
        outline-offset: 0;
      }

      @container (max-width: 55rem) {
        .first {
          margin-bottom: 0.625rem;
        }

        #sentence {
          font-size: 1.125rem;
          line-height: 1.35;
        }

        #body:has(zlide-picture) {
          display: grid;
          grid-template-columns: var(--narrow) minmax(0, 1fr);
          gap: 0.875rem;
          align-items: start;
        }

        #body:has(zlide-picture) .actions {
          justify-content: start;
          column-gap: 0.25rem;
        }

        #body:has(zlide-picture) button:not(.more) {
          padding: 0 0.75rem; /* so that two of them stand side by side on a phone */
        }
      }
    `,
  ]
}
