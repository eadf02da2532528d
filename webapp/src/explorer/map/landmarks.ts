import { css, html, LitElement, type PropertyValues } from 'lit'
import { customElement, property, state } from 'lit/decorators.js'
import { guard } from 'lit/directives/guard.js'
import { caption } from '../caption.css.ts'
import { shared } from '../theme.ts'
import { neighbour, type Plane, spot, type Values } from './plane.ts'

/** An example on the map. */
export interface Landmark {
  text: string
  values: Values
}

/** The examples as rings on the map, each with its text where it is pointed at. Tab leads to one of them, arrows from there to the others. */
@customElement('zlide-landmarks')
export class Rings extends LitElement {
  @property({ attribute: false }) plane!: Plane
  @property({ attribute: false }) landmarks: readonly Landmark[] = []
  @property({ type: Number }) current = -1 // the one that is loaded; −1 for none of these
  @property({ attribute: false }) picked: (index: number) => void = () => {}
  @state() private pointed = -1 // the one whose text is shown
  @state() private stop = 0 // the one that Tab leads to

  protected override willUpdate(changed: PropertyValues<this>) {
    if (changed.has('current') && this.current >= 0) this.stop = this.current
    if (this.stop >= this.landmarks.length) this.stop = 0
  }

  protected override render() {
    const { plane, landmarks, current, stop } = this
    return html`
      <div role="group" aria-label="Examples">${guard([plane, landmarks, current, stop], () => landmarks.map(this.renderRing))}</div>
      ${this.renderText()}
    `
  }

  private readonly renderRing = ({ text, values }: Landmark, i: number) => {
    const [left, top] = spot(this.plane, values)
    const point = (index: number) => () => {
      this.pointed = index
    }
    return html`<button aria-label=${text} aria-current=${i === this.current} tabindex=${i === this.stop ? 0 : -1}
      .style=${`left: ${left}%; top: ${top}%`} @click=${() => this.picked(i)} @keydown=${this.wander}
      @pointerenter=${point(i)} @pointerleave=${point(-1)} @focus=${point(i)} @blur=${point(-1)}></button>`
  }

  /** As wide as it likes to be within the map. */
  private renderText() {
    const landmark = this.landmarks[this.pointed]
    if (!landmark) return null
    const [left, top] = spot(this.plane, landmark.values)
    return html`<span class=${top > 20 ? 'over' : 'under'} aria-hidden="true" .style=${`left: ${left}%; top: ${top}%; translate: ${-left}%`}>${landmark.text}</span>`
  }

  private readonly wander = (event: KeyboardEvent) => {
    if (event.altKey || event.ctrlKey || event.metaKey) return
    const spots = this.landmarks.map(({ values }) => values)
    const next = neighbour(spots, this.stop, event.key)
    if (next === null) return
    event.preventDefault()
    this.stop = next
    this.renderRoot.querySelectorAll('button')[next]?.focus()
  }

  static override styles = [
    shared,
    caption,
    css`
      button {
        position: absolute;
        z-index: 2; /* under the puck, over what else can be gripped of it */
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
