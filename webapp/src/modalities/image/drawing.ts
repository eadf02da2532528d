import { html, LitElement, type PropertyValues, svg } from 'lit'
import { customElement, property, query, state } from 'lit/decorators.js'
import { live } from 'lit/directives/live.js'
import type { Size } from '../../bundle/index.ts'
import { report } from '../../reader-events.ts'
import type { Example } from '../../samples/index.ts'
import {
  shared,
  slider,
  TouchSliderController,
  undoButton,
  undoButtonStyles,
} from '../../theme/index.ts'
import { colorName, palette } from './palette.ts'
import type { Picture } from './picture.ts'
import { fill, type Point, parseColor, Stroke } from './stroke.ts'
import './picture-view.ts'
import { styles } from './drawing.css.ts'

/** The number of swatches beside the colour picker. */
const COLOURS = 6

/** The maximum width of the pen, as a share of the picture. */
const MAX_PEN = 0.5

/** The example as a canvas. Every stroke is a `drawing-enter`. */
@customElement('zlide-drawing')
export class Drawing extends LitElement {
  @property({ attribute: false }) size!: Size
  @property({ attribute: false }) picture: Picture | null = null // the background
  @property({ attribute: false }) examples: readonly Example[] = [] // their colours are offered
  @property({ type: Boolean }) reading = false // the encoder reads the drawing
  @property({ type: Boolean }) refused = false // the encoder failed; the drawing stays
  @property({ type: Boolean }) canUndo = false
  @state() private canvas!: Picture // the picture with the current stroke
  @state() private colours: readonly string[] = []
  @state() private colour = ''
  @state() private penWidth = 1 // pixels of the picture
  @state() private pen: Point = [0, 0] // moved by keys
  @query('#paper') private readonly area!: HTMLElement
  protected readonly touch = new TouchSliderController(this)
  private stroke: { pointer: number; stroke: Stroke } | null = null

  protected override willUpdate(changed: PropertyValues<this>) {
    const { height, width } = this.size
    if (changed.has('size')) {
      this.penWidth = Math.max(1, Math.round(width / 16))
      this.pen = [Math.floor(width / 2) + 0.5, Math.floor(height / 2) + 0.5]
    }
    if (changed.has('examples')) {
      const samples = this.examples.map(({ sample }) => sample).filter((sample) => sample !== null)
      this.colours = palette(samples as Picture[], COLOURS)
      this.colour = this.colours[0] as string
    }
    const isDone = changed.has('reading') && !this.reading && !this.refused
    if (((changed.has('picture') || isDone) && !this.stroke) || !this.canvas)
      this.canvas = this.picture ?? blank(this.size)
  }

  protected override render() {
    const { size, canvas, colours, colour, penWidth } = this
    const [x, y] = this.pen
    const isOffered = colours.includes(colour)
    const penStyle = `left: ${(100 * x) / size.width}%; top: ${(100 * y) / size.height}%; width: ${(100 * penWidth) / size.width}%`
    return html`
      <div id="paper" role="application" tabindex="0" aria-label="Draw on the example" aria-describedby="keys" @keydown=${this.onKeyDown}
        @pointerdown=${this.onPointerDown} @pointermove=${this.onPointerMove} @pointerup=${this.onPointerUp} @pointercancel=${this.onPointerUp}>
        <zlide-picture .size=${size} .picture=${canvas}></zlide-picture>
        <span id="pen" .style=${penStyle}></span>
      </div>
      <p id="keys" class="unseen">Arrow keys move the pen; Shift moves it farther; the space bar draws a dot.</p>
      <fieldset>
        <legend class="unseen">Colour</legend>
        ${colours.map(
          (swatch) => html`<label class="swatch" title=${colorName(swatch)}>
            <input type="radio" name="colour" aria-label=${colorName(swatch)} .checked=${live(swatch === colour)} @change=${() => this.setColour(swatch)} />
            <svg viewBox="0 0 36 36" aria-hidden="true"><circle cx="18" cy="18" r="10" fill=${swatch} /></svg>
          </label>`,
        )}
        <label class="swatch ${isOffered ? '' : 'chosen'}" title="Other colour">
          <input type="color" aria-label="Other colour" .value=${colour} @input=${(event: Event) => this.setColour((event.target as HTMLInputElement).value)} />
          <svg viewBox="0 0 36 36" aria-hidden="true">
            <circle cx="18" cy="18" r="10" fill=${isOffered ? 'none' : colour} />
            ${isOffered ? svg`<path d="M13 18h10M18 13v10" />` : null}
          </svg>
        </label>
      </fieldset>
      <div id="row">
        <label for="wide">Pen</label>
        <span class="track">
          <svg aria-hidden="true"><rect class="line" y="50%" width="100%" height="1" /></svg>
          <input id="wide" type="range" min="1" max=${Math.max(2, Math.round(MAX_PEN * size.width))} step="1" .value=${live(String(penWidth))}
            aria-valuetext="${penWidth} pixels wide" @input=${(event: Event) => this.setPenWidth((event.target as HTMLInputElement).valueAsNumber)} />
        </span>
        <button @click=${this.onFill}>Fill</button>
        ${undoButton('undo', 'Undo stroke', this.canUndo)}
      </div>
    `
  }

