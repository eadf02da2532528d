import { css, html, LitElement, type PropertyValues } from 'lit'
import { customElement, property } from 'lit/decorators.js'
import { repeat } from 'lit/directives/repeat.js' // of lit-html 3.3.0: those after it leave a comment behind for every word that goes
import { shared } from '../../theme/index.ts'
import type { Sentence } from './sentence.ts'
import { wordDiff } from './word-diff.ts'

/** A word on the page. It keeps its id and its element while moves leave it unchanged. */
interface Word {
  id: number
  text: string
  fresh: boolean // new, beside words that stayed
}

/** The lower bounds of the confidence levels, which differ in the strength of the underline. */
const LEVELS = [0, 0.2, 0.4, 0.6, 0.8]

/** Sentences with more characters are set in smaller type. */
const LONG = 80

/** The decoded sentence, with its new words highlighted. Screen readers announce every change. */
@customElement('zlide-decoded-sentence')
export class DecodedSentence extends LitElement {
  @property({ attribute: false }) sentence: Sentence | null = null
  private shown: Word[] = []
  private next = 0

  protected override willUpdate(changed: PropertyValues<this>) {
    if (changed.has('sentence')) this.shown = this.carryOver(this.sentence?.words ?? [])
  }

  /** Return the new words, with the ids of words that stayed. No word is fresh unless one stayed. */
  private carryOver(words: readonly string[]): Word[] {
    const { from } = wordDiff(
      this.shown.map((word) => word.text),
      words,
    )
    const fresh = from.some((index) => index !== null)
    return words.map((text, i) => {
      const old = from[i] == null ? undefined : this.shown[from[i]]
      if (old) return old
      this.next += 1
      return { id: this.next, text, fresh }
    })
  }

  protected override render() {
    const { sentence } = this
    const confidence = sentence?.confidence
    const word = ({ text, fresh }: Word, i: number) => {
      const value = confidence?.[i]
      const level =
        value === undefined ? '' : `confidence${LEVELS.findLastIndex((least) => value >= least)}`
      return html`<span class="${fresh ? 'fresh' : ''} ${level}" title=${value === undefined ? '' : `confidence ${Math.round(100 * value)}\u202f%`}>${text}</span> `
    }
    const long = this.shown.map(({ text }) => text).join(' ').length > LONG
    return html`<p id="sentence" class="first ${long ? 'long' : ''}" aria-live="polite" aria-atomic="true">${
      this.shown.length
        ? repeat(this.shown, ({ id }) => id, word)
        : html`<span class="quiet">${sentence ? '(empty sentence)' : '…'}</span>`
    }</p>`
  }

  static override styles = [
    shared,
    css`
      #sentence {
        min-height: 8.75rem; /* keeps what is below in place */
        margin-bottom: 1rem;
        font: clamp(1.375rem, 2.4cqi, 1.75rem) / 1.25 var(--serif);
        letter-spacing: -0.01em;
        text-wrap: pretty;
      }

      .long#sentence {
        font-size: clamp(1.0625rem, 1.75cqi, 1.25rem);
      }

      [class*='confidence'] {
        text-decoration: underline;
        text-decoration-thickness: 0.0625em;
        text-underline-offset: 0.2em;
      }

      .confidence0 {
        text-decoration-color: transparent;
      }

      .confidence1 {
        text-decoration-color: color-mix(in srgb, var(--soft) 25%, transparent);
      }

      .confidence2 {
        text-decoration-color: color-mix(in srgb, var(--soft) 50%, transparent);
      }

      .confidence3 {
        text-decoration-color: color-mix(in srgb, var(--soft) 75%, transparent);
      }

      .confidence4 {
        text-decoration-color: var(--soft);
      }

      /* With forced colours the lines differ in style. */
      @media (forced-colors: active) {
        .confidence0 {
          text-decoration: none;
        }

        .confidence1 {
          text-decoration-style: dotted;
        }

        .confidence2 {
          text-decoration-style: dashed;
        }

        .confidence4 {
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
          animation-timing-function: step-end; /* no fading */
        }
      }

      @container (max-width: 55rem) {
        #sentence {
          min-height: 4.25rem;
          max-height: 40svh; /* a long sentence scrolls instead of covering the sliders */
          overflow-y: auto;
          margin-bottom: 0.5rem;
          font-size: 1.125rem;
        }

        .long#sentence {
          font-size: 1rem;
        }
      }
    `,
  ]
}
