import { css, html, LitElement, type PropertyValues, type TemplateResult } from 'lit'
import { customElement, property, state } from 'lit/decorators.js'
import type { Modality } from '../modalities/index.ts'
import type { Sample } from '../sample.ts'
import { shared } from '../theme/index.ts'

/** Milliseconds that a tile has to stay unchanged before a screen reader announces it. */
const ANNOUNCE_DELAY = 1000

/** The right column: the decoded sample, and how it differs from the example. */
@customElement('zlide-decoded')
export class DecodedColumn extends LitElement {
  @property({ attribute: false }) modality!: Modality
  @property({ attribute: false }) sample: Sample | null = null
  @property({ attribute: false }) example: Sample | null = null // of the example; null without one
  @state() private announced = '' // to screen readers
  private timer: ReturnType<typeof setTimeout> | undefined

  protected override willUpdate(changed: PropertyValues<this>) {
    if (changed.has('sample') && this.isTile) this.announceSoon()
  }

  override disconnectedCallback() {
    super.disconnectedCallback()
    clearTimeout(this.timer)
  }

  private get isTile(): boolean {
    return this.modality.layout === 'tiles'
  }

  /** Announce a tile in words once it stays unchanged. Text announces itself. */
  private announceSoon() {
    clearTimeout(this.timer)
    this.timer = setTimeout(() => {
      this.announced = this.remark
    }, ANNOUNCE_DELAY)
  }

  /** The difference between the sample and the example. */
  private get remark(): string {
    const { modality, sample, example } = this
    return sample && example ? modality.describeDifference(sample, example) : ''
  }

  protected override render(): TemplateResult {
    const { remark } = this
    return html`
      <h3>Decoded ${remark && html`<span id="remark" title=${remark}>${remark}</span>`}</h3>
      <div id="sample">${this.modality.renderDecoded(this.sample)}</div>
      ${this.isTile ? html`<p class="unseen" aria-live="polite">${this.announced}</p>` : null}
      <slot></slot>
    `
  }

  static override styles = [
    shared,
    css`
      :host(.tile) #sample {
        margin-bottom: 1.25rem;
      }

      #remark {
        color: var(--soft);
        font-weight: 400;
        font-variant-numeric: tabular-nums;
        flex: 0 1000 auto; /* shrinks before the heading does */
        min-width: 0;
        margin-left: 1ch;
        overflow: hidden;
        text-overflow: ellipsis;
        white-space: nowrap; /* a second line would move the sample */
      }

      :host(.tile) ::slotted(zlide-status) {
        min-height: 3rem; /* reserves two lines */
      }

      @container (max-width: 55rem) {
        :host(.tile) {
          display: grid;
          grid-template-columns: var(--narrow) minmax(0, 1fr);
          column-gap: 0.875rem;
        }

        :host(.tile) h3 {
          grid-column: 1 / -1;
        }

        :host(.tile) #sample {
          margin-bottom: 0;
        }

        :host(.tile) slot {
          display: block;
          align-self: end;
        }
      }
    `,
  ]
}
