import { css, html, LitElement, type PropertyValues, svg } from 'lit'
import { customElement, property, query, state } from 'lit/decorators.js'
import { live } from 'lit/directives/live.js'
import type { Size } from '../bundle/index.ts'
import {
  colorName,
  type Example,
  fill,
  type Picture,
  type Point,
  palette,
  parseColor,
  Stroke,
} from '../samples/index.ts'
import { Finger } from './touch-slider-controller.ts'
import './picture.ts'
import { slider } from './slider.css.ts'
import { shared } from './theme.ts'
import { turning, turningLook } from './undo-button.ts'

/** So many colours are offered, and any other can be chosen. */
const COLOURS = 6

/** The widest pen, as a share of the picture. */
const BROAD = 0.5

/** The example as paper under a pen: what was drawn is given away with the end of each stroke. */
@customElement('zlide-drawing')
export class Drawing extends LitElement {
  @property({ attribute: false }) size!: Size
  @property({ attribute: false }) picture: Picture | null = null // to draw on
  @property({ attribute: false }) examples: readonly Example[] = [] // whose colours are offered
  @property({ type: Boolean }) reading = false // what was drawn is on its way to be the example
  @property({ type: Boolean }) refused = false // it could not be read: it stays on the paper, to be gone on with
  @property({ attribute: false }) drew: (picture: Picture) => void = () => {}
  @property({ attribute: false }) undo: (() => void) | null = null // null where there is nothing to undo
  @state() private paper!: Picture // with what is being drawn
  @state() private colours: readonly string[] = []
  @state() private colour = ''
  @state() private wide = 1 // pixels of the picture
  @state() private pen: Point = [0, 0] // where keys have moved it
  @query('#paper') private readonly field!: HTMLElement
  protected readonly finger = new Finger(this)
  private stroke: { pointer: number; stroke: Stroke } | null = null

  protected override willUpdate(changed: PropertyValues<this>) {
    const { height, width } = this.size
    if (changed.has('size')) {
      this.wide = Math.max(1, Math.round(width / 16))
      this.pen = [Math.floor(width / 2) + 0.5, Math.floor(height / 2) + 0.5]
    }
    if (changed.has('examples')) {
      const pictures = this.examples
        .map(({ sample }) => sample)
        .filter((sample) => sample?.kind === 'image')
      this.colours = palette(pictures, COLOURS)
      this.colour = this.colours[0] as string
    }
    const dropped = changed.has('reading') && !this.reading && !this.refused
    if (((changed.has('picture') || dropped) && !this.stroke) || !this.paper)
      this.paper = this.picture ?? blank(this.size)
  }

  protected override render() {
    const { size, paper, colours, colour, wide } = this
    const [x, y] = this.pen
    const known = colours.includes(colour)
    const place = `left: ${(100 * x) / size.width}%; top: ${(100 * y) / size.height}%; width: ${(100 * wide) / size.width}%`
    return html`
      <div id="paper" role="application" tabindex="0" aria-label="Draw on the example" aria-describedby="keys" @keydown=${this.press}
        @pointerdown=${this.down} @pointermove=${this.move} @pointerup=${this.up} @pointercancel=${this.up}>
        <zlide-picture .size=${size} .picture=${paper}></zlide-picture>
        <span id="pen" .style=${place}></span>
      </div>
      <p id="keys" class="unseen">Arrow keys move the pen, with Shift farther; the space bar makes a dot.</p>
      <fieldset>
        <legend class="unseen">Colour</legend>
        ${colours.map(
          (one) => html`<label class="swatch" title=${colorName(one)}>
            <input type="radio" name="colour" aria-label=${colorName(one)} .checked=${live(one === colour)} @change=${() => this.choose(one)} />
            <svg viewBox="0 0 36 36" aria-hidden="true"><circle cx="18" cy="18" r="10" fill=${one} /></svg>
          </label>`,
        )}
        <label class="swatch ${known ? '' : 'chosen'}" title="Another colour">
          <input type="color" aria-label="Another colour" .value=${colour} @input=${(event: Event) => this.choose((event.target as HTMLInputElement).value)} />
          <svg viewBox="0 0 36 36" aria-hidden="true">
            <circle cx="18" cy="18" r="10" fill=${known ? 'none' : colour} />
            ${known ? svg`<path d="M13 18h10M18 13v10" />` : null}
          </svg>
        </label>
      </fieldset>
      <div id="row">
        <label for="wide">Pen</label>
        <span class="track">
          <svg aria-hidden="true"><rect class="line" y="50%" width="100%" height="1" /></svg>
          <input id="wide" type="range" min="1" max=${Math.max(2, Math.round(BROAD * size.width))} step="1" .value=${live(String(wide))}
            aria-valuetext="${wide} pixels wide" @input=${(event: Event) => this.widen((event.target as HTMLInputElement).valueAsNumber)} />
        </span>
        <button @click=${this.flood}>Fill all</button>
        ${turning(true, 'Undo the stroke', this.undo)}
      </div>
    `
  }

