import { css, html, LitElement, type PropertyValues } from 'lit'
import { customElement, property } from 'lit/decorators.js'
import type { Axis, Size } from '../bundle/index.ts'
import { axisTitle } from '../format.ts'
import type { Sample } from '../samples/index.ts'
import { evenlySpaced, formatSigned, fractionOf, TRAVERSAL_FRAMES } from '../view/index.ts'
import './frame-list.ts'
import { shared } from './theme.ts'

/** What the decoder makes of one axis, from end to end, where all else of z stays as it is. */
@customElement('zlide-traversal')
export class Strip extends LitElement {
  @property({ attribute: false }) axis!: Axis
  @property({ type: Number }) index = 0
  @property({ type: Number }) range = 3 // σ
  @property({ type: Number }) value = 0 // σ, where the reader is
  @property({ attribute: false }) here: Sample | null = null // what is decoded there
  @property({ attribute: false }) samples: readonly Sample[] | null = null // at `spread(range, STRIP)`; null while they are being decoded
  @property({ attribute: false }) size: Size | null = null // of pictures; null for sentences
  @property({ attribute: false }) pick: (value: number) => void = () => {}
  private told = false // whether some axis has a note, so that there is room for one

  private readonly went = (index: number) =>
    this.pick(evenlySpaced(this.range, TRAVERSAL_FRAMES)[index] as number)

  protected override willUpdate(changed: PropertyValues<this>) {
    if (changed.has('axis')) this.told ||= Boolean(this.axis.note)
  }

  protected override render() {
    const { axis, index, range, value, here, samples, size } = this
    const note = axis.note || 'All else of z stays as it is.'
    const stops = evenlySpaced(range, TRAVERSAL_FRAMES).map((value) => `${formatSigned(value)} σ`)
    return html`
      <h3 title=${axis.name}>Along ${axisTitle(axis, index)}</h3>
      <p class="quiet ${this.told ? 'told' : ''}" title=${note}>${note}</p>
      <zlide-frame-list
        class=${Number.isInteger(range / 3) ? '' : 'fine'}
        .stops=${stops}
        .samples=${samples}
        .against=${here}
        .at=${fractionOf(value, range)}
        .size=${size}
        .went=${this.went}
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

      /* As high for every axis: pointing at another one moves nothing. */
      .quiet {
        display: -webkit-box;
        margin-bottom: 0.5rem;
        overflow: hidden;
        -webkit-box-orient: vertical;
        -webkit-line-clamp: 1;
        height: 1lh;
      }

      .told {
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
        .told {
          height: 1lh;
          -webkit-line-clamp: 1;
        }
      }

      @container (max-width: 36rem) {
        .told {
          height: 3lh;
          -webkit-line-clamp: 3;
        }
      }
    `,
  ]
}
