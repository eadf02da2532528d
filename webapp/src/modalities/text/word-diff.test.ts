import { expect, test } from 'vitest'
import { diffRuns, wordDiff } from './word-diff.ts'

const between = (before: string, after: string) =>
  wordDiff(before.split(' ').filter(Boolean), after.split(' ').filter(Boolean))

test.each([
  ['', '', 0, []],
  ['a b c', 'a b c', 0, [0, 1, 2]],
  ['a b c', 'a x c', 1, [0, null, 2]],
  ['a b c', 'a b', 1, [0, 1]],
  ['b c', 'a b c', 1, [null, 0, 1]],
  ['a b c', '', 3, []],
  ['', 'a b', 2, [null, null]],
  ['the cat sat', 'a dog lay down', 4, [null, null, null, null]],
  ['very very good', 'very good', 1, [1, 2]],
])('%j → %j', (before, after, count, from) => {
  expect(between(before, after)).toEqual({ count, from })
})

test('counts the same in both directions', () => {
  const [one, other] = ['i like the slow song', 'we like this song so much']
  expect(between(one, other).count).toBe(between(other, one).count)
})

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
