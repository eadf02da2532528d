import { expect, test } from 'vitest'
import { describeDistance, isOutside } from './distance.ts'

test.each([
  [2.14, false, '2.1 σ from the middle; 99\u202f% of what it learned from lies within 3.9'],
  [4.04, false, '4.0 σ from the middle; it has seldom been so far out'],
  [5.16, true, '5.2 σ out: the model has never been here'],
])('%d σ', (distance, out, words) => {
  const away = { distance, p99: 3.9, max: 5 }
  expect(isOutside(away)).toBe(out)
  expect(describeDistance(away)).toBe(words)
})
