import { css, html, LitElement, type PropertyValues, type TemplateResult } from 'lit'
import { customElement, property, state } from 'lit/decorators.js'
import { repeat } from 'lit/directives/repeat.js' // of lit-html 3.3.0: those after it leave a comment behind for every word that goes
import type { Size } from '../bundle/index.ts'
import { describeDifference, type Sample, wordDiff } from '../samples/index.ts'
import './picture.ts'
import { shared } from './theme.ts'

/** A word on the page. It keeps its id, and so its element, as long as moves leave it where it is. */
interface Word {
  id: number
  text: string
  fresh: boolean // came with a move that left other words in place
}

/** How sure the decoder was of a word, in steps that can be told apart by the strength of a line: from so much on. */
const SURE = [0, 0.2, 0.4, 0.6, 0.8]

/** Sentences of more letters are set smaller, so that they take no more room than others. */
const LONG = 80

/** How long a picture must stay as it is before it is spoken of. Milliseconds. */
const REST = 1000

/** The right column: the sentence, with the words that the last move changed set off for a moment, or the picture. */
@customElement('zlide-decoded')
export class DecodedColumn extends LitElement {
  @property({ attribute: false }) sample: Sample | null = null
  @property({ attribute: false }) example: Sample | null = null // null where there is none
  @property({ attribute: false }) size: Size | null = null // of pictures; null for sentences
  @state() private said = '' // to those who do not see the picture
  private shown: Word[] = []
  private next = 0
  private resting: ReturnType<typeof setTimeout> | undefined

  protected override willUpdate(changed: PropertyValues<this>) {
    if (!changed.has('sample')) return
    if (this.size) this.sayAtRest()
    else this.shown = this.carryOver(this.sample?.kind === 'text' ? this.sample.words : [])
  }

  override disconnectedCallback() {
    super.disconnectedCallback()
    clearTimeout(this.resting)
  }

  /** Where no word stayed, none stands out. */
  private carryOver(words: readonly string[]): Word[] {
    const { from } = wordDiff(
      this.shown.map((word) => word.text),
      words,
    )
    const fresh = from.some((place) => place !== null)
    return words.map((text, i) => {
      const old = from[i] == null ? undefined : this.shown[from[i]]
      if (old) return old
      this.next += 1
      return { id: this.next, text, fresh }
    })
  }

  /** A sentence is read out at every change; of a picture it would be too much. */
  private sayAtRest() {
    clearTimeout(this.resting)
    this.resting = setTimeout(() => {
      this.said = this.remark
    }, REST)
  }

  /** How far the sample is from the example. */
  private get remark(): string {
    return this.sample && this.example ? describeDifference(this.sample, this.example) : ''
  }

  protected override render(): TemplateResult {
    const { remark } = this
    return html`
      <h3>Decoded ${remark && html`<span id="remark">${remark}</span>`}</h3>
      ${this.size ? this.renderPicture(this.size) : this.renderSentence()}
      <slot></slot>
    `
  }

  private renderPicture(size: Size) {
    const picture = this.sample?.kind === 'image' ? this.sample : null
    return html`
      <zlide-picture label="decoded" .size=${size} .picture=${picture}></zlide-picture>
      <p class="unseen" aria-live="polite">${this.said}</p>
    `
  }

  private renderSentence() {
    const { sample } = this
    const confidence = sample?.kind === 'text' ? sample.confidence : undefined
    const word = ({ text, fresh }: Word, i: number) => {
      const sure = confidence?.[i]
      const level = sure === undefined ? '' : `sure${SURE.findLastIndex((least) => sure >= least)}`
      return html`<span class="${fresh ? 'fresh' : ''} ${level}" title=${sure === undefined ? '' : `${Math.round(100 * sure)}\u202f% sure`}>${text}</span> `
    }
    const long = this.shown.map(({ text }) => text).join(' ').length > LONG
    return html`<p id="sentence" class="first ${long ? 'long' : ''}" aria-live="polite" aria-atomic="true">${
      this.shown.length
        ? repeat(this.shown, ({ id }) => id, word)
        : html`<span class="quiet">${sample ? '(the empty sentence)' : '…'}</span>`
    }</p>`
  }

  static override styles = [
    shared,
    css`
      #sentence {
        min-height: 8.75rem; /* what stands below stays where it is */
        margin-bottom: 1rem;
        font: clamp(1.375rem, 2.4cqi, 1.75rem) / 1.25 var(--serif);
        letter-spacing: -0.01em;
        text-wrap: pretty;
      }

      .long#sentence {
        font-size: clamp(1.0625rem, 1.75cqi, 1.25rem);
      }

      zlide-picture {
        margin-bottom: 1.25rem;
      }

      #remark {
        color: var(--soft);
        font-weight: 400;
        font-variant-numeric: tabular-nums;
        white-space: nowrap; /* a second line would push down what it speaks of */
      }

      [class*='sure'] {
        text-decoration: underline;
        text-decoration-thickness: 0.0625em;
        text-underline-offset: 0.2em;
      }

      .sure0 {
        text-decoration-color: transparent;
      }

      .sure1 {
        text-decoration-color: color-mix(in srgb, var(--soft) 25%, transparent);
      }

      .sure2 {
        text-decoration-color: color-mix(in srgb, var(--soft) 50%, transparent);
      }

      .sure3 {
        text-decoration-color: color-mix(in srgb, var(--soft) 75%, transparent);
      }

      .sure4 {
        text-decoration-color: var(--soft);
      }

      /* Where colours are not the page's own, lines differ in kind. */
      @media (forced-colors: active) {
        .sure0 {
          text-decoration: none;
        }

        .sure1 {
          text-decoration-style: dotted;
        }

        .sure2 {
          text-decoration-style: dashed;
        }

        .sure4 {
          text-decoration-thickness: 0.125em;
        }
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

      :host(.picture) ::slotted(zlide-status) {
        min-height: 3rem; /* its two lines, once it is live */
      }

      @container (max-width: 55rem) {
        #sentence {
          min-height: 4.25rem;
          max-height: 40svh; /* so many lines that they would cover all of the sliders are scrolled */
          overflow-y: auto;
          margin-bottom: 0.5rem;
          font-size: 1.125rem;
        }

        .long#sentence {
          font-size: 1rem;
        }

        :host(.picture) {
          display: grid;
          grid-template-columns: var(--narrow) minmax(0, 1fr);
          column-gap: 0.875rem;
        }

        :host(.picture) h3 {
          grid-column: 1 / -1;
        }

        zlide-picture {
          margin-bottom: 0;
        }

        :host(.picture) slot {
          display: block;
          align-self: end;
        }
      }
    `,
  ]
}
