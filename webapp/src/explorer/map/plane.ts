import { type ScaleLinear, scaleLinear } from 'd3-scale'

/** Coordinates on the two axes of a map, in σ: across, and up. */
export type Coordinates = readonly [number, number]

/** The square that two axes span, from −range to range σ. Its scales give percent from the left and from the top. */
export interface Plane {
  range: number // σ
  across: ScaleLinear<number, number>
  up: ScaleLinear<number, number>
}

export const createPlane = (range: number): Plane => ({
  range,
  across: scaleLinear([-range, range], [0, 100]),
  up: scaleLinear([-range, range], [100, 0]),
})

/** Return percent from the left and from the top. Coordinates outside the plane move to its border. */
export const toPercent = ({ range, across, up }: Plane, [x, y]: Coordinates): [number, number] => [
  across(clamp(x, range)),
  up(clamp(y, range)),
]

/** Return the whole σ that are labelled along its sides. */
export const ticks = ({ range, across }: Plane): number[] =>
  across.ticks(2 * range).filter(Number.isInteger)

export const clamp = (value: number, range: number): number =>
  Math.max(-range, Math.min(range, value))

/** Round to the step of a slider, 0.01 σ, within ±range. */
export const roundToStep = (value: number, range: number): number =>
  clamp(Math.round(value * 100) / 100, range)

/**
 * Return the coordinates after a key press; null for other keys.
 *
 * Arrows move in their direction, Page keys, Home and End along the focused axis.
 */
export function moveByKey(
  key: string,
  far: boolean,
  focus: 0 | 1,
  coordinates: Coordinates,
  range: number,
): Coordinates | null {
  const distance = far ? 1 : 0.1
  const [x, y] = coordinates
  const to = (axis: 0 | 1, value: number): Coordinates =>
    axis === 0 ? [roundToStep(value, range), y] : [x, roundToStep(value, range)]
  const by = (axis: 0 | 1, step: number) => to(axis, coordinates[axis] + step)
  switch (key) {
    case 'ArrowLeft':
      return by(0, -distance)
    case 'ArrowRight':
      return by(0, distance)
    case 'ArrowDown':
      return by(1, -distance)
    case 'ArrowUp':
      return by(1, distance)
    case 'PageDown':
      return by(focus, -1)
    case 'PageUp':
      return by(focus, 1)
    case 'Home':
      return to(focus, -range)
    case 'End':
      return to(focus, range)
    default:
      return null
  }
}

/**
 * Return the index of the point that an arrow key leads to; null for other keys.
 *
 * It is the next point in the direction of the arrow, in a cycle, so that either pair of arrows
 * reaches every point.
 */
export function neighbour(
  points: readonly Coordinates[],
  from: number,
  key: string,
): number | null {
  const axis =
    key === 'ArrowLeft' || key === 'ArrowRight'
      ? 0
      : key === 'ArrowDown' || key === 'ArrowUp'
        ? 1
        : null
  if (axis === null || points.length === 0) return null
  const step = key === 'ArrowRight' || key === 'ArrowUp' ? 1 : -1
  const order = points
    .map((_, i) => i)
    .sort((i, j) => (points[i] as Coordinates)[axis] - (points[j] as Coordinates)[axis])
  return order[(order.indexOf(from) + step + order.length) % order.length] as number
}

/** "axis 1, 0.5 sigma; axis 2, −1.2 sigma" */
export const describeCoordinates = (
  names: readonly [string, string],
  coordinates: Coordinates,
): string => names.map((name, i) => `${name}, ${signed(coordinates[i] as number)} sigma`).join('; ')

/** Format a number with at most two decimals and a typographic minus. */
export const signed = (value: number): string => String(Number(value.toFixed(2))).replace('-', '−')
