// Words drawn by chance, the same ones for the same seed, here and in Python: converter/zlide/chance.py states the same rule.

import type { Drawn } from '../writing.ts'

const ROUNDS = 10
const MULTIPLIERS = [0xd2511f53, 0xcd9e8d57] as const
const WEYL = [0x9e3779b9, 0xbb67ae85] as const // what the key grows by in each round

type Four = [number, number, number, number]

/** The upper 32 bits of a product of two words of 32 bits. */
function high(one: number, other: number): number {
  const [a, b, c, d] = [one >>> 16, one & 0xffff, other >>> 16, other & 0xffff]
  const middle = a * d + ((b * d) >>> 16)
  const crossed = b * c + (middle % 0x10000)
  return (a * c + Math.floor(middle / 0x10000) + Math.floor(crossed / 0x10000)) >>> 0
}

/** Philox4x32-10 (Salmon et al. 2011, “Parallel random numbers: as easy as 1, 2, 3”, section 3): four words of 32 bits from a counter and a key. */
export function philox(counter: Four, key: [number, number]): Four {
  let [a, b, c, d] = counter
  let [k, m] = key
  for (let round = 0; round < ROUNDS; round += 1) {
    const [first, second] = [Math.imul(a, MULTIPLIERS[0]) >>> 0, Math.imul(c, MULTIPLIERS[1]) >>> 0]
    ;[a, b, c, d] = [(high(c, MULTIPLIERS[1]) ^ b ^ k) >>> 0, second, (high(a, MULTIPLIERS[0]) ^ d ^ m) >>> 0, first]
    ;[k, m] = [(k + WEYL[0]) >>> 0, (m + WEYL[1]) >>> 0]
  }
  return [a, b, c, d]
}

/** The draw for the word at a place of the sentence, in [0, 1), with 53 bits: it depends on nothing but the seed and that place. */
export function uniform(seed: number, place: number): number {
  const [upper, lower] = philox([place, 0, 0, 0], [seed, 0])
  return ((upper >>> 5) * 2 ** 26 + (lower >>> 6)) / 2 ** 53
}

/** logits (V) → the id of the word at that place: the inverse of the cumulative distribution, over the likeliest words in their order. */
export function draw(logits: Float32Array, { temperature, top, seed }: Drawn, place: number): number {
  const order = ordered(logits, top ?? logits.length)
  const highest = logits[order[0] as number] as number
  const edges = new Float64Array(order.length)
  let sum = 0
  for (const [i, id] of order.entries()) {
    sum += Math.exp(((logits[id] as number) - highest) / temperature)
    edges[i] = sum
  }
  const at = uniform(seed, place) * sum
  const found = edges.findIndex((edge) => edge > at)
  return order[found < 0 ? order.length - 1 : found] as number
}

/** logits (V) → the probability of a word, at temperature 1. */
export function confidence(logits: Float32Array, word: number): number {
  let highest = Number.NEGATIVE_INFINITY
  for (const value of logits) if (value > highest) highest = value
  let sum = 0
  for (const value of logits) sum += Math.exp(value - highest)
  return Math.exp((logits[word] as number) - highest) / sum
}

/** The ids of the likeliest words: by falling logit, and by rising id where these are equal. */
function ordered(logits: Float32Array, count: number): Uint32Array {
  const bits = new Uint32Array(logits.buffer, logits.byteOffset, logits.length)
  const keys = new Float64Array(logits.length) // numbers of 52 bits are sorted natively, where pairs are not
  for (const [id, word] of bits.entries()) {
    const value = word === 0x80000000 ? 0 : word // −0 is 0
    const rising = value >>> 31 ? ~value >>> 0 : (value | 0x80000000) >>> 0
    keys[id] = (0xffffffff - rising) * WIDEST + id
  }
  keys.sort()
  return Uint32Array.from(keys.subarray(0, count), (key) => key % WIDEST)
}

/** More words has no vocabulary. */
const WIDEST = 2 ** 20
