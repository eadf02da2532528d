import { expect, test } from 'vitest'
import { NOTCH, snap } from './snap.ts'

test('a spot goes to its nearest notches, and to none that two bytes do not hold', () => {
  const { sliders, residual } = snap({ sliders: [0.1, -0.25, 0], residual: [1 / 3, 1000, -1000] })
  expect(sliders).toEqual([410 / 4096, -0.25, 0])
  expect(residual).toEqual([1365 / 4096, 32767 / 4096, -32767 / 4096])
  expect(new Int16Array([...sliders, ...residual].map((value) => value * NOTCH))).toEqual(
    new Int16Array([410, -1024, 0, 1365, 32767, -32767]),
  )
})

test('what is in notches stays as it is', () => {
  const spot = snap({ sliders: [1.2345, -3], residual: [0.777, 2] })
  expect(snap(spot)).toEqual(spot)
})
