import { css, html, LitElement } from 'lit'
import { customElement, property } from 'lit/decorators.js'
import { live } from 'lit/directives/live.js'
import { BACKENDS, type BackendChoice, type BackendChoices, type BackendName } from '../backends.ts'
import type { Progress } from '../bundle/index.ts'
import { duration, size } from '../format.ts'
import { report } from '../reader-events.ts'
import { shared } from '../theme/index.ts'

/** Describe a download. Its total is 0 until the worker knows it. */
function describeDownload({ received, total }: Progress): string {
  if (total === 0) return 'fetching the decoder'
  return received < total
    ? `fetching the decoder · ${size(received)} of ${size(total)}`
    : `${size(total)} loaded · starting the decoder`
}

/** Keep text on one line. */
const unbroken = (words: string) => words.replaceAll(' ', '\u00a0')

/** A separator that a line may break after. */
const SEPARATOR = '\u00a0· '

/** The status line: the download, then the time and the backend of the last decode. */
@customElement('zlide-status')
export class Status extends LitElement {
  @property({ attribute: false }) progress: Progress = { received: 0, total: 0 }
  @property({ attribute: false }) backend: BackendName | null = null // null until the model is loaded
  @property({ attribute: false }) choices: BackendChoices | null = null // null if there is nothing to choose
  @property({ attribute: false }) milliseconds: number | null = null
  @property({ attribute: false }) failedBackend: BackendName | null = null // WebAssembly replaced it

  protected override render() {
    const { received, total } = this.progress
    if (this.backend === null) {
      return html`
        <p class="quiet">${describeDownload(this.progress)}</p>
        <progress aria-label="download of the decoder" max=${total || 1} .value=${received}></progress>
      `
    }
    const decoded =
      this.milliseconds === null ? 'decoding' : `decoded in ${duration(this.milliseconds)}`
    const rest = [size(total), 'all in this tab'].map(unbroken).join(SEPARATOR)
    return html`<p class="quiet">${unbroken(decoded)}${SEPARATOR}${this.renderBackend(this.backend)}${SEPARATOR}${rest}</p>`
  }

  private renderBackend(backend: BackendName) {
    if (this.failedBackend)
      return unbroken(`${backend}, because ${BACKENDS[this.failedBackend]} failed`)
    const { choices } = this
    if (!choices || choices.options.length < 2) return backend
    const option = (value: BackendChoice, text: string) =>
      html`<option value=${value} .selected=${live(value === choices.choice)}>${text}</option>`
    return html`<select
      aria-label="where decoding runs"
      @change=${({ target }: Event) => report(this, 'backend-select', (target as HTMLSelectElement).value as BackendChoice)}
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

      /* The column of a phone, and the last of three narrow columns. */
      @container (max-width: 22.5rem) or ((min-width: 55.01rem) and (max-width: 62rem)) {
        .quiet {
          min-height: 2lh; /* reserves the height of the line after loading */
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
          margin: -0.875rem 0; /* does not move the line */
        }
      }

      progress {
        appearance: none;
        position: absolute; /* over the rule, so that nothing moves when it disappears */
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
