import type { LatentPoint } from '../samples/index.ts'

/** Levels per unit, so that a link can encode a number exactly in two bytes. Sliders' hundredths are levels. */
export const LEVELS_PER_SIGMA = 4000

/** The largest level that fits two bytes. */
const MAX_VALUE = (2 ** 15 - 1) / LEVELS_PER_SIGMA

/** Return whether a number is a level. */
export const isQuantized = (value: number): boolean => quantizeValue(value) === value

const quantizeValue = (value: number) =>
  Math.max(-MAX_VALUE, Math.min(MAX_VALUE, Math.round(value * LEVELS_PER_SIGMA) / LEVELS_PER_SIGMA))

/** Round every number of a latent point to the nearest level. */
export const quantize = ({ sliders, residual }: LatentPoint): LatentPoint => ({
  sliders: sliders.map(quantizeValue),
  residual: residual.map(quantizeValue),
})
