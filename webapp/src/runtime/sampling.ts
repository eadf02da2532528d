import type { Sampling } from '../decoding-mode.ts'
import { Ranking } from './ranking.ts'
import { threefry } from './threefry.ts'

/** A word that was drawn, and how far the draw was from the nearest edge of its share, as a part of the whole. */
export interface Draw {
  word: number
  margin: number
}

/** The number in [0, 1) that a seed draws for the word at this place of a sentence, counted from 0, whatever is written beside it. */
export function uniform(seed: number, place: number): number {
  const [high, low] = threefry([place, 0], [seed, 0])
  return ((high >>> 5) * 2 ** 26 + (low >>> 6)) / 2 ** 53
}

/**
 * logits (V) → the word that is drawn at this place of a sentence, in float64, by inversion.
 *
 * The `top` highest logits, the highest first and of equal ones the lower id first, share [0, 1) by the softmax of logits / temperature. The
 * word is the first up to which the shares are more than the draw. converter/zlide/chance.py says the same.
 */
export function draw(
  logits: Float32Array,
  { temperature, top, seed }: Sampling,
  place: number,
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
      : totalOf(logits, highest, temperature)

  const at = uniform(seed, place)
  let [word, below, above] = [first, 0, weight(first) / total]
  for (let i = 1; above <= at && i < count; i += 1) {
    word = ranked[i] ?? ranking.next()
    ;[below, above] = [above, above + weight(word) / total]
  }
  return { word, margin: Math.min(at - below, Math.abs(above - at)) }
}

/** logits (V) → how probable the model finds a word, in float64. */
export function probability(logits: Float32Array, word: number): number {
  let highest = Number.NEGATIVE_INFINITY
  for (let id = 0; id < logits.length; id += 1) highest = Math.max(highest, logits[id] as number)
  return Math.exp((logits[word] as number) - highest) / totalOf(logits, highest, 1)
}

/** What all words weigh, the likeliest 1. Of thousands of words, counting is faster than an iterator. */
function totalOf(logits: Float32Array, highest: number, temperature: number): number {
  let total = 0
  for (let id = 0; id < logits.length; id += 1)
    total += Math.exp(((logits[id] as number) - highest) / temperature)
  return total
}
