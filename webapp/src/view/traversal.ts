/** Samples decoded along an axis, from one end to the other. */
export const TRAVERSAL_FRAMES = 7

/** Samples decoded from A to B, both included. */
export const INTERPOLATION_FRAMES = 9

/** Return `count` evenly spaced values from −range to range, in a slider's hundredths. */
export const evenlySpaced = (range: number, count: number): number[] =>
  Array.from(
    { length: count },
    (_, i) => Math.round((100 * range * (2 * i - (count - 1))) / (count - 1)) / 100,
  )

/** Return where a value lies between −range and range, as a fraction 0…1. */
export const fractionOf = (value: number, range: number): number => clamp((value / range + 1) / 2)

/** Return the index nearest to a fraction, of `count` values evenly spaced from 0 to 1. */
export const nearestIndex = (fraction: number, count: number): number =>
  Math.round(clamp(fraction) * (count - 1))

const clamp = (fraction: number) => Math.max(0, Math.min(1, fraction))

/** "−1.5": with a minus sign, and at most two decimals. */
export const formatSigned = (value: number): string =>
  String(Number(value.toFixed(2))).replace('-', '−')
