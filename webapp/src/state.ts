/** A sample that the model reconstructs: its coordinates on the axes, and what the axes leave out of it. */
export interface Example {
  text: string
  sliders: readonly number[] // (K), in σ
  residual: readonly number[] // (Z)
}

/** Whether it is one: a model that comes without examples begins at its mean, which has no text. */
export const isExample = ({ text }: Example): boolean => text !== ''

/** Where the reader is. What the decoder shows follows from it alone. */
export interface Place {
  example: Example // loaded last
  sliders: readonly number[] // (K), in σ
  kept: boolean // whether the example's residual is added to what the sliders say
}

/** An example at its true z. */
export const load = (example: Example): Place => ({ example, sliders: example.sliders, kept: true })

/** The same place, once all of its example is known. What the reader has moved meanwhile stays moved. */
export const settle = (place: Place, example: Example): Place =>
  place.sliders === place.example.sliders ? load(example) : { ...place, example }

/** One slider elsewhere; the rest of z, the example's residual included, stays. */
export const move = (place: Place, axis: number, value: number): Place => ({
  ...place,
  sliders: place.sliders.map((old, i) => (i === axis ? value : old)),
})

/** Back to the true z of the example. */
export const reset = (place: Place): Place => load(place.example)

/**
 * Every slider drawn from N(0, 1), clipped to ±range, and no residual.
 *
 * Of a draw nothing may come from the example: with its residual kept, most of z would still be the example's.
 */
export function randomize(place: Place, range: number, random: () => number = Math.random): Place {
  const sliders = place.sliders.map(() => Math.max(-range, Math.min(range, round(normal(random)))))
  return { ...place, sliders, kept: false }
}

/** The residual (Z) that goes to the decoder with the sliders. */
export const residual = ({ example, kept }: Place): readonly number[] => (kept ? example.residual : example.residual.map(() => 0))

/** Any other example than the one that is loaded; the same one where there is no other. */
export function another(examples: readonly Example[], current: Example, random: () => number = Math.random): Example {
  const others = examples.filter((example) => example !== current)
  return others[Math.floor(random() * others.length)] ?? current
}

/** Box and Muller 1958. */
function normal(random: () => number): number {
  return Math.sqrt(-2 * Math.log(1 - random())) * Math.cos(2 * Math.PI * random())
}

/** To the notches of a slider. */
const round = (value: number) => Math.round(value * 100) / 100
