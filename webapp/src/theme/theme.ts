import { css } from 'lit'

/** The colours and fonts of the explorer. A page overrides its `--zlide-…` properties. */
export const theme = css`
  :host {
    --paper: var(--zlide-paper, light-dark(#fbfaf6, #161514));
    --ink: var(--zlide-ink, light-dark(#1f1d1a, #ece7de));
    --soft: var(--zlide-soft, light-dark(#6b665e, #9d968a));
    --line: var(--zlide-line, light-dark(#d3cdc0, #47433c));
    --accent: var(--zlide-accent, light-dark(#c2401f, #ff8a63));
    --first: 2.125rem; /* from the top of a column to its first baseline */
    --serif: var(--zlide-serif, 'Iowan Old Style', 'Palatino Linotype', Palatino, 'URW Palladio L', P052, Charter, Georgia, 'Liberation Serif', serif);
    --sans: var(--zlide-sans, -apple-system, BlinkMacSystemFont, 'Segoe UI', Roboto, 'Helvetica Neue', 'Liberation Sans', Arial, sans-serif);
  }
`

/** The styles that all elements share. */
export const shared = css`
  *,
  *::before,
  *::after {
    box-sizing: border-box;
  }

  :host {
    display: block;
    font-family: var(--sans);
    color: var(--ink);
    overflow-wrap: anywhere; /* no title, word, name or error may widen the page */
  }

  h3 {
    display: flex;
    justify-content: space-between;
    margin: 0 0 1.125rem;
    padding-top: 0.625rem;
    border-top: 1px solid var(--ink);
    font: 600 0.8125rem / 1.4 var(--sans);
  }

  /* Columns side by side start on one baseline. */
  @container (min-width: 55.01rem) {
    .first::before {
      content: '';
      display: inline-block;
      height: var(--first);
    }
  }

  .onward::before {
    content: '→';
    color: var(--soft);
    font-weight: 400;
  }

  @container (max-width: 55rem) {
    h3 {
      margin-bottom: 0.375rem;
    }

    .onward::before {
      content: '↓'; /* the columns are stacked */
    }
  }

  p {
    margin: 0;
  }

  .quiet {
    color: var(--soft);
    font-size: 0.8125rem;
    line-height: 1.5;
    text-wrap: pretty;
  }

  button {
    min-height: 2.25rem;
    padding: 0 0.875rem;
    border: 1px solid var(--line);
    border-radius: 0.375rem;
    background: transparent;
    color: inherit;
    font: 500 0.875rem / 1.2 var(--sans);
    cursor: pointer;
  }

  button:hover:enabled {
    border-color: var(--ink);
  }

  button:active:enabled {
    background: var(--ink);
    color: var(--paper);
  }

  button:disabled {
    color: var(--soft);
    cursor: default;
  }

  /* Buttons at the left, a toggle for more at the right. */
  .actions,
  .actions span {
    display: flex;
    flex-wrap: wrap;
    gap: 0.375rem;
  }

  .actions {
    justify-content: space-between;
  }

  button,
  input,
  select {
    scroll-margin: var(--pinned, 0) 0 var(--pane, 0); /* keeps a focused control clear of sticky parts */
  }

  .actions .more {
    padding: 0;
    border: 0;
    color: var(--soft);
  }

  .actions .more:hover:enabled,
  .actions .more:active:enabled {
    background: none;
    color: var(--ink);
  }

  .unseen {
    position: absolute;
    width: 1px;
    height: 1px;
    overflow: hidden;
    clip-path: inset(50%);
    white-space: nowrap;
  }

  :focus-visible {
    outline: 2px solid var(--accent);
    outline-offset: 2px;
  }

  @media (pointer: coarse) {
    button {
      min-width: 2.75rem;
      min-height: 2.75rem;
    }
  }
`
