import { expect, test } from 'vitest'
import type { Example } from '../samples/example.ts'
import { isSameResidual, load, move, randomize, randomOtherExample, reset, settle } from './view.ts'

const example: Example = {
  text: 'a song',
  sliders: [0.1234, -3.5],
  residual: [1, 2, 3],
  sample: null,
}

test('an example is loaded at its true z, exactly', () => {
  const place = load(example)
  expect(place.sliders).toEqual([0.1234, -3.5])
  expect(place.residual).toEqual([1, 2, 3])
})

test('moving one slider keeps the others, the residual and the example', () => {
  const place = move(load(example), 1, 0.5)
  expect(place.sliders).toEqual([0.1234, 0.5])
  expect(place.residual).toEqual([1, 2, 3])
  expect(example.sliders).toEqual([0.1234, -3.5])
})

test('an example that becomes fully known takes the place of its poster, but of no move', () => {
  const poster = { ...example, sliders: [0.12, -3.5], residual: [0, 0, 0] }
  expect(settle(load(poster), example)).toEqual(load(example))
  const moved = settle(move(load(poster), 0, 2), example)
  expect(moved.sliders).toEqual([2, -3.5])
  expect(moved.residual).toEqual([1, 2, 3])
})

test('a random position owes the example nothing, until it is reset', () => {
  const place = randomize(load(example), 3)
  expect(place.residual).toEqual([0, 0, 0])
  expect(move(place, 0, 1).residual).toEqual([0, 0, 0])
  expect(reset(place)).toEqual(load(example))
})

test('on another set of axes, the example is at home where that set finds it', () => {
  const home = { sliders: [9], residual: [4, 5, 6] }
  const place = load(example, 1, home)
  expect(place).toMatchObject({ set: 1, example, exampleCoordinates: home, ...home })
  expect(reset(randomize(place, 3))).toEqual(place)
  expect(move(place, 0, 1)).toMatchObject({
    set: 1,
    example,
    exampleCoordinates: home,
    sliders: [1],
    residual: [4, 5, 6],
  })
})

test('a residual is known again after a detour', () => {
  expect(isSameResidual([1, 2], [1.00001, 1.99999])).toBe(true)
  expect(isSameResidual([1, 2], [1, 2.1])).toBe(false)
})

test('random sliders are N(0, 1) within the range, on its notches', () => {
  const many = { ...example, sliders: Array(4000).fill(0) }
  const { sliders } = randomize(load(many), 1.5)
  const mean = sliders.reduce((sum, value) => sum + value, 0) / sliders.length
  const within = sliders.filter((value) => Math.abs(value) < 1).length / sliders.length
  expect(Math.abs(mean)).toBeLessThan(0.1)
  expect(within).toBeGreaterThan(0.64)
  expect(within).toBeLessThan(0.73)
  expect(Math.max(...sliders.map(Math.abs))).toBe(1.5)
  expect(sliders.every((value) => Math.abs(value * 100 - Math.round(value * 100)) < 1e-9)).toBe(
    true,
  )
})

test('another example is never the same one, unless it is the only one', () => {
  const other = { ...example, text: 'another' }
  for (const random of [0, 0.5, 0.999])
    expect(randomOtherExample([example, other], example, () => random)).toBe(other)
  expect(randomOtherExample([example], example)).toBe(example)
})
