import type { LatentPoint } from '../samples/index.ts'

/** So many notches has 1, in numbers that two bytes hold, so that a link can spell them exactly: a slider, which moves by hundredths, stands at one. */
export const NOTCH = 4000

/** The largest number that two bytes hold in notches. */
const MOST = (2 ** 15 - 1) / NOTCH

/** Whether a number stands at a notch. */
export const isSnapped = (value: number): boolean => snapped(value) === value

const snapped = (value: number) =>
  Math.max(-MOST, Math.min(MOST, Math.round(value * NOTCH) / NOTCH))

/** A spot, each of its numbers at the nearest notch. */
export const snap = ({ sliders, residual }: LatentPoint): LatentPoint => ({
  sliders: sliders.map(snapped),
  residual: residual.map(snapped),
})
