import { css, html, LitElement, nothing, type PropertyValues, svg } from 'lit'
import { customElement, property } from 'lit/decorators.js'
import type { Modality } from '../modalities/index.ts'
import { report } from '../reader-events.ts'
import type { Sample } from '../sample.ts'
import { shared } from '../theme/index.ts'
import { nearestIndex } from '../view/index.ts'

/** The frames of a traversal or an interpolation: lines of text, or tiles side by side. */
@customElement('zlide-frame-list')
export class FrameList extends LitElement {
  @property({ attribute: false }) modality!: Modality
  @property({ attribute: false }) labels: readonly string[] = [] // of the frames, which are evenly spaced
  @property({ attribute: false }) samples: readonly Sample[] | null = null // of the frames; null while they are decoded
  @property({ attribute: false }) reference: Sample | 'last' | null = null // to mark what differs from it; 'last': from the frame before
  @property({ attribute: false }) fraction: number | null = null // 0…1, of the reader; null outside
  private frames: readonly Sample[] = [] // the last samples; they stay, faded, while new ones are decoded

  protected override willUpdate(changed: PropertyValues<this>) {
    if (changed.has('samples') && this.samples) this.frames = this.samples
  }

  protected override render() {
    const { labels, samples } = this
    const { layout } = this.modality
    const renderFrame = layout === 'tiles' ? this.renderTile : this.renderLine
    return html`<ol class="${layout} ${samples ? '' : 'stale'} of${labels.length}" aria-busy=${samples === null}>${labels.map(renderFrame, this)}</ol>
      ${layout === 'tiles' ? nothing : this.renderPosition()}`
  }

  /** Return whether this is the frame nearest to the reader. */
  private isCurrent(index: number): boolean {
    return this.fraction !== null && index === nearestIndex(this.fraction, this.labels.length)
  }

  private renderLine(name: string, i: number) {
    const { modality } = this
    const sample = this.frames[i] ?? null
    return html`<li><button aria-current=${this.isCurrent(i)} @click=${() => report(this, 'frame-select', i)}>
      <span class="name">${name}</span>
      <span class="text" title=${(sample && modality.textOf(sample)) ?? ''}>${modality.renderSmall(sample, this.referenceOf(i))}</span>
    </button></li>`
  }

  private referenceOf(index: number): Sample | null {
    return (this.reference === 'last' ? this.frames[index - 1] : this.reference) ?? null
  }

  private renderTile(name: string, i: number) {
    return html`<li><button aria-current=${this.isCurrent(i)} @click=${() => report(this, 'frame-select', i)}>
      <span class="tile">${this.modality.renderSmall(this.frames[i] ?? null)}</span>
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

      .lines button {
        display: grid;
        grid-template-columns: var(--name, 1rem) minmax(0, 1fr);
        gap: var(--line-width);
        align-items: center;
        height: 2.25rem; /* fixed, so that nothing below moves */
      }

      .lines .name {
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
      .stale .tile {
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

      .tiles {
        display: grid;
        grid-template-columns: repeat(7, minmax(0, 1fr));
        gap: var(--gap);
      }

      .tiles.of9 {
        grid-template-columns: repeat(9, minmax(0, 1fr));
      }

      .tiles button {
        display: grid;
        gap: 0.25rem;
        justify-items: center;
      }

      .tile {
        width: 100%;
        max-width: var(--tile);
      }

      .tiles button:hover .tile {
        outline: 2px solid var(--ink);
      }

      [aria-current='true'] .tile {
        outline: 2px solid var(--accent);
      }

      @container (max-width: 48rem) {
        .lines button {
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
        .tiles.of7 {
          grid-template-columns: repeat(4, minmax(0, 1fr));
        }
      }

      @container (max-width: 27.75rem) {
        .tiles.of9 {
          grid-template-columns: repeat(5, minmax(0, 1fr));
        }
      }

      @media (pointer: coarse) {
        .lines button {
          min-height: 2.75rem;
        }
      }
    `,
  ]
}
