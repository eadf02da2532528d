import { css, html, LitElement, nothing, type PropertyValues } from 'lit'
import { customElement, property } from 'lit/decorators.js'
import type { Size } from '../bundle/index.ts'
import type { Sample } from '../samples/index.ts'
import './picture.ts'
import { shared } from './theme.ts'

/** What is decoded, once more at the foot of the window, while the reader is at the map or between two places, and has scrolled past it. */
@customElement('zlide-sticky-preview')
export class Pane extends LitElement {
  @property({ attribute: false }) sample: Sample | null = null
  @property({ attribute: false }) size: Size | null = null // of pictures; null for sentences
  @property({ attribute: false }) watched: Element | null = null // where it is decoded
  @property({ type: Boolean, reflect: true }) passed = false // less than half of that is in sight
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
    this.watched = null
  }

  protected override willUpdate(changed: PropertyValues<this>) {
    if (!changed.has('watched')) return
    this.observer.disconnect()
    if (this.watched) this.observer.observe(this.watched)
  }

  protected override render() {
    const { sample, size } = this
    if (!this.passed || !sample) return nothing
    return html`<div aria-hidden="true">${
      sample.kind === 'text'
        ? html`<p>${sample.words.join(' ') || html`<span class="quiet">(the empty sentence)</span>`}</p>`
        : html`<zlide-picture .size=${size as Size} .picture=${sample}></zlide-picture>`
    }</div>`
  }

  static override styles = [
    shared,
    css`
      :host {
        position: sticky;
        bottom: 0;
        z-index: 1;
        height: 0; /* it comes and goes, and nothing moves */
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

      zlide-picture {
        width: 5rem;
      }
    `,
  ]
}
