import { expect, test } from 'vitest'
import { wordDiff } from './word-diff.ts'

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
