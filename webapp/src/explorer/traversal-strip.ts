import { css, html, LitElement, type PropertyValues } from 'lit'
import { customElement, property } from 'lit/decorators.js'
import type { Axis } from '../bundle/index.ts'
import { axisTitle } from '../format.ts'
import type { Modality } from '../modalities/index.ts'
import type { Sample } from '../sample.ts'
import { shared } from '../theme/index.ts'
import { evenlySpaced, formatSigned, fractionOf, TRAVERSAL_FRAMES } from '../view/index.ts'
import './frame-list.ts'

/** The samples along one axis; the rest of z stays fixed. */
@customElement('zlide-traversal')
export class TraversalStrip extends LitElement {
  @property({ attribute: false }) modality!: Modality
  @property({ attribute: false }) axis!: Axis
  @property({ type: Number }) index = 0
  @property({ type: Number }) range = 3 // σ
  @property({ type: Number }) value = 0 // σ, of the reader
  @property({ attribute: false }) sample: Sample | null = null // at the reader’s position
  @property({ attribute: false }) samples: readonly Sample[] | null = null // at `spread(range, STRIP)`; null while they are decoded
  private hasNotes = false // an axis had a note, so there is space for one

  protected override willUpdate(changed: PropertyValues<this>) {
    if (changed.has('axis')) this.hasNotes ||= Boolean(this.axis.note)
  }

  protected override render() {
    const { axis, index, range, value, sample, samples } = this
    const note = axis.note || 'Everything else in z stays the same.'
    const labels = evenlySpaced(range, TRAVERSAL_FRAMES).map((value) => `${formatSigned(value)} σ`)
    return html`
      <h3 title=${axis.name}>Along ${axisTitle(axis, index)}</h3>
      <p class="quiet ${this.hasNotes ? 'noted' : ''}" title=${note}>${note}</p>
      <zlide-frame-list
        class=${Number.isInteger(range / 3) ? '' : 'fine'}
        .modality=${this.modality}
        .labels=${labels}
        .samples=${samples}
        .reference=${sample}
        .fraction=${fractionOf(value, range)}
      ></zlide-frame-list>
    `
  }

  static override styles = [
    shared,
    css`
      :host {
        container-type: inline-size;
      }

      h3 {
        display: block;
        margin-bottom: 0.375rem;
        overflow: hidden;
        text-overflow: ellipsis;
        white-space: nowrap;
      }

      /* The same height for every axis, so that nothing moves on hover. */
      .quiet {
        display: -webkit-box;
        margin-bottom: 0.5rem;
        overflow: hidden;
        -webkit-box-orient: vertical;
        -webkit-line-clamp: 1;
        height: 1lh;
      }

      .noted {
        height: 2lh;
        -webkit-line-clamp: 2;
      }

      zlide-frame-list {
        --name: 2.125rem;
      }

      .fine {
        --name: 3.5rem; /* hundredths of σ */
      }

      @container (min-width: 50rem) {
        .noted {
          height: 1lh;
          -webkit-line-clamp: 1;
        }
      }

      @container (max-width: 36rem) {
        .noted {
          height: 3lh;
          -webkit-line-clamp: 3;
        }
      }
    `,
  ]
}
