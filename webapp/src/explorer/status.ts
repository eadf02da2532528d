import { css, html, LitElement } from 'lit'
import { customElement, property } from 'lit/decorators.js'
import type { Progress } from '../bundle.ts'
import { duration, size } from '../figures.ts'
import { shared } from './theme.ts'

/** How far a download is; nothing is known of its size before the worker is there. */
function arriving({ received, total }: Progress): string {
  if (total === 0) return 'fetching the decoder'
  return received < total ? `fetching the decoder · ${size(received)} of ${size(total)}` : `${size(total)} are here · starting the decoder`
}

/** On one line. */
const whole = (words: string) => words.replaceAll(' ', '\u00a0')

/** The quiet line under what was decoded: how far the download is, then what the last decode took and where it ran. */
@customElement('zlide-status')
export class Status extends LitElement {
  @property({ attribute: false }) progress: Progress = { received: 0, total: 0 }
  @property({ attribute: false }) backend: string | null = null // null until the decoder is there
  @property({ attribute: false }) milliseconds: number | null = null
  @property({ type: Boolean }) fallen = false // whether WebGL was asked for, and failed

  protected override render() {
    const { received, total } = this.progress
    if (this.backend === null) {
      return html`
        <p class="quiet">${arriving(this.progress)}</p>
        <progress aria-label="download of the decoder" max=${total || 1} .value=${received}></progress>
      `
    }
    const took = this.milliseconds === null ? 'decoding' : `decoded in ${duration(this.milliseconds)}`
    const where = this.fallen ? `${this.backend}, since WebGL failed` : this.backend
    return html`<p class="quiet">${[took, where, size(total), 'all in this tab'].map(whole).join('\u00a0· ')}</p>`
  }

  static override styles = [
    shared,
    css`
      :host {
        position: relative;
        padding-top: 0.5rem;
        border-top: 1px solid var(--line);
      }

      .quiet {
        font-variant-numeric: tabular-nums;
      }

      progress {
        appearance: none;
        position: absolute; /* on the rule above the line: when it goes nothing moves */
        top: -1px;
        left: 0;
        width: 100%;
        height: 2px;
        border: 0;
        background: var(--line);
      }

      progress::-webkit-progress-bar {
        background: var(--line);
      }

      progress::-webkit-progress-value {
        background: var(--accent);
      }

      progress::-moz-progress-bar {
        background: var(--accent);
      }
    `,
  ]
}
