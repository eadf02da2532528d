import { contourDensity } from 'd3-contour'
import { createPlane } from './plane.ts'

/** The density of points on a plane, as SVG paths in percent of its sides. */
export interface Density {
  contours: string[] // the widest first
  dots: string // one for each point inside the plane
}

/**
 * The levels of the contours, relative to the highest density.
 *
 * For a Gaussian they enclose 95, 80, 60, 40 and 20 % of the points.
 */
const LEVELS = [0.05, 0.2, 0.4, 0.6, 0.8]

/**
 * Estimate the density of points on two of their axes.
 *
 * points: (N, K) in σ, row by row; width: K. Points outside the plane count, but are not drawn.
 */
export function density(
  points: Float32Array,
  width: number,
  [x, y]: readonly [number, number],
  range: number,
): Density {
  const { across, up } = createPlane(range)
  const positions = Array.from({ length: points.length / width }, (_, i): [number, number] => [
    across(points[i * width + x] as number),
    up(points[i * width + y] as number),
  ])
  const bandwidth = positions.length ** (-1 / 6) // σ (Scott 1992)
  const contours = contourDensity()
    .size([100, 100])
    .cellSize(1)
    .bandwidth(bandwidth * (across(1) - across(0)))
    .thresholds((values) => LEVELS.map((level) => level * maximum(values)))
  return {
    contours: contours(positions).map(({ coordinates }) => coordinates.flat().map(ring).join('')),
    dots: positions
      .filter((position) => position.every((value) => value >= 0 && value <= 100))
      .map((position) => `M${format(position)}h0`)
      .join(''),
  }
}

const ring = (positions: number[][]) => `M${positions.map(format).join('L')}Z`

const format = (position: readonly number[]) => position.map((value) => value.toFixed(2)).join(' ')

const maximum = (values: ArrayLike<number>) =>
  Array.from(values).reduce((maximum, value) => Math.max(maximum, value))