  private setColour(colour: string) {
    this.colour = colour
  }

  private setPenWidth(width: number) {
    this.penWidth = width
  }

  private get ink(): Float32Array {
    return parseColor(this.colour, this.size.channels)
  }

  private startStroke(from: Point): Stroke {
    return new Stroke(this.canvas, this.ink, this.penWidth / 2, from)
  }

  /** Hand out a new picture, unless nothing changed. */
  private commit(picture: Picture, before = this.canvas) {
    this.canvas = picture
    if (picture.pixels.every((value, i) => value === before.pixels[i])) return
    report(this, 'drawing-enter', picture)
  }

  private readonly onFill = () => this.commit(fill(this.canvas, this.ink))

  private pointAt({ clientX, clientY }: PointerEvent): Point {
    const { left, top, width, height } = this.area.getBoundingClientRect()
    return [
      ((clientX - left) / width) * this.size.width,
      ((clientY - top) / height) * this.size.height,
    ]
  }

  private readonly onPointerDown = (event: PointerEvent) => {
    if (this.stroke || event.button !== 0) return
    this.pen = this.pointAt(event)
    this.stroke = { pointer: event.pointerId, stroke: this.startStroke(this.pen) }
    this.canvas = this.stroke.stroke.picture
    this.area.setPointerCapture(event.pointerId)
  }

  private readonly onPointerMove = (event: PointerEvent) => {
    if (this.stroke?.pointer !== event.pointerId) return
    this.pen = this.pointAt(event)
    this.stroke.stroke.extendTo(this.pen)
    this.canvas = this.stroke.stroke.picture
  }

  private readonly onPointerUp = (event: PointerEvent) => {
    if (this.stroke?.pointer !== event.pointerId) return
    const { background } = this.stroke.stroke
    this.stroke = null
    this.commit(this.canvas, background)
  }

  private readonly onKeyDown = (event: KeyboardEvent) => {
    const { key, shiftKey } = event
    const distance = shiftKey ? 8 : 1
    const steps: Record<string, Point> = {
      ArrowLeft: [-distance, 0],
      ArrowRight: [distance, 0],
      ArrowUp: [0, -distance],
      ArrowDown: [0, distance],
    }
    const step = steps[key]
    if ((!step && key !== ' ') || event.altKey || event.ctrlKey || event.metaKey) return
    event.preventDefault()
    const { height, width } = this.size
    if (step) this.pen = [clamp(this.pen[0] + step[0], width), clamp(this.pen[1] + step[1], height)]
    else this.commit(this.startStroke(this.pen).picture)
  }

  static override styles = [shared, slider, undoButtonStyles, styles]
}

const blank = (size: Size): Picture => ({
  kind: 'image',
  size,
  pixels: new Float32Array(size.height * size.width * size.channels),
})

/** Clamp a coordinate to the centres of `count` pixels. */
const clamp = (value: number, count: number) => Math.max(0.5, Math.min(count - 0.5, value))
