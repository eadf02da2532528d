import { contourDensity } from 'd3-contour'
import { plane } from './plane.ts'

/** How a cloud of points lies on a plane, as paths of SVG in percent of its sides. */
export interface Density {
  contours: string[] // the widest first
  dots: string // one for each point that lies on the plane
}

/** A contour is where a cloud is so dense, its densest being 1. Of a Gaussian they hold 95, 80, 60, 40 and 20 % of the points. */
const LEVELS = [0.05, 0.2, 0.4, 0.6, 0.8]

/** The density of points (N, K) in σ, row by row, on two of their axes. Points beyond the plane count, but are not drawn. */
export function density(
  points: Float32Array,
  width: number,
  [x, y]: readonly [number, number],
  range: number,
): Density {
  const { across, up } = plane(range)
  const places = Array.from({ length: points.length / width }, (_, i): [number, number] => [
    across(points[i * width + x] as number),
    up(points[i * width + y] as number),
  ])
  const spread = places.length ** (-1 / 6) // σ (Scott 1992)
  const contours = contourDensity()
    .size([100, 100])
    .cellSize(1)
    .bandwidth(spread * (across(1) - across(0)))
    .thresholds((values) => LEVELS.map((level) => level * most(values)))
  return {
    contours: contours(places).map(({ coordinates }) => coordinates.flat().map(ring).join('')),
    dots: places
      .filter((place) => place.every((value) => value >= 0 && value <= 100))
      .map((place) => `M${at(place)}h0`)
      .join(''),
  }
}

const ring = (places: number[][]) => `M${places.map(at).join('L')}Z`

const at = (place: readonly number[]) => place.map((value) => value.toFixed(2)).join(' ')

const most = (values: ArrayLike<number>) =>
  Array.from(values).reduce((most, value) => Math.max(most, value))
