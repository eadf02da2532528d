import type { Spot } from './state.ts'

/** So many notches has 1, in spots that come from nowhere in the bundle: numbers that two bytes hold, so that a link can spell them exactly. */
export const NOTCH = 4096

/** The largest number that two bytes hold in notches. */
const MOST = (2 ** 15 - 1) / NOTCH

const snapped = (value: number) => Math.max(-MOST, Math.min(MOST, Math.round(value * NOTCH) / NOTCH))

/** A spot, each of its numbers at the nearest notch. */
export const snap = ({ sliders, residual }: Spot): Spot => ({ sliders: sliders.map(snapped), residual: residual.map(snapped) })
