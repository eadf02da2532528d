import { css } from 'lit'

/** The styles of a square plot with ticks at the left and at the bottom. */
export const styles = css`
  :host {
    max-width: 30rem;
  }

  .remark {
    color: var(--soft);
    font-weight: 400;
    font-variant-numeric: tabular-nums;
  }

  .choice {
    display: flex;
    align-items: center;
    gap: 0.375rem;
    color: var(--soft);
    font-size: 0.8125rem;
  }

  #across {
    justify-content: end;
    margin-top: 1.5rem; /* under the ticks */
  }

  select {
    appearance: none;
    min-width: 0;
    max-width: 100%;
    height: 2rem;
    padding: 0 1.25rem 0 0.25rem;
    border: 1px solid transparent;
    border-radius: 0.25rem;
    background: none;
    color: var(--ink);
    font: 500 0.875rem / 1.4 var(--sans);
    field-sizing: content;
    text-overflow: ellipsis;
    cursor: pointer;
  }

  .opener {
    width: 0.5rem;
    height: 0.5rem;
    margin-left: -1.5rem; /* over the end of the select */
    fill: none;
    stroke: currentcolor;
    stroke-width: 1.25;
    pointer-events: none;
  }

  select:hover,
  select:focus {
    border-color: var(--line);
  }

  option {
    background: var(--paper);
    color: var(--ink);
  }

  #chart {
    position: relative;
    aspect-ratio: 1;
    margin: 0.25rem 0 0 1.625rem;
    border: 1px solid var(--line);
    cursor: crosshair;
    user-select: none;
    -webkit-user-select: none;
    -webkit-tap-highlight-color: transparent;
  }

  #field {
    position: absolute;
    inset: 0;
    width: 100%;
    height: 100%;
  }

  .cloud {
    fill: var(--ink);
    fill-opacity: 0.04; /* five layers */
  }

  .dots,
  .zero {
    fill: none;
    vector-effect: non-scaling-stroke;
  }

  .dots {
    stroke: var(--soft);
    stroke-linecap: round;
    stroke-opacity: 0.35;
    stroke-width: 1.5;
  }

  .zero {
    stroke: var(--line);
    shape-rendering: crispEdges;
  }

  .tick {
    position: absolute;
    color: var(--soft);
    font-size: 0.75rem;
    line-height: 1;
    font-variant-numeric: tabular-nums;
    white-space: nowrap;
    pointer-events: none;
  }

  .below {
    top: calc(100% + 0.5rem);
    transform: translateX(-50%);
  }

  .beside {
    right: calc(100% + 0.5rem);
    transform: translateY(-50%);
  }

  .grip,
  .puck {
    position: absolute;
    transform: translate(-50%, -50%);
  }

  /* The grip is larger than the visible puck. */
  .grip {
    z-index: 1; /* under the landmarks, which a mouse can hit */
    width: 2.75rem;
    height: 2.75rem;
    border-radius: 50%;
    cursor: grab;
    touch-action: none;
  }

  .grip input {
    position: absolute;
    inset: 0;
    width: 100%;
    height: 100%;
    margin: 0;
    opacity: 0;
    pointer-events: none;
  }

  .puck {
    z-index: 3;
    width: 1.25rem;
    height: 1.25rem;
    border: 2px solid var(--paper);
    border-radius: 50%;
    background: var(--accent);
    cursor: grab;
    touch-action: none;
  }

  .puck:active,
  .grip:active {
    cursor: grabbing;
  }

  .grip:has(:focus-visible) + .puck {
    outline: 2px solid var(--accent);
    outline-offset: 1px;
  }

  .caption {
    position: absolute;
    z-index: 4;
    padding: 0 0.25rem;
    background: var(--paper);
    color: var(--accent);
    font-size: 0.75rem;
    font-weight: 500;
    line-height: 1.4;
    font-variant-numeric: tabular-nums;
    white-space: nowrap;
    pointer-events: none;
  }

  #distance {
    min-height: 2lh; /* keeps what is below in place */
    margin-top: 0.5rem;
    font-variant-numeric: tabular-nums;
  }

  .out#distance {
    color: var(--ink);
  }

  @media (pointer: coarse) {
    select {
      height: 2.75rem;
      font-size: 1rem; /* iOS zooms into fields with smaller text */
    }

    .grip {
      z-index: 3; /* a finger hits the puck first */
    }
  }
`
