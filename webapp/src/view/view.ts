import type { DecodingMode } from '../decoding-mode.ts'
import type { Example, LatentPoint } from '../samples/index.ts'

/** A point of the latent space, and the example that was loaded last. It determines what is decoded. */
export interface Position extends LatentPoint {
  set: number // index in the manifest's axes
  example: Example
  exampleCoordinates: LatentPoint // the example on this set
}

/** One end of an interpolation. */
export interface Endpoint extends LatentPoint {
  example: number | null // index of the example; null for another position
}

/** The interpolation on the set of axes in use, and the reader's position on it. */
export interface Interpolation {
  a: Endpoint | null
  b: Endpoint | null
  shape: 'linear' | 'spherical'
  t: number | null // 0…1; null if the reader is elsewhere
}

/** Everything the reader chose. It determines the page, and the URL encodes it. */
export interface View {
  position: Position
  interpolation: Interpolation
  decoding: DecodingMode
  mapAxes: readonly [number, number] // the axes of the map
}

/** Return the view of a position with the defaults for everything else. */
export const initialView = (position: Position): View => ({
  position,
  interpolation: { a: null, b: null, shape: 'linear', t: null },
  decoding: { kind: 'greedy' },
  mapAxes: defaultMapAxes(position.sliders.length),
})

/** Return the axes that the map shows by default. */
export const defaultMapAxes = (axes: number): readonly [number, number] => [
  0,
  Math.min(1, axes - 1),
]

/** Return latent points for a decoder: sliders (B, K) and residual (B, Z). */
export const toRows = (points: readonly LatentPoint[]) => ({
  sliders: points.map(({ sliders }) => [...sliders]),
  residual: points.map(({ residual }) => [...residual]),
})

/** Return the position of an example. */
export const load = (
  example: Example,
  set = 0,
  exampleCoordinates: LatentPoint = example,
): Position => {
  const { sliders, residual } = exampleCoordinates
  return { set, example, exampleCoordinates, sliders, residual }
}

/** Replace a poster by its example, but keep what the reader moved meanwhile. */
export function settle(position: Position, example: Example): Position {
  const { sliders, residual, exampleCoordinates } = position
  return {
    ...load(example),
    sliders: sliders === exampleCoordinates.sliders ? example.sliders : sliders,
    residual: residual === exampleCoordinates.residual ? example.residual : residual,
  }
}

/** Move one slider; the rest of z stays. */
export const move = (position: Position, axis: number, value: number): Position => ({
  ...position,
  sliders: position.sliders.map((old, i) => (i === axis ? value : old)),
})

/** Return to the z of the example. */
export const reset = ({ example, set, exampleCoordinates }: Position): Position =>
  load(example, set, exampleCoordinates)

/**
 * Draw every slider from N(0, 1), clipped to ±range, and set the residual to 0.
 *
 * With the example's residual, most of z would still be the example's.
 */
export function randomize(
  position: Position,
  range: number,
  random: () => number = Math.random,
): Position {
  const sliders = position.sliders.map(() =>
    Math.max(-range, Math.min(range, roundToStep(normal(random)))),
  )
  return { ...position, sliders, residual: position.residual.map(() => 0) }
}

/** Return whether two residuals are equal, up to the rounding of a change of axes. */
export const isSameResidual = (a: readonly number[], b: readonly number[]): boolean =>
  a.every((value, i) => Math.abs(value - (b[i] as number)) < 1e-4)

/** Return a random example other than the current one, which is returned if it is the only one. */
export function randomOtherExample(
  examples: readonly Example[],
  current: Example,
  random: () => number = Math.random,
): Example {
  const others = examples.filter((example) => example !== current)
  return others[Math.floor(random() * others.length)] ?? current
}

/** Draw from N(0, 1) (Box and Muller 1958). */
function normal(random: () => number): number {
  return Math.sqrt(-2 * Math.log(1 - random())) * Math.cos(2 * Math.PI * random())
}

/** Round to a slider's hundredths. */
const roundToStep = (value: number) => Math.round(value * 100) / 100
