import { css, html, LitElement, type PropertyValues } from 'lit'
import { customElement, property, state } from 'lit/decorators.js'
import { guard } from 'lit/directives/guard.js'
import { report } from '../../reader-events.ts'
import { shared } from '../../theme/index.ts'
import { caption } from './caption.css.ts'
import { type Coordinates, neighbour, type Plane, toPercent } from './plane.ts'

/** An example on the map. */
export interface Landmark {
  text: string
  coordinates: Coordinates
}

/** The examples on the map. Tab reaches one of them, arrow keys the others. */
@customElement('zlide-landmarks')
export class Landmarks extends LitElement {
  @property({ attribute: false }) plane!: Plane
  @property({ attribute: false }) landmarks: readonly Landmark[] = []
  @property({ type: Number }) current = -1 // index of the loaded example; −1 for none
  @state() private hovered = -1 // index of the landmark whose text is shown
  @state() private tabStop = 0 // the landmark in the tab order

  protected override willUpdate(changed: PropertyValues<this>) {
    if (changed.has('current') && this.current >= 0) this.tabStop = this.current
    if (this.tabStop >= this.landmarks.length) this.tabStop = 0
  }

  protected override render() {
    const { plane, landmarks, current, tabStop } = this
    return html`
      <div role="group" aria-label="Examples">${guard([plane, landmarks, current, tabStop], () => landmarks.map(this.renderLandmark))}</div>
      ${this.renderText()}
    `
  }

  private readonly renderLandmark = ({ text, coordinates }: Landmark, i: number) => {
    const [left, top] = toPercent(this.plane, coordinates)
    const hover = (index: number) => () => {
      this.hovered = index
    }
    return html`<button aria-label=${text} aria-current=${i === this.current} tabindex=${i === this.tabStop ? 0 : -1}
      .style=${`left: ${left}%; top: ${top}%`} @click=${() => report(this, 'landmark-select', i)} @keydown=${this.onKeyDown}
      @pointerenter=${hover(i)} @pointerleave=${hover(-1)} @focus=${hover(i)} @blur=${hover(-1)}></button>`
  }

  /** Render the text of the hovered landmark, inside the map. */
  private renderText() {
    const landmark = this.landmarks[this.hovered]
    if (!landmark) return null
    const [left, top] = toPercent(this.plane, landmark.coordinates)
    return html`<span class=${top > 20 ? 'over' : 'under'} aria-hidden="true" .style=${`left: ${left}%; top: ${top}%; translate: ${-left}%`}>${landmark.text}</span>`
  }

  private readonly onKeyDown = (event: KeyboardEvent) => {
    if (event.altKey || event.ctrlKey || event.metaKey) return
    const points = this.landmarks.map(({ coordinates }) => coordinates)
    const next = neighbour(points, this.tabStop, event.key)
    if (next === null) return
    event.preventDefault()
    this.tabStop = next
    this.renderRoot.querySelectorAll('button')[next]?.focus()
  }

  static override styles = [
    shared,
    caption,
    css`
      button {
        position: absolute;
        z-index: 2; /* under the puck, over its grip */
        display: grid;
        place-items: center;
        width: 1.5rem;
        min-width: 0;
        min-height: 1.5rem;
        padding: 0;
        border: 0;
        border-radius: 50%;
        transform: translate(-50%, -50%);
      }

      button::before {
        content: '';
        width: 0.5625rem;
        height: 0.5625rem;
        border: 1.5px solid var(--soft);
        border-radius: 50%;
        background: var(--paper);
      }

      button:hover::before {
        border-color: var(--ink);
      }

      button:active:enabled {
        background: none;
      }

      [aria-current='true']::before {
        width: 0.75rem;
        height: 0.75rem;
        border-color: var(--accent);
        border-width: 2px;
      }

      button:focus-visible {
        z-index: 3;
        outline: none;
      }

      button:focus-visible::before {
        outline: 2px solid var(--accent);
        outline-offset: 2px;
      }

      span {
        position: absolute;
        z-index: 4;
        max-width: 100%;
        padding: 0.125rem 0.5rem;
        border: 1px solid var(--line);
        border-radius: 0.25rem;
        background: var(--paper);
        font: 0.9375rem / 1.4 var(--serif);
        text-overflow: ellipsis;
        white-space: nowrap;
        overflow: hidden;
        pointer-events: none;
      }
    `,
  ]
}