  private choose(colour: string) {
    this.colour = colour
  }

  private widen(wide: number) {
    this.wide = wide
  }

  private get ink(): Float32Array {
    return parseColor(this.colour, this.size.channels)
  }

  private begin(from: Point): Stroke {
    return new Stroke(this.paper, this.ink, this.wide / 2, from)
  }

  /** What changes nothing is no stroke. */
  private give(picture: Picture, before = this.paper) {
    this.paper = picture
    if (picture.pixels.every((value, i) => value === before.pixels[i])) return
    this.drew(picture)
  }

  private readonly flood = () => this.give(fill(this.paper, this.ink))

  private pointAt({ clientX, clientY }: PointerEvent): Point {
    const { left, top, width, height } = this.field.getBoundingClientRect()
    return [
      ((clientX - left) / width) * this.size.width,
      ((clientY - top) / height) * this.size.height,
    ]
  }

  private readonly down = (event: PointerEvent) => {
    if (this.stroke || event.button !== 0) return
    this.pen = this.pointAt(event)
    this.stroke = { pointer: event.pointerId, stroke: this.begin(this.pen) }
    this.paper = this.stroke.stroke.picture
    this.field.setPointerCapture(event.pointerId)
  }

  private readonly move = (event: PointerEvent) => {
    if (this.stroke?.pointer !== event.pointerId) return
    this.pen = this.pointAt(event)
    this.stroke.stroke.extendTo(this.pen)
    this.paper = this.stroke.stroke.picture
  }

  private readonly up = (event: PointerEvent) => {
    if (this.stroke?.pointer !== event.pointerId) return
    const { background } = this.stroke.stroke
    this.stroke = null
    this.give(this.paper, background)
  }

  private readonly press = (event: KeyboardEvent) => {
    const { key, shiftKey } = event
    const far = shiftKey ? 8 : 1
    const steps: Record<string, Point> = {
      ArrowLeft: [-far, 0],
      ArrowRight: [far, 0],
      ArrowUp: [0, -far],
      ArrowDown: [0, far],
    }
    const step = steps[key]
    if ((!step && key !== ' ') || event.altKey || event.ctrlKey || event.metaKey) return
    event.preventDefault()
    const { height, width } = this.size
    if (step)
      this.pen = [within(this.pen[0] + step[0], width), within(this.pen[1] + step[1], height)]
    else this.give(this.begin(this.pen).picture)
  }

  static override styles = [
    shared,
    slider,
    turningLook,
    css`
      #paper {
        position: relative;
        max-width: var(--picture);
        margin-bottom: 0.75rem;
        overflow: hidden;
        cursor: crosshair;
        touch-action: none;
        user-select: none;
        -webkit-user-select: none;
      }

      #paper:focus-visible {
        outline-offset: 0;
      }

      #pen {
        position: absolute;
        aspect-ratio: 1;
        border: 1px solid white;
        border-radius: 50%;
        outline: 1px solid black;
        transform: translate(-50%, -50%);
        pointer-events: none;
        visibility: hidden;
      }

      #paper:focus-visible #pen {
        visibility: visible;
      }

      fieldset {
        display: flex;
        flex-wrap: wrap;
        margin: 0 0 0.25rem -0.375rem;
        padding: 0;
        border: 0;
      }

      .swatch {
        position: relative;
        width: 2.25rem;
        height: 2.25rem;
      }

      .swatch input {
        position: absolute; /* over what shows its colour */
        inset: 0;
        width: 100%;
        height: 100%;
        margin: 0;
        opacity: 0;
        cursor: pointer;
      }

      .swatch svg {
        width: 100%;
        height: 100%;
        border-radius: 50%;
      }

      circle {
        stroke: var(--line);
      }

      .swatch path {
        stroke: var(--soft);
        stroke-width: 1.5;
      }

      :checked + svg circle,
      .chosen circle {
        stroke: var(--accent);
        stroke-width: 3;
      }

      :focus-visible + svg {
        outline: 2px solid var(--accent);
        outline-offset: -2px;
      }

      #row {
        display: grid;
        grid-template-columns: auto minmax(0, 1fr) auto auto;
        gap: 0.75rem;
        align-items: center;
        margin-bottom: 1rem;
        font-size: 0.8125rem;
        color: var(--soft);
      }

      #row button {
        color: var(--ink);
      }

      @media (pointer: coarse) {
        .swatch {
          width: 2.75rem;
          height: 2.75rem;
        }
      }
    `,
  ]
}

const blank = (size: Size): Picture => ({
  kind: 'image',
  size,
  pixels: new Float32Array(size.height * size.width * size.channels),
})

/** The middle of a pixel there is, of so many. */
const within = (value: number, count: number) => Math.max(0.5, Math.min(count - 0.5, value))
