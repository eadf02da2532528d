import type { Sample } from '../sample.ts'

/** A z on a set of axes: its coordinates, and the residual that the axes do not span. */
export interface LatentPoint {
  sliders: readonly number[] // (K), in σ
  residual: readonly number[] // (Z)
}

/** A sample that the model reconstructs, and its latent point on the first set of axes. */
export interface Example extends LatentPoint {
  text: string
  sample: Sample | null // null if it is not known, or not fetched yet
}

/** Return whether this is an example, rather than the mean, where a model without examples begins. */
export const isExample = ({ text }: Example): boolean => text !== ''
