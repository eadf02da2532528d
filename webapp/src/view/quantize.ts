import type { LatentPoint } from '../samples/index.ts'

/** So many notches has 1, in numbers that two bytes hold, so that a link can spell them exactly: a slider, which moves by hundredths, stands at one. */
export const LEVELS_PER_SIGMA = 4000

/** The largest number that two bytes hold in notches. */
const MAX_VALUE = (2 ** 15 - 1) / LEVELS_PER_SIGMA

/** Whether a number stands at a notch. */
export const isQuantized = (value: number): boolean => quantizeValue(value) === value

const quantizeValue = (value: number) =>
  Math.max(-MAX_VALUE, Math.min(MAX_VALUE, Math.round(value * LEVELS_PER_SIGMA) / LEVELS_PER_SIGMA))

/** A spot, each of its numbers at the nearest notch. */
export const quantize = ({ sliders, residual }: LatentPoint): LatentPoint => ({
  sliders: sliders.map(quantizeValue),
  residual: residual.map(quantizeValue),
})
