import { css, html } from 'lit'

/** A button to the step before, or to the one that was undone. It keeps the focus when there is none. */
export const turning = (back: boolean, name: string, turn: (() => void) | null) => html`<button
  class="turn" aria-label=${name} title=${name} aria-disabled=${!turn} @click=${() => turn?.()}
>
  <svg viewBox="0 0 16 16" aria-hidden="true" class=${back ? '' : 'mirrored'}><path d="M3 6h7a3.5 3.5 0 0 1 0 7H7M6 2.5 2.5 6 6 9.5" /></svg>
</button>`

export const turningLook = css`
  .turn {
    min-width: 2.25rem;
    padding: 0;
  }

  .turn svg {
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

  button.turn[aria-disabled='true'] {
    border-color: var(--line);
    background: none;
    color: var(--soft);
    opacity: 0.5;
    cursor: default;
  }

  @media (pointer: coarse) {
    .turn {
      min-width: 2.75rem;
    }
  }
`
