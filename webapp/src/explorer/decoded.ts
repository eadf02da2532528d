import { css, html, LitElement, type PropertyValues, type TemplateResult } from 'lit'
import { customElement, property } from 'lit/decorators.js'
import { repeat } from 'lit/directives/repeat.js'
import { differences } from '../differences.ts'
import { shared } from './theme.ts'

/** A word on the page. It keeps its id, and so its element, as long as moves leave it where it is. */
interface Word {
  id: number
  text: string
  fresh: boolean // came with a move that left other words in place
}

/** The right column: the sentence, with the words that the last move changed set off for a moment. */
@customElement('zlide-decoded')
export class DecodedColumn extends LitElement {
  @property({ attribute: false }) words: readonly string[] = []
  @property({ attribute: false }) remark: string | null = null
  private shown: Word[] = []
  private next = 0

  protected override willUpdate(changed: PropertyValues<this>) {
    if (changed.has('words')) this.shown = this.carryOver()
  }

  /** Where no word stayed, none stands out. */
  private carryOver(): Word[] {
    const { from } = differences(
      this.shown.map((word) => word.text),
      this.words,
    )
    const fresh = from.some((place) => place !== null)
    return this.words.map((text, i) => {
      const old = from[i] == null ? undefined : this.shown[from[i]]
      if (old) return old
      this.next += 1
      return { id: this.next, text, fresh }
    })
  }

  protected override render(): TemplateResult {
    const word = ({ text, fresh }: Word) => html`<span class=${fresh ? 'fresh' : ''}>${text}</span> `
    return html`
      <h3>Decoded</h3>
      <p id="sentence" aria-live="polite" aria-atomic="true">${
        this.shown.length ? repeat(this.shown, ({ id }) => id, word) : html`<span class="quiet">(the empty sentence)</span>`
      }</p>
      ${this.remark === null ? null : html`<p id="remark">${this.remark}</p>`}
      <slot></slot>
    `
  }

  static override styles = [
    shared,
    css`
      #sentence {
        min-height: 4lh;
        margin-bottom: 1.25rem;
        font: 2.125rem / 1.25 var(--serif);
        letter-spacing: -0.01em;
        text-wrap: pretty;
        overflow-wrap: anywhere;
      }

      #remark {
        margin-bottom: 0.25rem;
        font-size: 0.875rem;
      }

      .fresh {
        animation: settle 1.8s ease-out;
      }

      @keyframes settle {
        from,
        25% {
          color: var(--accent);
        }
      }

      @media (prefers-reduced-motion: reduce) {
        .fresh {
          animation-timing-function: step-end; /* set off, then not: nothing fades */
        }
      }

      @media (max-width: 60rem) {
        #sentence {
          min-height: 3lh;
          margin-bottom: 0.5rem;
          font-size: 1.375rem;
        }

        #remark {
          margin: 0;
          font-size: 0.8125rem;
        }
      }
    `,
  ]
}
