import { expect, test } from 'vitest'
import type { Example } from '../samples/example.ts'
import { isSameResidual, load, move, randomize, randomOtherExample, reset, settle } from './view.ts'

const example: Example = {
  text: 'a song',
  sliders: [0.1234, -3.5],
  residual: [1, 2, 3],
  sample: null,
}

test('loads an example exactly at its z', () => {
  const position = load(example)
  expect(position.sliders).toEqual([0.1234, -3.5])
  expect(position.residual).toEqual([1, 2, 3])
})

test('moves one slider and keeps the others, the residual and the example', () => {
  const position = move(load(example), 1, 0.5)
  expect(position.sliders).toEqual([0.1234, 0.5])
  expect(position.residual).toEqual([1, 2, 3])
  expect(example.sliders).toEqual([0.1234, -3.5])
})

test('replaces a poster by its example, but keeps moved sliders', () => {
  const poster = { ...example, sliders: [0.12, -3.5], residual: [0, 0, 0] }
  expect(settle(load(poster), example)).toEqual(load(example))
  const moved = settle(move(load(poster), 0, 2), example)
  expect(moved.sliders).toEqual([2, -3.5])
  expect(moved.residual).toEqual([1, 2, 3])
})

test('a random position keeps nothing of the example, and reset returns to it', () => {
  const position = randomize(load(example), 3)
  expect(position.residual).toEqual([0, 0, 0])
  expect(move(position, 0, 1).residual).toEqual([0, 0, 0])
  expect(reset(position)).toEqual(load(example))
})

test('resets to the coordinates of the example on the current set of axes', () => {
  const coordinates = { sliders: [9], residual: [4, 5, 6] }
  const position = load(example, 1, coordinates)
  expect(position).toMatchObject({
    set: 1,
    example,
    exampleCoordinates: coordinates,
    ...coordinates,
  })
  expect(reset(randomize(position, 3))).toEqual(position)
  expect(move(position, 0, 1)).toMatchObject({
    set: 1,
    example,
    exampleCoordinates: coordinates,
    sliders: [1],
    residual: [4, 5, 6],
  })
})

test('recognizes a residual after a change of axes', () => {
  expect(isSameResidual([1, 2], [1.00001, 1.99999])).toBe(true)
  expect(isSameResidual([1, 2], [1, 2.1])).toBe(false)
})

test('draws sliders from N(0, 1), within the range and in hundredths', () => {
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

test('picks another example, unless there is only one', () => {
  const other = { ...example, text: 'another' }
  for (const random of [0, 0.5, 0.999])
    expect(randomOtherExample([example, other], example, () => random)).toBe(other)
  expect(randomOtherExample([example], example)).toBe(example)
})
