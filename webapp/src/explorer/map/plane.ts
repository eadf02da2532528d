import { type ScaleLinear, scaleLinear } from 'd3-scale'

/** A place on two axes, in σ: across, and upward. */
export type Values = readonly [number, number]

/** The square that two axes span, from −range to range σ, in percent of its width from the left and of its height from the top. */
export interface Plane {
  range: number // σ
  across: ScaleLinear<number, number>
  up: ScaleLinear<number, number>
}

export const plane = (range: number): Plane => ({
  range,
  across: scaleLinear([-range, range], [0, 100]),
  up: scaleLinear([-range, range], [100, 0]),
})

/** Where a place is drawn, in percent from the left and from the top; at the border where it is beyond. */
export const spot = ({ range, across, up }: Plane, [x, y]: Values): [number, number] => [
  across(clamp(x, range)),
  up(clamp(y, range)),
]

/** The whole σ that are written at its sides. */
export const ticks = ({ range, across }: Plane): number[] =>
  across.ticks(2 * range).filter(Number.isInteger)

export const clamp = (value: number, range: number): number =>
  Math.max(-range, Math.min(range, value))

/** The notch of a slider that is next to a value: hundredths of σ, within ±range. */
export const notch = (value: number, range: number): number =>
  clamp(Math.round(value * 100) / 100, range)

/** What a key does to a place: arrows go their way, Page, Home and End along the axis that has the focus; null where it does nothing. */
export function press(
  key: string,
  far: boolean,
  focus: 0 | 1,
  values: Values,
  range: number,
): Values | null {
  const arrow = far ? 1 : 0.1
  const to = (axis: 0 | 1, value: number): Values =>
    axis === 0 ? [notch(value, range), values[1]] : [values[0], notch(value, range)]
  const by = (axis: 0 | 1, step: number) => to(axis, values[axis] + step)
  switch (key) {
    case 'ArrowLeft':
      return by(0, -arrow)
    case 'ArrowRight':
      return by(0, arrow)
    case 'ArrowDown':
      return by(1, -arrow)
    case 'ArrowUp':
      return by(1, arrow)
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
 * The place of the spot that an arrow leads to: the next one to the left or right, or the next one down or up, around the ends; null for other keys.
 *
 * So each spot can be reached by either pair of arrows, wherever it lies.
 */
export function neighbour(spots: readonly Values[], from: number, key: string): number | null {
  const axis =
    key === 'ArrowLeft' || key === 'ArrowRight'
      ? 0
      : key === 'ArrowDown' || key === 'ArrowUp'
        ? 1
        : null
  if (axis === null || spots.length === 0) return null
  const onward = key === 'ArrowRight' || key === 'ArrowUp' ? 1 : -1
  const order = spots
    .map((_, i) => i)
    .sort((i, j) => (spots[i] as Values)[axis] - (spots[j] as Values)[axis])
  return order[(order.indexOf(from) + onward + order.length) % order.length] as number
}

/** "axis 1, 0.5 sigma; axis 2, −1.2 sigma" */
export const sayPlace = (names: readonly [string, string], values: Values): string =>
  names.map((name, i) => `${name}, ${signed(values[i] as number)} sigma`).join('; ')

/** At most two digits after the point, and the minus of print. */
export const signed = (value: number): string => String(Number(value.toFixed(2))).replace('-', '−')
