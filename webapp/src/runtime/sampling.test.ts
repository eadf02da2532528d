import { expect, test } from 'vitest'
import { goldenText } from '../../test/golden.ts'
import { Ranking } from './ranking.ts'
import { draw, probability, uniform } from './sampling.ts'
import { type Pair, threefry } from './threefry.ts'

interface Case {
  words: number
  temperature: number
  top: number | null
  seed: number
  place: number
  word: number
  margin: number
  probability: number
}

// Made in Python by tests/golden/sampling.py.
const { draws, cases } = JSON.parse(goldenText('sampling.json')) as {
  draws: { seed: number; place: number; draw: number }[]
  cases: Case[]
}

const logitsOf = (words: number) =>
  Float32Array.from({ length: words }, (_, i) => ((i * 7919) % 1009) / 64)

test.each<[Pair, Pair, Pair]>([
  [
    [0, 0],
    [0, 0],
    [0x6b200159, 0x99ba4efe],
  ],
  [
    [0xffffffff, 0xffffffff],
    [0xffffffff, 0xffffffff],
    [0x1cb996fc, 0xbb002be7],
  ],
  [
    [0x243f6a88, 0x85a308d3],
    [0x13198a2e, 0x03707344],
    [0xc4923a9c, 0x483df7a0],
  ],
])('threefry gives the bits that Random123 publishes for %j, %j', (counter, key, bits) => {
  expect(threefry(counter, key)).toEqual(bits)
})

test('a seed draws the same numbers as in Python, to the last bit', () => {
  expect(draws.map(({ seed, place }) => uniform(seed, place))).toEqual(
    draws.map(({ draw }) => draw),
  )
})

test('draws the same tokens as Python, with the same margins and probabilities', () => {
  expect(new Set(cases.map(({ word }) => word)).size).toBeGreaterThan(30) // enough different tokens
  for (const { words, word: id, margin, probability: expected, place: index, ...mode } of cases) {
    const logits = logitsOf(words)
    const drawn = draw(logits, { kind: 'drawn', ...mode }, index)
    expect(drawn).toEqual({ id, margin: expect.closeTo(margin, 10) })
    expect(probability(logits, drawn.id)).toBeCloseTo(expected, 10)
  }
})

test('ranks every id once, by falling value and then by rising id', () => {
  for (const words of [1, 2, 3, 10, 1009, 3000]) {
    const values = logitsOf(words)
    const expected = [...values.keys()].sort(
      (a, b) => (values[b] as number) - (values[a] as number) || a - b,
    )
    const ranking = new Ranking(values)
    expect(expected.map(() => ranking.next())).toEqual(expected)
  }
})
