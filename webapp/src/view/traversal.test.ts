import { expect, test } from 'vitest'
import { evenlySpaced, formatSigned, fractionOf, nearestIndex } from './traversal.ts'

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
