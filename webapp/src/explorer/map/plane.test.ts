import { describe, expect, test } from 'vitest'
import {
  type Coordinates,
  createPlane,
  describeCoordinates,
  moveByKey,
  neighbour,
  roundToStep,
  ticks,
  toPercent,
} from './plane.ts'

describe('the plane', () => {
  test('has its zero in the centre, and the second axis pointing up', () => {
    const { across, up } = createPlane(3)
    expect([across(-3), across(0), across(3)]).toEqual([0, 50, 100])
    expect([up(-3), up(0), up(3)]).toEqual([100, 50, 0])
    expect([across.invert(75), up.invert(75)]).toEqual([1.5, -1.5])
  })

  test('moves coordinates outside to its border', () => {
    expect(toPercent(createPlane(3), [-3.55, 1.5])).toEqual([0, 25])
    expect(toPercent(createPlane(3), [0, -17])).toEqual([50, 100])
  })

  test.each([
    [3, [-3, -2, -1, 0, 1, 2, 3]],
    [2.5, [-2, -1, 0, 1, 2]],
    [0.8, [0]],
  ])('of ±%d σ has ticks at whole σ', (range, marks) => {
    expect(ticks(createPlane(range))).toEqual(marks)
  })

  test('rounds to the step of a slider, within its range', () => {
    expect([0.123, -1.005001, 3.2, -17].map((value) => roundToStep(value, 3))).toEqual([
      0.12, -1.01, 3, -3,
    ])
  })
})

describe('a key press', () => {
  test.each([
    ['ArrowRight', false, 0, [0.6, -1.2]],
    ['ArrowLeft', false, 1, [0.4, -1.2]],
    ['ArrowUp', false, 0, [0.5, -1.1]],
    ['ArrowDown', true, 1, [0.5, -2.2]],
    ['ArrowRight', true, 1, [1.5, -1.2]],
    ['PageUp', false, 0, [1.5, -1.2]],
    ['PageDown', false, 1, [0.5, -2.2]],
    ['Home', false, 0, [-3, -1.2]],
    ['End', false, 1, [0.5, 3]],
  ] as const)('%s, with Shift: %j, on axis %d', (key, far, focus, to) => {
    expect(moveByKey(key, far, focus, [0.5, -1.2], 3)).toEqual(to)
  })

  test('leaves the other axis unchanged, even between steps or out of range', () => {
    expect(moveByKey('ArrowRight', false, 0, [0.7531, -3.55], 3)).toEqual([0.85, -3.55])
    expect(moveByKey('ArrowUp', false, 0, [0.7531, -3.55], 3)).toEqual([0.7531, -3])
  })

  test('stops at the ends', () => {
    expect(moveByKey('ArrowUp', true, 0, [0, 2.95], 3)).toEqual([0, 3])
  })

  test('returns null for other keys', () => {
    expect(moveByKey('a', false, 0, [0, 0], 3)).toBeNull()
  })
})

describe('from example to example', () => {
  const points: Coordinates[] = [
    [1, 0],
    [-1, 2],
    [0, -2],
  ]

  test.each([
    [0, 'ArrowLeft', 2],
    [2, 'ArrowLeft', 1],
    [1, 'ArrowLeft', 0],
    [0, 'ArrowRight', 1],
    [0, 'ArrowUp', 1],
    [0, 'ArrowDown', 2],
    [1, 'ArrowUp', 2],
  ])('%d, %s: %d', (from, key, to) => {
    expect(neighbour(points, from, key)).toBe(to)
  })

  test('either pair of arrows reaches all points, even coinciding ones', () => {
    const crowded = [...points, points[0] as Coordinates, points[2] as Coordinates]
    for (const key of ['ArrowRight', 'ArrowDown']) {
      const met = new Set<number>()
      for (let at = 0; !met.has(at); at = neighbour(crowded, at, key) as number) met.add(at)
      expect([...met].sort()).toEqual([0, 1, 2, 3, 4])
    }
  })

  test('returns null for other keys, and without examples', () => {
    expect(neighbour(points, 0, 'Enter')).toBeNull()
    expect(neighbour([], 0, 'ArrowUp')).toBeNull()
  })
})

test('describes coordinates in words', () => {
  expect(describeCoordinates(['axis 1', 'mood'], [0.5, -1.2])).toBe(
    'axis 1, 0.5 sigma; mood, −1.2 sigma',
  )
  expect(describeCoordinates(['a', 'b'], [-0.001, 0.7531])).toBe('a, 0 sigma; b, 0.75 sigma')
})
