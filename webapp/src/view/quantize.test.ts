import { expect, test } from 'vitest'
import { isQuantized, LEVELS_PER_SIGMA, quantize } from './quantize.ts'

test('rounds to the nearest level that fits two bytes', () => {
  const { sliders, residual } = quantize({
    sliders: [0.1, -0.25, 0],
    residual: [1 / 3, 1000, -1000],
  })
  expect(sliders).toEqual([400 / 4000, -0.25, 0])
  expect(residual).toEqual([1333 / 4000, 32767 / 4000, -32767 / 4000])
  expect(
    new Int16Array([...sliders, ...residual].map((value) => value * LEVELS_PER_SIGMA)),
  ).toEqual(new Int16Array([400, -1000, 0, 1333, 32767, -32767]))
})

test('does not change a quantized point', () => {
  const point = quantize({ sliders: [1.2345, -3], residual: [0.777, 2] })
  expect(quantize(point)).toEqual(point)
})

test('every value of a slider is a level', () => {
  const values = Array.from({ length: 601 }, (_, i) => (i - 300) / 100)
  expect(values.filter((value) => !isQuantized(value))).toEqual([])
  expect([1 / 3, 9].filter(isQuantized)).toEqual([])
})
