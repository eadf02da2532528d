import { expect, test } from 'vitest'
import { axisTitle, count, duration, percent, size } from './format.ts'

test('formats sizes, durations, shares and counts', () => {
  expect([0, 36_600, 999_499, 999_500, 2_431_000].map(size)).toEqual([
    '0 kB',
    '37 kB',
    '999 kB',
    '1.0 MB',
    '2.4 MB',
  ])
  expect([3.14, 9.94, 9.96, 144.4].map(duration)).toEqual(['3.1 ms', '9.9 ms', '10 ms', '144 ms'])
  expect([0.0712, 0.5, 0.000123].map(percent)).toEqual(['7.1\u202f%', '50.0\u202f%', '0.01\u202f%'])
  expect([1, 2].map((number) => count(number, 'axis', 'axes'))).toEqual(['1 axis', '2 axes'])
  expect([0, 1, 2].map((number) => count(number, 'word'))).toEqual(['0 words', '1 word', '2 words'])
})

test('the title of an axis has its number, and its name if it has one', () => {
  const titles = ['length', 'axis 2', 'z[16]', 'axis 7'].map((name) => axisTitle({ name }, 1))
  expect(titles).toEqual(['axis 2 · length', 'axis 2', 'z[16]', 'axis 2 · axis 7'])
})
