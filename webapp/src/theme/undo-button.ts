import { css, html } from 'lit'

/** Render an undo or redo button. Without a handler it is disabled, but keeps the focus. */
export const undoButton = (
  kind: 'undo' | 'redo',
  label: string,
  onClick: (() => void) | null,
) => html`<button
  class="undo" aria-label=${label} title=${label} aria-disabled=${!onClick} @click=${() => onClick?.()}
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
