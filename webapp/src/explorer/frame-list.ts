import { css, html, LitElement, nothing, type PropertyValues, svg } from 'lit'
import { customElement, property } from 'lit/decorators.js'
import type { Size } from '../bundle/index.ts'
import type { Sample } from '../samples/index.ts'
import { shared } from '../theme/index.ts'
import { diffRuns, nearestIndex } from '../view/index.ts'
import './picture.ts'

/** The frames of a traversal or an interpolation: sentences in rows, or pictures side by side. */
@customElement('zlide-frame-list')
export class FrameList extends LitElement {
  @property({ attribute: false }) labels: readonly string[] = [] // of the frames, which are evenly spaced
  @property({ attribute: false }) samples: readonly Sample[] | null = null // of the frames; null while they are decoded
  @property({ attribute: false }) reference: Sample | 'last' | null = null // to underline words that differ from it; 'last': from the frame before
  @property({ attribute: false }) fraction: number | null = null // 0…1, of the reader; null outside
  @property({ attribute: false }) size: Size | null = null // of pictures; null for sentences
  @property({ attribute: false }) onSelect: (index: number) => void = () => {}
  private frames: readonly Sample[] = [] // the last samples; they stay, faded, while new ones are decoded

  protected override willUpdate(changed: PropertyValues<this>) {
    if (changed.has('samples') && this.samples) this.frames = this.samples
  }

  protected override render() {
    const { labels, size, samples } = this
    const renderFrame = size ? this.renderPicture : this.renderSentence
    const kind = `${size ? 'film' : 'list'} ${samples ? '' : 'stale'}`
    return html`<ol class="${kind} of${labels.length}" aria-busy=${samples === null}>${labels.map(renderFrame, this)}</ol>
      ${size ? nothing : this.renderPosition()}`
  }

  /** Return whether this is the frame nearest to the reader. */
  private isCurrent(index: number): boolean {
    return this.fraction !== null && index === nearestIndex(this.fraction, this.labels.length)
  }

  private renderSentence(name: string, i: number) {
    const sample = this.frames[i]
    const words = sample?.kind === 'text' ? sample.words : null
    const text = words?.join(' ') ?? ''
    const parts =
      words &&
      diffRuns(words, this.referenceWords(i)).map(({ text, changed }) =>
        changed ? html`<mark>${text}</mark> ` : `${text} `,
      )
    return html`<li><button aria-current=${this.isCurrent(i)} @click=${() => this.onSelect(i)}>
      <span class="name">${name}</span>
      <span class="text" title=${text}>${words?.length === 0 ? html`<span class="quiet">(empty sentence)</span>` : parts}</span>
    </button></li>`
  }

  private referenceWords(index: number): readonly string[] | null {
    const reference = this.reference === 'last' ? this.frames[index - 1] : this.reference
    return reference?.kind === 'text' ? reference.words : null
  }

  private renderPicture(name: string, i: number) {
    const sample = this.frames[i]
    return html`<li><button aria-current=${this.isCurrent(i)} @click=${() => this.onSelect(i)}>
      <zlide-picture .size=${this.size as Size} .picture=${sample?.kind === 'image' ? sample : null}></zlide-picture>
      <span class="name">${name}</span>
    </button></li>`
  }

  /** Render a line through all frames with a dot at the reader’s position. */
  private renderPosition() {
    const { fraction, labels } = this
    const y = (share: number) => `${(100 * (0.5 + share * (labels.length - 1))) / labels.length}%`
    return html`<svg aria-hidden="true">
      ${svg`<line x1="50%" x2="50%" y1=${y(0)} y2=${y(1)} />
        ${labels.map((_, i) => svg`<line x1="25%" x2="75%" y1=${y(i / (labels.length - 1))} y2=${y(i / (labels.length - 1))} />`)}
        ${fraction === null ? null : svg`<circle cx="50%" cy=${y(Math.max(0, Math.min(1, fraction)))} r="5" />`}`}
    </svg>`
  }

  static override styles = [
    shared,
    css`
      :host {
        --line-width: 1.5rem;
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
        gap: var(--line-width);
        align-items: center;
        height: 2.25rem; /* fixed, so that nothing below moves */
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
        left: var(--name, 1rem); /* the width of the labels */
        width: var(--line-width);
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

      /* Frames must not be narrower than a finger. */
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
