import { css, html, LitElement } from 'lit'
import { customElement, property } from 'lit/decorators.js'
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

  protected override render() {
    return html`
      <h3>Example <span class="onward" aria-hidden="true"></span></h3>
      ${this.example.text ? html`<p id="sentence">${this.example.text}</p>` : html`<p class="quiet">This model comes without examples.</p>`}
      <button ?disabled=${this.examples.length < 2} @click=${this.another}>Load an example</button>
      ${
        this.examples.length < 2
          ? null
          : html`<details>
              <summary>${count(this.examples.length, 'example')} to pick from</summary>
              <ul>
                ${this.examples.map(
                  (example) =>
                    html`<li><button aria-current=${example === this.example} @click=${() => this.pick(example)}>${example.text}</button></li>`,
                )}
              </ul>
            </details>`
      }
    `
  }

  private pick(example: Example) {
    const list = this.renderRoot.querySelector('details')
    if (list) list.open = false
    this.renderRoot.querySelector('summary')?.focus()
    this.picked(example)
  }

  static override styles = [
    shared,
    css`
      #sentence {
        margin-bottom: 1.75rem;
        font: 1.375rem / 1.4 var(--serif);
        text-wrap: pretty;
        overflow-wrap: anywhere;
      }

      details {
        margin-top: 1rem;
      }

      summary {
        width: fit-content;
        padding: 0.375rem 0;
        color: var(--soft);
        font-size: 0.8125rem;
        cursor: pointer;
      }

      ul {
        max-height: 22rem;
        margin: 0.5rem 0 0;
        padding: 0;
        overflow-y: auto;
        border-top: 1px solid var(--line);
        list-style: none;
      }

      li button {
        width: 100%;
        padding: 0.5rem 0.25rem;
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

      @media (pointer: coarse) {
        summary {
          padding: 0.75rem 0;
        }
      }
    `,
  ]
}
