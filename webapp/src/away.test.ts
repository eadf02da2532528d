import { expect, test } from 'vitest'
import { isOut, sayAway } from './away.ts'

test.each([
  [2.14, 3.9, false, '2.1 σ from the middle; most of what it learned from lies within 3.9'],
  [3.9, 3.9, false, '3.9 σ from the middle; most of what it learned from lies within 3.9'],
  [4.16, 3.9, true, '4.2 σ out: the model has never been here'],
])('%d of %d σ', (distance, reach, out, words) => {
  expect(isOut({ distance, reach })).toBe(out)
  expect(sayAway({ distance, reach })).toBe(words)
})
