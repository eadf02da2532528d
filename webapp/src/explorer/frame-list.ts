import { css, html, LitElement, nothing, type PropertyValues, svg } from 'lit'
import { customElement, property } from 'lit/decorators.js'
import type { Size } from '../bundle/index.ts'
import type { Sample } from '../samples/index.ts'
import { diffRuns, nearestIndex } from '../view/index.ts'
import './picture.ts'
import { shared } from './theme.ts'

/** What the decoder makes of places along a way: sentences below each other, or pictures side by side. Each leads to its place. */
@customElement('zlide-frame-list')
export class Series extends LitElement {
  @property({ attribute: false }) stops: readonly string[] = [] // what they are called; evenly spaced
  @property({ attribute: false }) samples: readonly Sample[] | null = null // of the stops; null while they are being decoded
  @property({ attribute: false }) against: Sample | 'last' | null = null // whose words are not set off: this one’s, or those of the stop before
  @property({ attribute: false }) at: number | null = null // 0…1, where the reader is; null if elsewhere
  @property({ attribute: false }) size: Size | null = null // of pictures; null for sentences
  @property({ attribute: false }) went: (index: number) => void = () => {}
  private known: readonly Sample[] = [] // decoded last: it stays, faintly, until what takes its place is there

  protected override willUpdate(changed: PropertyValues<this>) {
    if (changed.has('samples') && this.samples) this.known = this.samples
  }

  protected override render() {
    const { stops, size, samples } = this
    const stop = size ? this.renderPicture : this.renderSentence
    const kind = `${size ? 'film' : 'list'} ${samples ? '' : 'stale'}`
    return html`<ol class="${kind} of${stops.length}" aria-busy=${samples === null}>${stops.map(stop, this)}</ol>
      ${size ? nothing : this.renderWay()}`
  }

  /** Whether the reader is nearer to this stop than to any other. */
  private isHere(index: number): boolean {
    return this.at !== null && index === nearestIndex(this.at, this.stops.length)
  }

  private renderSentence(name: string, i: number) {
    const sample = this.known[i]
    const words = sample?.kind === 'text' ? sample.words : null
    const text = words?.join(' ') ?? ''
    const parts =
      words &&
      diffRuns(words, this.wordsBefore(i)).map(({ text, changed }) =>
        changed ? html`<mark>${text}</mark> ` : `${text} `,
      )
    return html`<li><button aria-current=${this.isHere(i)} @click=${() => this.went(i)}>
      <span class="name">${name}</span>
      <span class="text" title=${text}>${words?.length === 0 ? html`<span class="quiet">(the empty sentence)</span>` : parts}</span>
    </button></li>`
  }

  private wordsBefore(index: number): readonly string[] | null {
    const other = this.against === 'last' ? this.known[index - 1] : this.against
    return other?.kind === 'text' ? other.words : null
  }

  private renderPicture(name: string, i: number) {
    const sample = this.known[i]
    return html`<li><button aria-current=${this.isHere(i)} @click=${() => this.went(i)}>
      <zlide-picture .size=${this.size as Size} .picture=${sample?.kind === 'image' ? sample : null}></zlide-picture>
      <span class="name">${name}</span>
    </button></li>`
  }

  /** A line through all stops, and on it where the reader is. */
  private renderWay() {
    const { at, stops } = this
    const height = (share: number) =>
      `${(100 * (0.5 + share * (stops.length - 1))) / stops.length}%`
    return html`<svg aria-hidden="true">
      ${svg`<line x1="50%" x2="50%" y1=${height(0)} y2=${height(1)} />
        ${stops.map((_, i) => svg`<line x1="25%" x2="75%" y1=${height(i / (stops.length - 1))} y2=${height(i / (stops.length - 1))} />`)}
        ${at === null ? null : svg`<circle cx="50%" cy=${height(Math.max(0, Math.min(1, at)))} r="5" />`}`}
    </svg>`
  }

  static override styles = [
    shared,
    css`
      :host {
        --way: 1.5rem;
        --gap: 0.375rem;
        position: relative;
        container-type: inline-size;
      }

      ol {
        margin: 0;
        padding: 0;
        list-style: none;
      }

      button {
        width: 100%;
        padding: 0;
        border: 0;
        border-radius: 0;
        text-align: left;
      }

      button:active:enabled {
        background: none;
        color: var(--ink);
      }

      .name {
        color: var(--soft);
        font: 0.8125rem / 1.4 var(--sans);
        font-variant-numeric: tabular-nums;
        white-space: nowrap;
      }

      [aria-current='true'] .name {
        color: var(--ink);
        font-weight: 600;
      }

      .list button {
        display: grid;
        grid-template-columns: var(--name, 1rem) minmax(0, 1fr);
        gap: var(--way);
        align-items: center;
        height: 2.25rem; /* whatever the sentence: what stands below stays where it is */
      }

      .list .name {
        text-align: right;
      }

      .text {
        display: -webkit-box;
        overflow: hidden;
        -webkit-box-orient: vertical;
        -webkit-line-clamp: 1;
        font: 1.0625rem / 1.35 var(--serif);
      }

      button:hover .text {
        color: var(--accent);
      }

      mark {
        background: none;
        color: inherit;
        text-decoration: underline;
        text-decoration-color: var(--accent);
        text-decoration-thickness: 0.0625em;
        text-underline-offset: 0.2em;
      }

      .stale .text,
      .stale zlide-picture {
        opacity: 0.4;
      }

      svg {
        position: absolute;
        top: 0;
        left: var(--name, 1rem); /* so wide is what is written beside a stop */
        width: var(--way);
        height: 100%;
        pointer-events: none;
      }

      line {
        stroke: var(--line);
        shape-rendering: crispEdges;
      }

      circle {
        fill: var(--ink);
        stroke: var(--paper);
        stroke-width: 2;
      }

      .film {
        display: grid;
        grid-template-columns: repeat(7, minmax(0, 1fr));
        gap: var(--gap);
      }

      .film.of9 {
        grid-template-columns: repeat(9, minmax(0, 1fr));
      }

      .film button {
        display: grid;
        gap: 0.25rem;
        justify-items: center;
      }

      .film zlide-picture {
        width: 100%;
      }

      .film button:hover zlide-picture {
        outline: 2px solid var(--ink);
      }

      .film [aria-current='true'] zlide-picture {
        outline: 2px solid var(--accent);
      }

      @container (max-width: 48rem) {
        .list button {
          height: 2.875rem;
        }

        .text {
          -webkit-line-clamp: 2;
        }
      }

      @container (max-width: 36rem) {
        .text {
          font-size: 1rem;
        }
      }

      /* Where they would be narrower than a finger. */
      @container (max-width: 21.5rem) {
        .film.of7 {
          grid-template-columns: repeat(4, minmax(0, 1fr));
        }
      }

      @container (max-width: 27.75rem) {
        .film.of9 {
          grid-template-columns: repeat(5, minmax(0, 1fr));
        }
      }

      @media (pointer: coarse) {
        .list button {
          min-height: 2.75rem;
        }
      }
    `,
  ]
}
