import { describe, expect, test } from 'vitest'
import { neighbour, notch, plane, press, sayPlace, spot, ticks, type Values } from './plane.ts'

describe('the plane', () => {
  test('has its middle in the middle, and more of the second axis further up', () => {
    const { across, up } = plane(3)
    expect([across(-3), across(0), across(3)]).toEqual([0, 50, 100])
    expect([up(-3), up(0), up(3)]).toEqual([100, 50, 0])
    expect([across.invert(75), up.invert(75)]).toEqual([1.5, -1.5])
  })

  test('shows at its border what is beyond it', () => {
    expect(spot(plane(3), [-3.55, 1.5])).toEqual([0, 25])
    expect(spot(plane(3), [0, -17])).toEqual([50, 100])
  })

  test.each([
    [3, [-3, -2, -1, 0, 1, 2, 3]],
    [2.5, [-2, -1, 0, 1, 2]],
    [0.8, [0]],
  ])('of ±%d σ has whole σ at its sides', (range, marks) => {
    expect(ticks(plane(range))).toEqual(marks)
  })

  test('gives the notches of a slider, and none beyond its ends', () => {
    expect([0.123, -1.005001, 3.2, -17].map((value) => notch(value, 3))).toEqual([
      0.12, -1.01, 3, -3,
    ])
  })
})

describe('a key', () => {
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
    expect(press(key, far, focus, [0.5, -1.2], 3)).toEqual(to)
  })

  test('leaves the other axis exactly where it is, off the notches or out of range', () => {
    expect(press('ArrowRight', false, 0, [0.7531, -3.55], 3)).toEqual([0.85, -3.55])
    expect(press('ArrowUp', false, 0, [0.7531, -3.55], 3)).toEqual([0.7531, -3])
  })

  test('stops at the ends', () => {
    expect(press('ArrowUp', true, 0, [0, 2.95], 3)).toEqual([0, 3])
  })

  test('that means nothing does nothing', () => {
    expect(press('a', false, 0, [0, 0], 3)).toBeNull()
  })
})

describe('from example to example', () => {
  const spots: Values[] = [
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
    expect(neighbour(spots, from, key)).toBe(to)
  })

  test('either pair of arrows leads past all of them, those in one place too', () => {
    const crowded = [...spots, spots[0] as Values, spots[2] as Values]
    for (const key of ['ArrowRight', 'ArrowDown']) {
      const met = new Set<number>()
      for (let at = 0; !met.has(at); at = neighbour(crowded, at, key) as number) met.add(at)
      expect([...met].sort()).toEqual([0, 1, 2, 3, 4])
    }
  })

  test('other keys lead nowhere, and where there is no example no key does', () => {
    expect(neighbour(spots, 0, 'Enter')).toBeNull()
    expect(neighbour([], 0, 'ArrowUp')).toBeNull()
  })
})

test('a place is said in words', () => {
  expect(sayPlace(['axis 1', 'mood'], [0.5, -1.2])).toBe('axis 1, 0.5 sigma; mood, −1.2 sigma')
  expect(sayPlace(['a', 'b'], [-0.001, 0.7531])).toBe('a, 0 sigma; b, 0.75 sigma')
})
