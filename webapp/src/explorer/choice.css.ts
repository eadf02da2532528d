import { css } from 'lit'

/** The styles of radio buttons that look like words, the checked one underlined. */
export const choice = css`
  fieldset {
    display: flex;
    flex-wrap: wrap;
    gap: 0 0.875rem;
    margin: 0;
    padding: 0;
    border: 0;
    font-size: 0.8125rem;
    line-height: 1.4;
  }

  .choice {
    position: relative;
    display: flex;
    align-items: center;
    color: var(--soft);
    cursor: pointer;
  }

  .choice input {
    position: absolute; /* over its label */
    inset: 0;
    width: 100%;
    height: 100%;
    margin: 0;
    opacity: 0;
    cursor: inherit;
  }

  .choice span {
    padding-bottom: 1px;
    border-bottom: 1px solid transparent;
  }

  .choice:hover,
  .choice :checked + span {
    color: var(--ink);
  }

  .choice :checked + span {
    border-color: var(--ink);
  }

  .choice :focus-visible + span {
    outline: 2px solid var(--accent);
    outline-offset: 2px;
  }

  :disabled .choice {
    cursor: default;
  }

  @media (forced-colors: active) {
    .choice :not(:checked) + span {
      border-color: Canvas;
    }
  }

  @media (pointer: coarse) {
    .choice {
      min-height: 2.75rem;
    }
  }
`
