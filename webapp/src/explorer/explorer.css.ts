import { css } from 'lit'

/** Three columns in reading order; stacked on a narrow screen, where what is decoded stays in sight while a slider moves. */
export const styles = css`
  :host {
    container-type: inline-size; /* a narrow column of a wide page is narrow */
  }

  header {
    display: grid;
    gap: clamp(0.375rem, 1.1cqi, 0.75rem);
    margin-bottom: clamp(1.25rem, min(4.4cqi, 3.5vh), 3rem);
  }

  h2 {
    margin: 0;
    font: 400 clamp(1.5rem, min(4.8cqi, 5vh), 3.5rem) / 1.05 var(--serif);
    letter-spacing: -0.02em;
    text-wrap: balance;
  }

  header p {
    color: var(--soft);
    font-size: clamp(0.875rem, 1.65cqi, 1.125rem);
    line-height: 1.45;
    text-wrap: pretty;
  }

  #columns {
    display: grid;
    grid-template-columns: minmax(0, 4fr) minmax(0, 5fr) minmax(0, 5.5fr);
    gap: clamp(2rem, 4.4cqi, 3.5rem);
    align-items: start;
  }

  /* Frame and picture are of one size, fill their columns, and begin on the line of the first axis. */
  .pictures#columns {
    --first: 1.1875rem;
    grid-template-columns: minmax(0, var(--picture)) minmax(0, 1fr) minmax(0, var(--picture));
  }

  .two#columns {
    grid-template-columns: minmax(0, 1fr) minmax(0, 1fr);
  }

  .pictures.two#columns {
    grid-template-columns: minmax(0, 1fr) minmax(0, var(--picture));
  }

  #remark {
    margin: -1rem 0 1.5rem;
  }

  /* Under the columns, and as wide as they are. */
  #panels {
    display: grid;
    grid-template-columns: minmax(0, 5.5fr) minmax(0, 9fr);
    gap: clamp(2rem, 4.4cqi, 3.5rem);
    --pane: 6rem; /* so high is what is decoded, where that is out of sight */
    align-items: start;
    padding-bottom: var(--pane);
  }

  .pictures#panels {
    --pane: 8rem;
    grid-template-columns: minmax(0, var(--picture)) minmax(0, 1fr) minmax(0, var(--picture));
  }

  #panels > * {
    min-width: 0;
    isolation: isolate; /* a map has layers of its own, all of them under what is pinned */
  }

  /* Film strips are low: both stand beside the map. */
  .pictures#panels > * {
    grid-column: span 2;
  }

  .pictures#panels > zlide-map:not(:only-child) {
    grid-area: auto / 3 / span 2;
  }

  #panels > :only-child {
    grid-column: 1 / -1;
  }

  #tools {
    display: grid;
    gap: 0.875rem;
    min-height: 5.125rem; /* they come after the first decode, and move nothing */
    padding-top: 0.875rem;
  }

  /* In sight, under what is decoded, while the reader is far down among the axes. */
  #below {
    --pinned: 16.5rem; /* so high is what is decoded */
    position: sticky;
    top: var(--pinned);
  }

  #below > zlide-traversal {
    margin: 1rem 0 0.5rem;
  }

  .dragged {
    outline: 2px dashed var(--accent);
    outline-offset: 0.75rem;
  }

  #columns > * {
    padding-bottom: 1.5rem;
  }

  zlide-example,
  zlide-decoded {
    position: sticky; /* in sight while the reader is far down among the axes */
    top: 1.25rem;
  }

  #third {
    align-self: stretch;
  }

  zlide-decoded {
    z-index: 1; /* what belongs to it goes by under it */
    background: var(--paper);
    box-shadow: 0 -1.25rem 0 var(--paper);
  }

  @container (max-width: 55rem) {
    .pictures {
      --narrow: clamp(7rem, min(35cqi, 22svh), 14rem); /* so wide are pictures, beside what belongs to them */
    }

    #all,
    #panels,
    .pictures#panels {
      display: grid;
      grid-template-columns: minmax(0, 1fr);
      gap: 1.25rem;
    }

    #columns,
    #third,
    #below {
      --pinned: 0rem;
      display: contents; /* what is decoded is pinned, what belongs to it is not */
    }

    header {
      margin-bottom: 0;
    }

    #remark {
      margin: -0.5rem 0 0;
    }

    .pictures#panels > *,
    .pictures#panels > zlide-map:not(:only-child) {
      grid-area: auto / 1;
    }

    #columns > * {
      padding-bottom: 0.625rem;
    }

    zlide-example {
      position: static;
      padding-bottom: 0;
    }

    #below > zlide-traversal {
      order: 1; /* under the sliders */
      margin: 0 0 1.25rem;
    }

    zlide-decoded {
      order: 2;
      top: auto;
      box-shadow: none;
    }

    #tools {
      order: 3;
      padding-bottom: 1.25rem;
    }

    #panels {
      order: 4;
      padding-bottom: 0;
    }

    zlide-sticky-preview {
      order: 6;
    }
  }

  @media (min-height: 30rem) {
    @container (max-width: 55rem) {
      #columns,
      #panels {
        --pane: 10rem; /* so high is what is pinned to the bottom */
      }

      .pictures#columns,
      .pictures#panels {
        --pane: calc(var(--narrow) + 4rem);
      }

      zlide-decoded {
        --pane: 0rem;
        order: 5; /* in sight from the first slider to the last panel */
        bottom: 0;
        box-shadow:
          -0.75rem 0 0 var(--paper),
          0.75rem 0 0 var(--paper),
          0 0 0.75rem 0.75rem var(--paper); /* the sliders fade out under it, and their ends do not stick out at its sides */
      }
    }
  }

  /* A phone on its side is too low for a pane at the bottom: what is decoded stands beside the sliders. */
  @media (max-height: 29.99rem) {
    @container (min-width: 36rem) and (max-width: 55rem) {
      #all > #columns {
        display: grid;
        grid-template-columns: minmax(0, 1fr) minmax(0, 1fr);
        gap: 1.25rem;
        align-items: start;
      }

      zlide-example {
        grid-column: 1 / -1;
      }

      #third,
      #below {
        display: block;
      }

      #below {
        --pinned: 10rem;
        position: static;
      }

      zlide-decoded {
        top: 0;
      }

      #panels {
        padding-bottom: var(--pane);
      }
    }
  }
`
