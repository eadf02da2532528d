import { css, html, LitElement, type PropertyValues, type TemplateResult } from 'lit'
import { customElement, property } from 'lit/decorators.js'
import { repeat } from 'lit/directives/repeat.js'
import { differences } from '../differences.ts'
import { count } from '../figures.ts'
import { splitWords } from '../words.ts'
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
  @property() example = '' // its text; empty if there is none
  @property({ type: Boolean }) lower = true // whether words are compared in lower case
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
      <h3>Decoded ${this.example && html`<span id="remark">${this.compare()}</span>`}</h3>
      <p id="sentence" class="first" aria-live="polite" aria-atomic="true">${
        this.shown.length ? repeat(this.shown, ({ id }) => id, word) : html`<span class="quiet">(the empty sentence)</span>`
      }</p>
      <slot></slot>
    `
  }

  /** How far the sentence is from the example. */
  private compare(): string {
    const number = differences(splitWords(this.example, { lower: this.lower }), this.words).count
    return number === 0 ? 'Word for word the example' : `${count(number, 'word')} ${number === 1 ? 'differs' : 'differ'} from the example`
  }

  static override styles = [
    shared,
    css`
      #sentence {
        min-height: calc(3lh + 0.125rem); /* what stands below stays where it is */
        margin-bottom: 1rem;
        font: 2.125rem / 1.25 var(--serif);
        letter-spacing: -0.01em;
        text-wrap: pretty;
        overflow-wrap: anywhere;
      }

      #remark {
        color: var(--soft);
        font-weight: 400;
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
          min-height: 2lh; /* a third line covers a little more of the sliders, and moves none */
          margin-bottom: 0.5rem;
          font-size: 1.25rem;
        }
      }
    `,
  ]
}
