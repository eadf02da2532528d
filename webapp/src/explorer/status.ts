import { css, html, LitElement } from 'lit'
import { customElement, property } from 'lit/decorators.js'
import { live } from 'lit/directives/live.js'
import { BACKENDS, type BackendChoice, type BackendChoices, type BackendName } from '../backends.ts'
import type { Progress } from '../bundle/index.ts'
import { duration, size } from '../format.ts'
import { shared } from './theme.ts'

/** How far a download is; nothing is known of its size before the worker is there. */
function arriving({ received, total }: Progress): string {
  if (total === 0) return 'fetching the decoder'
  return received < total
    ? `fetching the decoder · ${size(received)} of ${size(total)}`
    : `${size(total)} are here · starting the decoder`
}

/** On one line. */
const whole = (words: string) => words.replaceAll(' ', '\u00a0')

/** What stands between two parts of the line, which may be broken after it. */
const BETWEEN = '\u00a0· '

/** The quiet line under what was decoded: how far the download is, then what the last decode took and where it ran. */
@customElement('zlide-status')
export class Status extends LitElement {
  @property({ attribute: false }) progress: Progress = { received: 0, total: 0 }
  @property({ attribute: false }) backend: BackendName | null = null // null until the decoder is there
  @property({ attribute: false }) choices: BackendChoices | null = null // where there is only one backend, there is nothing to choose
  @property({ attribute: false }) milliseconds: number | null = null
  @property({ attribute: false }) fallen: BackendName | null = null // the backend that failed before

  protected override render() {
    const { received, total } = this.progress
    if (this.backend === null) {
      return html`
        <p class="quiet">${arriving(this.progress)}</p>
        <progress aria-label="download of the decoder" max=${total || 1} .value=${received}></progress>
      `
    }
    const took =
      this.milliseconds === null ? 'decoding' : `decoded in ${duration(this.milliseconds)}`
    const rest = [size(total), 'all in this tab'].map(whole).join(BETWEEN)
    return html`<p class="quiet">${whole(took)}${BETWEEN}${this.renderBackend(this.backend)}${BETWEEN}${rest}</p>`
  }

  private renderBackend(backend: BackendName) {
    if (this.fallen) return whole(`${backend}, since ${BACKENDS[this.fallen]} failed`)
    const { choices } = this
    if (!choices || choices.options.length < 2) return backend
    const option = (value: BackendChoice, text: string) =>
      html`<option value=${value} .selected=${live(value === choices.choice)}>${text}</option>`
    return html`<select
      aria-label="where decoding runs"
      @change=${({ target }: Event) => choices.choose((target as HTMLSelectElement).value as BackendChoice)}
    >
      ${option('automatic', choices.choice === 'automatic' ? `${backend} (automatic)` : 'automatic')}
      ${choices.options.map((name) => option(name, name))}
    </select>`
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

      /* A phone's column, and the third of three narrow ones. */
      @container (max-width: 22.5rem) or ((min-width: 55.01rem) and (max-width: 62rem)) {
        .quiet {
          min-height: 2lh; /* so high is the line once it is live */
        }
      }

      select {
        appearance: none;
        field-sizing: content;
        max-width: 100%;
        margin: 0;
        padding: 0;
        border: 0;
        background: none;
        color: inherit;
        font: inherit;
        text-decoration: underline dotted;
        text-underline-offset: 0.2em;
        cursor: pointer;
      }

      select:hover {
        color: var(--ink);
      }

      option {
        background: var(--paper);
        color: var(--ink);
      }

      @media (pointer: coarse) {
        select {
          height: 2.75rem;
          margin: -0.875rem 0; /* the line stays where it is */
        }
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
