import { css, html } from 'lit'
import { report } from '../reader-events.ts'

/** Render an undo or redo button. A disabled one keeps the focus. */
export const undoButton = (kind: 'undo' | 'redo', label: string, isEnabled: boolean) => html`<button
  class="undo" aria-label=${label} title=${label} aria-disabled=${!isEnabled}
  @click=${({ currentTarget }: Event) => isEnabled && report(currentTarget as Element, `step-${kind}`)}
>
  <svg viewBox="0 0 16 16" aria-hidden="true" class=${kind === 'redo' ? 'mirrored' : ''}><path d="M3 6h7a3.5 3.5 0 0 1 0 7H7M6 2.5 2.5 6 6 9.5" /></svg>
</button>`

/** The styles of `undoButton`. */
export const undoButtonStyles = css`
  .undo {
    min-width: 2.25rem;
    padding: 0;
  }

  .undo svg {
    display: block;
    width: 1rem;
    margin: auto;
    fill: none;
    stroke: currentColor;
    stroke-width: 1.5;
  }

  .mirrored {
    transform: scaleX(-1);
  }

  button.undo[aria-disabled='true'] {
    border-color: var(--line);
    background: none;
    color: var(--soft);
    opacity: 0.5;
    cursor: default;
  }

  @media (pointer: coarse) {
    .undo {
      min-width: 2.75rem;
    }
  }
`
