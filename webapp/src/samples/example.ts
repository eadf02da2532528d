import type { Sample } from './sample.ts'

/** Some z as a set of axes spells it: its coordinates on the axes, and what the axes leave out of it. */
export interface LatentPoint {
  sliders: readonly number[] // (K), in σ
  residual: readonly number[] // (Z)
}

/** A sample that the model reconstructs, and its spot on the first set of axes. */
export interface Example extends LatentPoint {
  text: string
  sample: Sample | null // null where it is not here, or not yet
}

/** Whether it is one: a model that comes without examples begins at its mean, which has no text. */
export const isExample = ({ text }: Example): boolean => text !== ''
