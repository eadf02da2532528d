import { expect, test } from 'vitest'
import { isSnapped, NOTCH, snap } from './quantize.ts'

test('a spot goes to its nearest notches, and to none that two bytes do not hold', () => {
  const { sliders, residual } = snap({ sliders: [0.1, -0.25, 0], residual: [1 / 3, 1000, -1000] })
  expect(sliders).toEqual([400 / 4000, -0.25, 0])
  expect(residual).toEqual([1333 / 4000, 32767 / 4000, -32767 / 4000])
  expect(new Int16Array([...sliders, ...residual].map((value) => value * NOTCH))).toEqual(
    new Int16Array([400, -1000, 0, 1333, 32767, -32767]),
  )
})

test('what is in notches stays as it is', () => {
  const spot = snap({ sliders: [1.2345, -3], residual: [0.777, 2] })
  expect(snap(spot)).toEqual(spot)
})

test('every place of a slider is a notch', () => {
  const places = Array.from({ length: 601 }, (_, i) => (i - 300) / 100)
  expect(places.filter((value) => !isSnapped(value))).toEqual([])
  expect([1 / 3, 9].filter(isSnapped)).toEqual([])
})
