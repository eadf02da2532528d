import { css } from 'lit'

/** Three columns in reading order; stacked on a narrow screen, where the sentence stays in sight while a slider moves. */
export const layout = css`
  header {
    display: grid;
    gap: 0.75rem;
    margin-bottom: clamp(1.75rem, 5vw, 4rem);
  }

  h2 {
    margin: 0;
    font: 400 clamp(2.25rem, 5vw, 3.5rem) / 1.05 var(--serif);
    letter-spacing: -0.02em;
  }

  header p {
    max-width: 38rem;
    color: var(--soft);
    font-size: clamp(1rem, 1.5vw, 1.125rem);
    line-height: 1.5;
    text-wrap: pretty;
  }

  #columns {
    display: grid;
    grid-template-columns: minmax(0, 4fr) minmax(0, 5fr) minmax(0, 5.5fr);
    gap: clamp(2rem, 4vw, 3.5rem);
    align-items: start;
  }

  #columns > * {
    padding-bottom: 3rem;
  }

  zlide-example,
  zlide-decoded {
    position: sticky; /* in sight while the reader is far down among the axes */
    top: 1.25rem;
  }

  @media (max-width: 60rem) {
    #columns {
      grid-template-columns: minmax(0, 1fr);
      gap: 1.5rem;
    }

    #columns > * {
      padding-bottom: 1rem;
    }

    zlide-example {
      position: static;
      padding-bottom: 0;
    }
  }

  @media (max-width: 60rem) and (min-height: 30rem) {
    zlide-decoded {
      top: auto;
      bottom: 0;
      background: var(--paper);
    }
  }
`
