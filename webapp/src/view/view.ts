import type { DecodingMode } from '../decoding-mode.ts'
import type { Example, LatentPoint } from '../samples/index.ts'

/** Where the reader is: a spot on one of the sets of axes. What the decoder shows follows from it alone. */
export interface Position extends LatentPoint {
  set: number // the place of the set in the manifest
  example: Example // loaded last
  exampleCoordinates: LatentPoint // where the example is on this set
}

/** One end of a path between two places. */
export interface Endpoint extends LatentPoint {
  example: number | null // its place among the examples; null for where the sliders were
}

/** A path between two places on the set of axes in use, and how far along it the reader is. */
export interface Interpolation {
  a: Endpoint | null
  b: Endpoint | null
  shape: 'linear' | 'spherical'
  t: number | null // 0…1; null where the reader is not on it
}

/** All that a reader has chosen: what stands on the page follows from it alone, and the address spells it. */
export interface View {
  position: Position
  interpolation: Interpolation
  decoding: DecodingMode
  mapAxes: readonly [number, number] // the axes of the map
}

/** The view of a place when nothing else has been chosen. */
export const initialView = (place: Position): View => ({
  position: place,
  interpolation: { a: null, b: null, shape: 'linear', t: null },
  decoding: { kind: 'greedy' },
  mapAxes: defaultMapAxes(place.sliders.length),
})

/** The axes of a map of so many, when no others have been chosen. */
export const defaultMapAxes = (axes: number): readonly [number, number] => [
  0,
  Math.min(1, axes - 1),
]

/** Spots as a decoder takes them: sliders (B, K) and residual (B, Z). */
export const toRows = (spots: readonly LatentPoint[]) => ({
  sliders: spots.map(({ sliders }) => [...sliders]),
  residual: spots.map(({ residual }) => [...residual]),
})

/** An example at its true z. */
export const load = (example: Example, set = 0, home: LatentPoint = example): Position => ({
  set,
  example,
  exampleCoordinates: home,
  sliders: home.sliders,
  residual: home.residual,
})

/** The same place, once all of its example is known. What the reader has moved meanwhile stays moved. */
export function settle(place: Position, example: Example): Position {
  const { sliders, residual, exampleCoordinates } = place
  return {
    ...load(example),
    sliders: sliders === exampleCoordinates.sliders ? example.sliders : sliders,
    residual: residual === exampleCoordinates.residual ? example.residual : residual,
  }
}

/** One slider elsewhere; the rest of z stays. */
export const move = (place: Position, axis: number, value: number): Position => ({
  ...place,
  sliders: place.sliders.map((old, i) => (i === axis ? value : old)),
})

/** Back to the true z of the example. */
export const reset = ({ example, set, exampleCoordinates }: Position): Position =>
  load(example, set, exampleCoordinates)

/**
 * Every slider drawn from N(0, 1), clipped to ±range, and no residual.
 *
 * Of a draw nothing may come from the example: with its residual kept, most of z would still be the example's.
 */
export function randomize(
  place: Position,
  range: number,
  random: () => number = Math.random,
): Position {
  const sliders = place.sliders.map(() =>
    Math.max(-range, Math.min(range, roundToStep(normal(random)))),
  )
  return { ...place, sliders, residual: place.residual.map(() => 0) }
}

/** Whether two residuals are the same, but for what is lost on the way from one set of axes to another. */
export const isSameResidual = (one: readonly number[], other: readonly number[]): boolean =>
  one.every((value, i) => Math.abs(value - (other[i] as number)) < 1e-4)

/** Any other example than the one that is loaded; the same one where there is no other. */
export function randomOtherExample(
  examples: readonly Example[],
  current: Example,
  random: () => number = Math.random,
): Example {
  const others = examples.filter((example) => example !== current)
  return others[Math.floor(random() * others.length)] ?? current
}

/** Box and Muller 1958. */
function normal(random: () => number): number {
  return Math.sqrt(-2 * Math.log(1 - random())) * Math.cos(2 * Math.PI * random())
}

/** To the notches of a slider. */
const roundToStep = (value: number) => Math.round(value * 100) / 100
