/** How the tokens of a sentence are chosen: the likeliest, or drawn at random. */
export type DecodingMode = Greedy | Sampling

export interface Greedy {
  kind: 'greedy'
}

/** Sampling with temperature, top-k and seed. The same seed draws the same tokens. */
export interface Sampling {
  kind: 'drawn'
  temperature: number // above 0
  top: number | null // at least 1; null for all tokens
  seed: number // 0…SEED_COUNT − 1
}

export const SEED_COUNT: number = 2 ** 32
