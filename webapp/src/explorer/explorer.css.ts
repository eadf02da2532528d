import { css } from 'lit'

/** The layout: three columns, or a stack on a narrow screen with a sticky decoded sample. */
export const styles = css`
  :host {
    container-type: inline-size; /* the layout follows the element, not the window */
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

  /* The example and the decoded tile have the same size and start on the line of the first axis. */
  .tiles#columns {
    --first: 1.1875rem;
    grid-template-columns: minmax(0, var(--tile)) minmax(0, 1fr) minmax(0, var(--tile));
  }

  .two#columns {
    grid-template-columns: minmax(0, 1fr) minmax(0, 1fr);
  }

  .tiles.two#columns {
    grid-template-columns: minmax(0, 1fr) minmax(0, var(--tile));
  }

  #remark {
    margin: -1rem 0 1.5rem;
  }

  /* Below the columns, in the same width. */
  #panels {
    display: grid;
    grid-template-columns: minmax(0, 5.5fr) minmax(0, 9fr);
    gap: clamp(2rem, 4.4cqi, 3.5rem);
    --pane: 6rem; /* the height of the sticky preview */
    align-items: start;
    padding-bottom: var(--pane);
  }

  .tiles#panels {
    --pane: 8rem;
    grid-template-columns: minmax(0, var(--tile)) minmax(0, 1fr) minmax(0, var(--tile));
  }

  #panels > * {
    min-width: 0;
    isolation: isolate; /* keeps the layers of the map under the sticky parts */
  }

  /* Rows of tiles are low, so both fit beside the map. */
  .tiles#panels > * {
    grid-column: span 2;
  }

  .tiles#panels > zlide-map:not(:only-child) {
    grid-area: auto / 3 / span 2;
  }

  #panels > :only-child {
    grid-column: 1 / -1;
  }

  #tools {
    display: grid;
    gap: 0.875rem;
    min-height: 5.125rem; /* reserves the space until they are loaded */
    padding-top: 0.875rem;
  }

  /* Sticky, below the decoded sample. */
  #below {
    --pinned: 16.5rem; /* the height of the decoded sample */
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
    position: sticky; /* visible beside a long list of axes */
    top: 1.25rem;
  }

  #third {
    align-self: stretch;
  }

  zlide-decoded {
    z-index: 1; /* what follows scrolls under it */
    background: var(--paper);
    box-shadow: 0 -1.25rem 0 var(--paper);
  }

  @container (max-width: 55rem) {
    .tiles {
      --narrow: clamp(7rem, min(35cqi, 22svh), 14rem); /* the width of tiles beside their controls */
    }

    #all,
    #panels,
    .tiles#panels {
      display: grid;
      grid-template-columns: minmax(0, 1fr);
      gap: 1.25rem;
    }

    #columns,
    #third,
    #below {
      --pinned: 0rem;
      display: contents; /* only the decoded sample is sticky */
    }

    header {
      margin-bottom: 0;
    }

    #remark {
      margin: -0.5rem 0 0;
    }

    .tiles#panels > *,
    .tiles#panels > zlide-map:not(:only-child) {
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
      order: 1; /* below the sliders */
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
        --pane: 10rem; /* the height of the part that sticks to the bottom */
      }

      .tiles#columns,
      .tiles#panels {
        --pane: calc(var(--narrow) + 4rem);
      }

      zlide-decoded {
        --pane: 0rem;
        order: 5; /* visible from the first slider to the last panel */
        bottom: 0;
        box-shadow:
          -0.75rem 0 0 var(--paper),
          0.75rem 0 0 var(--paper),
          0 0 0.75rem 0.75rem var(--paper); /* fades out the sliders under it, and covers their ends */
      }
    }
  }

  /* A phone in landscape is too low for a sticky part, so the decoded sample stands beside the sliders. */
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
