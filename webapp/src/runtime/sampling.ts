import type { Sampling } from '../decoding-mode.ts'
import { Ranking } from './ranking.ts'
import { threefry } from './threefry.ts'

/** A drawn token, and the distance of the draw from the nearest edge of the token's share of [0, 1). */
export interface Draw {
  id: number
  margin: number
}

/** Return the number in [0, 1) that a seed draws for the token at `index`, counted from 0. */
export function uniform(seed: number, index: number): number {
  const [high, low] = threefry([index, 0], [seed, 0])
  return ((high >>> 5) * 2 ** 26 + (low >>> 6)) / 2 ** 53
}

/** Two logits that differ by less, relative to their size or at least 1, count as equal for top-k. */
const TIE = 1e-3

/**
 * logits (V) → the token drawn at `index`, by inversion in float64.
 *
 * The tokens that `top` leaves share [0, 1) by softmax(logits / temperature), in the order of their
 * ids. A rounding error in logits then moves an edge by as little, and changes no order. The token
 * whose share holds the uniform number is drawn. The same rule is in
 * converter/zlide/decoders/sampling.py; both are tested against tests/golden/sampling.json.
 */
export function draw(
  logits: Float32Array,
  { temperature, top, seed }: Sampling,
  index: number,
): Draw {
  const least = lowestKept(logits, top)
  const highest = max(logits)
  const weight = (id: number) => Math.exp(((logits[id] as number) - highest) / temperature)
  const total = totalWeight(logits, highest, temperature, least)

  const drawn = uniform(seed, index)
  let [token, below, above] = [-1, 0, 0]
  for (let id = 0; above <= drawn && id < logits.length; id += 1)
    if ((logits[id] as number) >= least)
      [token, below, above] = [id, above, above + weight(id) / total]
  return { id: token, margin: Math.min(drawn - below, Math.abs(above - drawn)) }
}

/** Return the lowest logit that may be drawn: that of the top-k's last, or of one tied with it. */
function lowestKept(logits: Float32Array, top: number | null | undefined): number {
  if (!top || top >= logits.length) return Number.NEGATIVE_INFINITY
  const ranking = new Ranking(logits)
  for (let rank = 1; rank < top; rank += 1) ranking.next()
  const least = logits[ranking.next()] as number
  return least - TIE * Math.max(1, Math.abs(least))
}

/** logits (V) → the model's probability of a token, in float64. */
export function probability(logits: Float32Array, token: number): number {
  const highest = max(logits)
  return Math.exp((logits[token] as number) - highest) / totalWeight(logits, highest, 1)
}

/** Return the largest number. For thousands of them, a loop is faster than Math.max. */
function max(logits: Float32Array): number {
  let highest = Number.NEGATIVE_INFINITY
  for (let id = 0; id < logits.length; id += 1) highest = Math.max(highest, logits[id] as number)
  return highest
}

/** Sum exp((logit − highest) / temperature) of the logits that are at least `least`. */
function totalWeight(
  logits: Float32Array,
  highest: number,
  temperature: number,
  least = Number.NEGATIVE_INFINITY,
): number {
  let total = 0
  for (let id = 0; id < logits.length; id += 1) {
    const logit = logits[id] as number
    if (logit >= least) total += Math.exp((logit - highest) / temperature)
  }
  return total
}
