import { css } from 'lit'

/** The position of a caption on the map: under its point, or over it at the bottom. */
export const caption = css`
  .under {
    margin-top: 0.875rem;
  }

  .over {
    margin-top: -0.75rem;
    transform: translateY(-100%);
  }
`
