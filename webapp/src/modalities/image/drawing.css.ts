import { css } from 'lit'

/** The styles of the drawing and its tools. */
export const styles = css`
  #paper {
    position: relative;
    max-width: var(--tile);
    margin-bottom: 0.75rem;
    overflow: hidden;
    cursor: crosshair;
    touch-action: none;
    user-select: none;
    -webkit-user-select: none;
  }

  #paper:focus-visible {
    outline-offset: 0;
  }

  #pen {
    position: absolute;
    aspect-ratio: 1;
    border: 1px solid white;
    border-radius: 50%;
    outline: 1px solid black;
    transform: translate(-50%, -50%);
    pointer-events: none;
    visibility: hidden;
  }

  #paper:focus-visible #pen {
    visibility: visible;
  }

  fieldset {
    display: flex;
    flex-wrap: wrap;
    margin: 0 0 0.25rem -0.375rem;
    padding: 0;
    border: 0;
  }

  .swatch {
    position: relative;
    width: 2.25rem;
    height: 2.25rem;
  }

  .swatch input {
    position: absolute; /* over its swatch */
    inset: 0;
    width: 100%;
    height: 100%;
    margin: 0;
    opacity: 0;
    cursor: pointer;
  }

  .swatch svg {
    width: 100%;
    height: 100%;
    border-radius: 50%;
  }

  circle {
    stroke: var(--line);
  }

  .swatch path {
    stroke: var(--soft);
    stroke-width: 1.5;
  }

  :checked + svg circle,
  .chosen circle {
    stroke: var(--accent);
    stroke-width: 3;
  }

  :focus-visible + svg {
    outline: 2px solid var(--accent);
    outline-offset: -2px;
  }

  #row {
    display: grid;
    grid-template-columns: auto minmax(0, 1fr) auto auto;
    gap: 0.75rem;
    align-items: center;
    margin-bottom: 1rem;
    font-size: 0.8125rem;
    color: var(--soft);
  }

  #row button {
    color: var(--ink);
  }

  @media (pointer: coarse) {
    .swatch {
      width: 2.75rem;
      height: 2.75rem;
    }
  }
`
