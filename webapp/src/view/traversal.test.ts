import { expect, test } from 'vitest'
import { diffRuns, evenlySpaced, formatSigned, fractionOf, nearestIndex } from './traversal.ts'

const split = (text: string) => text.split(' ')

test('splits a sentence into runs of changed and unchanged words', () => {
  expect(diffRuns(split('the old dog sleeps here'), split('the cat sleeps here'))).toEqual([
    { text: 'the', changed: false },
    { text: 'old dog', changed: true },
    { text: 'sleeps here', changed: false },
  ])
  expect(diffRuns(split('all is new'), split('not this one'))).toEqual([
    { text: 'all is new', changed: true },
  ])
})

test('marks no words without another sentence, or if it is the same', () => {
  const words = split('a quiet song')
  expect(diffRuns(words, null)).toEqual([{ text: 'a quiet song', changed: false }])
  expect(diffRuns(words, words)).toEqual(diffRuns(words, null))
  expect(diffRuns([], words)).toEqual([])
})

test('spaces values evenly, and finds the nearest one', () => {
  expect(evenlySpaced(3, 7)).toEqual([-3, -2, -1, 0, 1, 2, 3])
  for (const [i, value] of evenlySpaced(2.5, 7).entries())
    expect(nearestIndex(fractionOf(value, 2.5), 7)).toBe(i)
  expect([-9, -3, 0.4, 0.6, 3, 9].map((value) => nearestIndex(fractionOf(value, 3), 7))).toEqual([
    0, 0, 3, 4, 6, 6,
  ])
  expect(fractionOf(-1.5, 3)).toBe(0.25)
  expect([-1, 0, 0.05, 0.07, 1, 2].map((at) => nearestIndex(at, 9))).toEqual([0, 0, 0, 1, 8, 8])
})

test('formats a negative number with a minus sign', () => {
  expect([-3, 0, -0, 1.5, -5 / 3, -0.001].map(formatSigned)).toEqual([
    '−3',
    '0',
    '0',
    '1.5',
    '−1.67',
    '0',
  ])
})
