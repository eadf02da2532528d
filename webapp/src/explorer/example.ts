import { css, html, LitElement } from 'lit'
import { customElement, property, state } from 'lit/decorators.js'
import { count } from '../figures.ts'
import type { Example } from '../state.ts'
import { shared } from './theme.ts'

/** The left column: the example that was loaded, another one at a press, and all of them to pick from. */
@customElement('zlide-example')
export class ExampleColumn extends LitElement {
  @property({ attribute: false }) example!: Example
  @property({ attribute: false }) examples: readonly Example[] = []
  @property({ attribute: false }) another: () => void = () => {}
  @property({ attribute: false }) picked: (example: Example) => void = () => {}
  @state() private listed = false

  protected override render() {
    return html`
      <h3>Example <span class="onward" aria-hidden="true"></span></h3>
      ${this.example.text ? html`<p id="sentence" class="first">${this.example.text}</p>` : html`<p class="quiet first">This model comes without examples.</p>`}
      <div class="actions">
        <button ?disabled=${this.examples.length < 2} @click=${this.another}>Load an example</button>
        ${
          this.examples.length < 2
            ? null
            : html`<button class="more" aria-expanded=${this.listed} aria-controls="list" @click=${() => {
                this.listed = !this.listed
              }}>All ${count(this.examples.length, 'example')}</button>`
        }
      </div>
      <ul id="list" ?hidden=${!this.listed}>
        ${this.examples.map(
          (example) =>
            html`<li><button aria-current=${example === this.example} @click=${() => this.pick(example)}>${example.text}</button></li>`,
        )}
      </ul>
    `
  }

  private pick(example: Example) {
    this.listed = false
    this.renderRoot.querySelector<HTMLElement>('.more')?.focus() // where the reader was before the list
    this.picked(example)
  }

  static override styles = [
    shared,
    css`
      .first {
        margin-bottom: 1.25rem;
      }

      #sentence {
        font: 1.375rem / 1.4 var(--serif);
        text-wrap: pretty;
        overflow-wrap: anywhere;
      }

      ul {
        max-height: 20rem;
        margin: 0.75rem 0 0;
        padding: 0;
        overflow-y: auto;
        border-top: 1px solid var(--line);
        list-style: none;
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

      li button:hover:enabled,
      li button[aria-current='true'] {
        color: var(--accent);
      }

      li :focus-visible {
        outline-offset: -2px;
      }

      @media (max-width: 60rem) {
        .first {
          margin-bottom: 0.625rem;
        }

        #sentence {
          font-size: 1.125rem;
          line-height: 1.35;
        }
      }
    `,
  ]
}
