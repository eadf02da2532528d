import { expect, test } from 'vitest'
import { describeDistance, isOutside } from './distance.ts'

test.each([
  [2.14, false, /^2\.1 σ .*among/],
  [4.04, false, /^4\.0 σ .*edge/],
  [5.16, true, /^5\.2 σ out.*outside/],
])('%d σ from the mean', (distance, outside, text) => {
  const away = { distance, p99: 3.9, max: 5 }
  expect(isOutside(away)).toBe(outside)
  expect(describeDistance(away)).toMatch(text)
})
