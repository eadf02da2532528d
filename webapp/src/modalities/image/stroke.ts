import type { Size } from '../../bundle/index.ts'
import { fromBytes, type Picture } from './picture.ts'

/** A point on a picture, in pixels from the upper left corner. */
export type Point = readonly [x: number, y: number]

/** A stroke of a round, soft pen. Painting a pixel twice is the same as once. */
export class Stroke {
  readonly background: Picture
  private readonly ink: ArrayLike<number> // (C)
  private readonly radius: number // pixels
  private readonly coverage: Float32Array // (H, W), 0…1
  private last: Point

  constructor(under: Picture, ink: ArrayLike<number>, radius: number, from: Point) {
    this.background = under
    this.ink = ink
    this.radius = radius
    this.coverage = new Float32Array(under.size.height * under.size.width)
    this.last = from
    this.extendTo(from)
  }

  /** Extend the stroke in a straight line. */
  extendTo(point: Point) {
    const { height, width } = this.background.size
    const reach = this.radius + 1
    const span = (axis: 0 | 1, most: number) => {
      const [least, largest] = [
        Math.min(this.last[axis], point[axis]) - reach,
        Math.max(this.last[axis], point[axis]) + reach,
      ]
      return [Math.max(0, Math.floor(least)), Math.min(most, Math.ceil(largest))] as const
    }
    const [left, right] = span(0, width)
    const [top, bottom] = span(1, height)
    for (let y = top; y < bottom; y += 1)
      for (let x = left; x < right; x += 1) {
        const covered = Math.min(
          1,
          this.radius + 0.5 - distance([x + 0.5, y + 0.5], this.last, point),
        )
        const i = y * width + x
        this.coverage[i] = Math.max(this.coverage[i] as number, covered)
      }
    this.last = point
  }

  /** The background with the stroke. */
  get picture(): Picture {
    const { background, ink, coverage } = this
    const pixels = background.pixels.map((value, i) => {
      const share = coverage[Math.floor(i / ink.length)] as number
      return value + share * ((ink[i % ink.length] as number) - value)
    })
    return { ...background, pixels }
  }
}

/** Return a picture of one color, of the same size. */
export const fill = ({ size, pixels }: Picture, ink: ArrayLike<number>): Picture => ({
  kind: 'image',
  size,
  pixels: pixels.map((_, i) => ink[i % ink.length] as number),
})

/** "#ffcc00" → the values of a pixel of that color, (C) in [0, 1]. */
export function parseColor(color: string, channels: Size['channels']): Float32Array {
  const bytes = [1, 3, 5].map((at) => Number.parseInt(color.slice(at, at + 2), 16))
  return fromBytes(bytes, { height: 1, width: 1, channels }, 3).pixels
}

/** Return the distance from a point to a line segment. */
function distance([x, y]: Point, [ax, ay]: Point, [bx, by]: Point): number {
  const [dx, dy] = [bx - ax, by - ay]
  const along = Math.max(0, Math.min(1, ((x - ax) * dx + (y - ay) * dy) / (dx * dx + dy * dy || 1)))
  return Math.hypot(x - ax - along * dx, y - ay - along * dy)
}
