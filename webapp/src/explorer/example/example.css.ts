import { css } from 'lit'

/** The styles of the left column. */
export const styles = css`
  .first {
    margin-bottom: 1.25rem;
  }

  .row {
    display: flex;
    flex-wrap: wrap;
    gap: 0.375rem;
    flex-basis: 100%;
  }

  [aria-pressed='true'] {
    border-color: var(--ink);
  }

  @media (forced-colors: active) {
    [aria-pressed='true'] {
      border-width: 2px;
    }
  }

  .tile > :first-child {
    margin-bottom: 1.25rem;
  }

  h3 {
    gap: 0.75rem;
  }

  h3 > :first-child {
    min-width: 0;
    overflow: hidden;
    text-overflow: ellipsis;
    white-space: nowrap;
  }

  .name {
    margin-left: 0.5rem;
    color: var(--soft);
    font-weight: 400;
  }

  .loading {
    visibility: hidden; /* takes its space */
  }

  form {
    margin-top: 1rem;
  }

  form label {
    display: block;
    margin-bottom: 0.25rem;
    color: var(--soft);
    font-size: 0.8125rem;
  }

  form .row {
    flex-wrap: nowrap;
    gap: 0.5rem;
  }

  [type='text'] {
    flex: 1;
    min-width: 0;
    height: 2.25rem;
    padding: 0 0.625rem;
    border: 1px solid var(--line);
    border-radius: 0.375rem;
    background: none;
    color: var(--ink);
    font: 1rem / 1.2 var(--serif);
  }

  [type='text']::placeholder {
    color: var(--soft);
    opacity: 1;
  }

  @media (pointer: coarse) {
    [type='text'] {
      height: 2.75rem;
    }
  }

  #input {
    margin-top: 0.75rem;
  }

  .refused {
    padding-left: 0.875rem;
    border-left: 2px solid var(--accent);
    font-size: 0.875rem;
    line-height: 1.5;
  }

  ul {
    max-height: 20rem;
    margin: 0.75rem 0 0;
    padding: 0;
    overflow-y: auto;
    border-top: 1px solid var(--line);
    list-style: none;
  }

  .grid:not([hidden]) {
    display: grid;
    grid-template-columns: repeat(auto-fill, minmax(3.25rem, 1fr));
    gap: 0.375rem;
    max-height: 25rem;
    padding: 0.75rem 2px 2px;
  }

  li button {
    width: 100%;
    padding: 0.5rem 0;
    border: 0;
    border-bottom: 1px solid var(--line);
    border-radius: 0;
    font: 1rem / 1.4 var(--serif);
    text-align: left;
  }

  .grid button {
    display: block;
    padding: 0;
    border: 0;
  }

  li button:hover:enabled,
  li button[aria-current='true'] {
    color: var(--accent);
  }

  .grid button:hover,
  .grid button[aria-current='true'] {
    outline: 2px solid var(--ink);
    outline-offset: 0;
  }

  .grid button[aria-current='true'] {
    outline-color: var(--accent);
  }

  li :focus-visible {
    outline-offset: -2px;
  }

  .grid :focus-visible {
    outline: 2px solid var(--accent);
    outline-offset: 0;
  }

  @container (max-width: 55rem) {
    .first {
      margin-bottom: 0.625rem;
    }

    .tile {
      display: grid;
      grid-template-columns: var(--narrow) minmax(0, 1fr);
      gap: 0.875rem;
      align-items: start;
    }

    .tile .actions {
      justify-content: start;
      column-gap: 0.25rem;
    }

    .tile button:not(.more) {
      padding: 0 0.75rem; /* two of them fit side by side on a phone */
    }
  }
`
