import { css, html, LitElement } from 'lit'
import { customElement, property } from 'lit/decorators.js'
import { shared } from '../../theme/index.ts'
import type { Sentence } from './sentence.ts'

/** The text of an example, with the parts that the encoder did not read struck through. */
@customElement('zlide-example-sentence')
export class ExampleSentence extends LitElement {
  @property({ attribute: false }) text = ''
  @property({ attribute: false }) sentence: Sentence | null = null

  protected override render() {
    return html`<p id="sentence" class="first">${this.renderText()}</p>`
  }

  private renderText() {
    const { text, sentence } = this
    const source = sentence?.source
    if (source?.kind !== 'typed' || source.pieces.every(({ read }) => read)) return text
    return source.pieces.map(({ text, read }) => (read ? text : html`<s>${text}</s>`))
  }

  static override styles = [
    shared,
    css`
      #sentence {
        margin-bottom: 1.25rem;
        font: 1.375rem / 1.4 var(--serif);
        text-wrap: pretty;
      }

      s {
        color: var(--soft);
        text-decoration-thickness: 0.0625em;
      }

      /* Few screen readers announce <s>. Generated text is announced, but neither visible nor copied. */
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

      @container (max-width: 55rem) {
        #sentence {
          margin-bottom: 0.625rem;
          font-size: 1.125rem;
          line-height: 1.35;
        }
      }
    `,
  ]
}
