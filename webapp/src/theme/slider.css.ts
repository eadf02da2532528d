import { css } from 'lit'

/** The styles of a range input over a drawn track, and of its number field. */
export const slider = css`
  .track {
    --thumb: 1.125rem;
    position: relative;
    height: 1.75rem;
  }

  .track svg {
    position: absolute;
    inset: 0;
    width: 100%;
    height: 100%;
    overflow: visible;
    pointer-events: none;
  }

  .line,
  .zero {
    fill: var(--line);
  }

  .bar {
    fill: var(--ink);
    transform: translateY(-0.5px);
  }

  .example {
    fill: var(--paper);
    stroke: var(--soft);
    stroke-width: 1.5;
  }

  [type='range'] {
    -webkit-appearance: none;
    appearance: none;
    position: relative;
    display: block;
    width: calc(100% + var(--thumb)); /* the thumb overhangs the line by half its width */
    height: 100%;
    margin: 0 calc(var(--thumb) / -2);
    background: none;
    cursor: pointer;
    touch-action: pan-y;
  }

  [type='range']:focus-visible {
    outline: none;
  }

  [type='range']::-webkit-slider-runnable-track {
    background: none;
  }

  [type='range']::-moz-range-track {
    background: none;
  }

  [type='range']::-webkit-slider-thumb {
    -webkit-appearance: none;
    width: var(--thumb);
    height: var(--thumb);
    border: 2px solid var(--paper);
    border-radius: 50%;
    background: var(--ink);
  }

  [type='range']::-moz-range-thumb {
    box-sizing: border-box;
    width: var(--thumb);
    height: var(--thumb);
    border: 2px solid var(--paper);
    border-radius: 50%;
    background: var(--ink);
  }

  [type='range']:hover::-webkit-slider-thumb,
  [type='range']:focus-visible::-webkit-slider-thumb {
    background: var(--accent);
  }

  [type='range']:hover::-moz-range-thumb,
  [type='range']:focus-visible::-moz-range-thumb {
    background: var(--accent);
  }

  [type='range']:focus-visible::-webkit-slider-thumb {
    outline: 2px solid var(--accent);
    outline-offset: 1px;
  }

  [type='range']:focus-visible::-moz-range-thumb {
    outline: 2px solid var(--accent);
    outline-offset: 1px;
  }

  [type='number'] {
    appearance: textfield;
    width: 3.75rem;
    height: 1.75rem;
    padding: 0 0.375rem;
    border: 1px solid transparent;
    border-radius: 0.25rem;
    background: none;
    color: var(--ink);
    font: inherit;
    font-variant-numeric: tabular-nums;
    text-align: right;
  }

  [type='number']::-webkit-inner-spin-button {
    display: none;
  }

  [type='number']:hover,
  [type='number']:focus {
    border-color: var(--line);
  }

  @media (pointer: coarse) {
    .track {
      --thumb: 1.5rem;
      height: 2.75rem;
    }

    [type='number'] {
      width: 4.25rem;
      height: 2.75rem;
      padding-top: 0.5rem; /* closer to its own slider than to the one above */
      font-size: 1rem; /* iOS zooms into fields with smaller text */
    }
  }
`
