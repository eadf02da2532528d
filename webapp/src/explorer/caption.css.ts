import { css } from 'lit'

/** Where the words for a place on a map stand: under it, or over it where there is no room. */
export const caption = css`
  .under {
    margin-top: 0.875rem;
  }

  .over {
    margin-top: -0.75rem;
    transform: translateY(-100%);
  }
`
