import { css, html, LitElement } from 'lit'
import { customElement, property } from 'lit/decorators.js'
import { errorMessage, isPermanent } from '../errors.ts'
import { shared } from './theme.ts'

/** What went wrong, in words, where the reader looks; with Retry where trying again can help. */
@customElement('zlide-error-notice')
export class Notice extends LitElement {
  @property({ attribute: false }) error: unknown
  @property({ attribute: false }) retry: () => void = () => {}

  protected override render() {
    return html`
      <p role="alert">${errorMessage(this.error)}</p>
      ${isPermanent(this.error) ? null : html`<button @click=${this.retry}>Retry</button>`}
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
