import { expect, test } from 'vitest'
import { along, nearest, runs, signed, spread } from './traversal.ts'

const split = (text: string) => text.split(' ')

test('words that changed are set off together, the others stay together', () => {
  expect(runs(split('the old dog sleeps here'), split('the cat sleeps here'))).toEqual([
    { text: 'the', fresh: false },
    { text: 'old dog', fresh: true },
    { text: 'sleeps here', fresh: false },
  ])
  expect(runs(split('all is new'), split('not this one'))).toEqual([
    { text: 'all is new', fresh: true },
  ])
})

test('without another sentence, or with the same one, nothing is set off', () => {
  const words = split('a quiet song')
  expect(runs(words, null)).toEqual([{ text: 'a quiet song', fresh: false }])
  expect(runs(words, words)).toEqual(runs(words, null))
  expect(runs([], words)).toEqual([])
})

test('where one is among values that are evenly spaced', () => {
  expect(spread(3, 7)).toEqual([-3, -2, -1, 0, 1, 2, 3])
  for (const [i, value] of spread(2.5, 7).entries()) expect(nearest(along(value, 2.5), 7)).toBe(i)
  expect([-9, -3, 0.4, 0.6, 3, 9].map((value) => nearest(along(value, 3), 7))).toEqual([
    0, 0, 3, 4, 6, 6,
  ])
  expect(along(-1.5, 3)).toBe(0.25)
  expect([-1, 0, 0.05, 0.07, 1, 2].map((at) => nearest(at, 9))).toEqual([0, 0, 0, 1, 8, 8])
})

test('a negative number has a minus, not a hyphen', () => {
  expect([-3, 0, -0, 1.5, -5 / 3, -0.001].map(signed)).toEqual([
    '−3',
    '0',
    '0',
    '1.5',
    '−1.67',
    '0',
  ])
})
