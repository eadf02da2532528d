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

/**
 * logits (V) → the token drawn at `index`, by inversion in float64.
 *
 * The `top` highest logits share [0, 1) by softmax(logits / temperature), in falling order, equal ones
 * by rising id. The token whose share holds the uniform number is drawn. The same rule is in
 * converter/zlide/decoders/sampling.py; both are tested against tests/golden/sampling.json.
 */
export function draw(
  logits: Float32Array,
  { temperature, top, seed }: Sampling,
  index: number,
): Draw {
  const ranking = new Ranking(logits)
  const first = ranking.next()
  const count = Math.min(top || logits.length, logits.length)
  const highest = logits[first] as number
  const weight = (id: number) => Math.exp(((logits[id] as number) - highest) / temperature)
  const ranked = [first]
  if (count < logits.length) while (ranked.length < count) ranked.push(ranking.next())
  const total =
    count < logits.length
      ? ranked.reduce((sum, id) => sum + weight(id), 0)
      : totalWeight(logits, highest, temperature)

  const drawn = uniform(seed, index)
  let [id, below, above] = [first, 0, weight(first) / total]
  for (let i = 1; above <= drawn && i < count; i += 1) {
    id = ranked[i] ?? ranking.next()
    ;[below, above] = [above, above + weight(id) / total]
  }
  return { id, margin: Math.min(drawn - below, Math.abs(above - drawn)) }
}

/** logits (V) → the model's probability of a token, in float64. */
export function probability(logits: Float32Array, token: number): number {
  let highest = Number.NEGATIVE_INFINITY
  for (let id = 0; id < logits.length; id += 1) highest = Math.max(highest, logits[id] as number)
  return Math.exp((logits[token] as number) - highest) / totalWeight(logits, highest, 1)
}

/** Sum exp((logit − highest) / temperature). For thousands of tokens, a loop is faster than an iterator. */
function totalWeight(logits: Float32Array, highest: number, temperature: number): number {
  let total = 0
  for (let id = 0; id < logits.length; id += 1)
    total += Math.exp(((logits[id] as number) - highest) / temperature)
  return total
}
