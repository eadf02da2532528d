import { expect, test } from 'vitest'
import { isQuantized, LEVELS_PER_SIGMA, quantize } from './quantize.ts'

test('a spot goes to its nearest notches, and to none that two bytes do not hold', () => {
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

test('what is in notches stays as it is', () => {
  const spot = quantize({ sliders: [1.2345, -3], residual: [0.777, 2] })
  expect(quantize(spot)).toEqual(spot)
})

test('every place of a slider is a notch', () => {
  const places = Array.from({ length: 601 }, (_, i) => (i - 300) / 100)
  expect(places.filter((value) => !isQuantized(value))).toEqual([])
  expect([1 / 3, 9].filter(isQuantized)).toEqual([])
})
