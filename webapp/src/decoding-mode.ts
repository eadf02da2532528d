/** How the words of a sentence are chosen: always the likeliest, or drawn by chance. */
export type DecodingMode = Greedy | Sampling

export interface Greedy {
  kind: 'greedy'
}

/** Among the `top` likeliest words (all where it is null), by their probabilities at a temperature; the same seed draws the same words. */
export interface Sampling {
  kind: 'drawn'
  temperature: number // above 0
  top: number | null // at least 1
  seed: number // 0…SEEDS − 1
}

/** So many seeds there are. */
export const SEED_COUNT: number = 2 ** 32
