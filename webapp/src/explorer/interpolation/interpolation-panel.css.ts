import { css } from 'lit'

/** The styles of the two pickers, the shapes of the path and the slider over the frames. */
export const styles = css`
  :host {
    container-type: inline-size;
  }

  .remark {
    color: var(--soft);
    font-weight: 400;
    font-variant-numeric: tabular-nums;
  }

  #ends {
    display: grid;
    grid-template-columns: minmax(0, 1fr) auto minmax(0, 1fr) auto;
    gap: 0.75rem;
    align-items: center;
    margin-bottom: 1rem;
  }

  .end {
    display: flex;
    align-items: center;
    gap: 0.625rem;
    min-width: 0;
  }

  .end > label {
    font-size: 0.875rem;
    font-weight: 500;
  }

  .end .tile {
    flex: none;
    width: 2.25rem;
  }

  /* The reader is not on the path. */
  .off::-webkit-slider-thumb {
    border-color: var(--soft);
    background: var(--paper);
  }

  .off::-moz-range-thumb {
    border-color: var(--soft);
    background: var(--paper);
  }

  select {
    appearance: none;
    flex: 1;
    min-width: 0;
    height: 2.25rem;
    padding: 0 1.75rem 0 0.625rem;
    border: 1px solid var(--line);
    border-radius: 0.375rem;
    background: none;
    color: var(--ink);
    font: 0.875rem / 1.4 var(--sans);
    text-overflow: ellipsis;
    cursor: pointer;
  }

  select.lines {
    font: 1rem / 1.4 var(--serif);
  }

  select:hover {
    border-color: var(--ink);
  }

  option {
    background: var(--paper);
    color: var(--ink);
  }

  .opener {
    flex: none;
    width: 0.5rem;
    height: 0.5rem;
    margin: 0 0.75rem 0 -1.875rem; /* over the end of the select */
    fill: none;
    stroke: currentcolor;
    stroke-width: 1.25;
    pointer-events: none;
  }

  #swap {
    width: 2.25rem;
    padding: 0;
  }

  #swap svg {
    display: block;
    width: 1rem;
    margin: auto;
    fill: none;
    stroke: currentcolor;
    stroke-width: 1.25;
  }

  #swap:disabled svg {
    opacity: 0.5;
  }

  fieldset {
    flex-wrap: nowrap;
    margin-left: 0.75rem;
  }

  .track {
    display: block;
    margin-bottom: 0.5rem;
  }

  /* From the centre of the first tile to the centre of the last. */
  .tiles.track {
    margin-inline: calc((100% - 8 * 0.375rem) / 18);
  }

  @container (max-width: 44rem) {
    #ends {
      grid-template-columns: minmax(0, 1fr) auto;
      gap: 0.5rem 0.75rem;
    }

    .end {
      grid-column: 1;
    }

    #swap {
      grid-area: 1 / 2 / span 2;
    }

    #swap svg {
      rotate: 90deg;
    }

    fieldset {
      grid-column: 1 / -1;
      margin: 0;
    }
  }

  @container (max-width: 27.75rem) {
    .tiles.track {
      margin-inline: 0; /* the tiles take two rows */
    }
  }

  @media (pointer: coarse) {
    select {
      min-height: 2.75rem;
      font-size: 1rem; /* iOS zooms into fields with smaller text */
    }

    #swap {
      width: 2.75rem;
    }

    .end .tile {
      width: 2.75rem;
    }
  }
`
