import { css, html, LitElement } from 'lit'
import { customElement, property } from 'lit/decorators.js'
import { errorMessage, isPermanent } from '../errors.ts'
import { report } from '../reader-events.ts'
import { shared } from '../theme/index.ts'

/** An error message, with a Retry button unless the error is lasting. */
@customElement('zlide-error-notice')
export class ErrorNotice extends LitElement {
  @property({ attribute: false }) error: unknown

  protected override render() {
    return html`
      <p role="alert">${errorMessage(this.error)}</p>
      ${isPermanent(this.error) ? null : html`<button @click=${() => report(this, 'bundle-retry')}>Retry</button>`}
    `
  }

  static override styles = [
    shared,
    css`
      :host {
        margin-top: 0.75rem;
        padding-left: 0.875rem;
        border-left: 2px solid var(--accent);
      }

      p {
        font-size: 0.875rem;
        line-height: 1.5;
      }

      button {
        margin-top: 0.625rem;
      }
    `,
  ]
}
