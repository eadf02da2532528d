import { css, html, LitElement, nothing, type PropertyValues } from 'lit'
import { customElement, property } from 'lit/decorators.js'
import type { Modality } from '../modalities/index.ts'
import type { Sample } from '../sample.ts'
import { shared } from '../theme/index.ts'

/** The decoded sample at the bottom of the window, while the original is scrolled out of sight. */
@customElement('zlide-sticky-preview')
export class StickyPreview extends LitElement {
  @property({ attribute: false }) modality!: Modality
  @property({ attribute: false }) sample: Sample | null = null
  @property({ attribute: false }) target: Element | null = null // shows the sample; scrolled past when this preview appears
  @property({ type: Boolean, reflect: true }) passed = false // less than half of the target is visible, and it is above the window
  private readonly observer = new IntersectionObserver(
    (entries) => {
      const last = entries.at(-1)
      this.passed =
        last !== undefined && last.intersectionRatio < 0.5 && last.boundingClientRect.top < 0
    },
    { threshold: [0, 0.5, 1] },
  )

  override disconnectedCallback() {
    super.disconnectedCallback()
    this.observer.disconnect()
    this.target = null
  }

  protected override willUpdate(changed: PropertyValues<this>) {
    if (!changed.has('target')) return
    this.observer.disconnect()
    if (this.target) this.observer.observe(this.target)
  }

  protected override render() {
    const { modality, sample } = this
    if (!this.passed || !sample) return nothing
    return html`<div aria-hidden="true"><p class=${modality.layout}>${modality.renderSmall(sample)}</p></div>`
  }

  static override styles = [
    shared,
    css`
      :host {
        position: sticky;
        bottom: 0;
        z-index: 1;
        height: 0; /* it moves nothing when it appears */
      }

      :host(:not([passed])) {
        display: none;
      }

      div {
        position: absolute;
        right: 0;
        bottom: 0;
        left: 0;
        padding: 0.625rem 0;
        border-top: 1px solid var(--ink);
        background: var(--paper);
        box-shadow: 0 0 0.75rem 0.75rem var(--paper);
        font: 1.125rem / 1.4 var(--serif);
      }

      .tiles {
        width: 5rem;
      }
    `,
  ]
}
