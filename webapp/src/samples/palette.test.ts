import { expect, test } from 'vitest'
import { colourName, palette } from './palette.ts'
import { fromBytes } from './sample.ts'

const picture = (...colours: [number, number, number][]) =>
  fromBytes(colours.flat(), { height: 1, width: colours.length, channels: 3 })

test('a palette has what is common and, however little there is of it, what is unlike the rest, in turn', () => {
  const grey = Array.from({ length: 200 }, (_, i): [number, number, number] => [
    100 + (i % 3),
    100,
    100,
  ])
  const red = Array.from({ length: 50 }, (): [number, number, number] => [200, 20, 20])
  expect(palette([picture(...grey, [255, 240, 0], ...red), picture([0, 0, 0])], 4)).toEqual([
    '#646464',
    '#fff000',
    '#c81414',
    '#000000',
  ])
})

test('a palette of many large pictures does not keep a reader waiting', () => {
  const noise = Uint8Array.from({ length: 750_000 }, (_, i) => (i * i) % 251)
  expect(palette([fromBytes(noise, { height: 500, width: 500, channels: 3 })], 6)).toHaveLength(6)
})

test('a palette has no colour twice', () => {
  expect(palette([picture([9, 9, 9], [9, 9, 9], [200, 0, 0])], 6)).toHaveLength(2)
})

test('a palette is black and white where nothing is known', () => {
  expect(palette([], 6)).toEqual(['#ffffff', '#000000'])
  expect(palette([picture([5, 5, 5], [5, 5, 5])], 6)).toEqual(['#ffffff', '#000000'])
})

test.each([
  ['#000000', 'black'],
  ['#ffffff', 'white'],
  ['#808080', 'grey'],
  ['#303030', 'dark grey'],
  ['#ff0000', 'red'],
  ['#fff000', 'yellow'],
  ['#7a5230', 'brown'],
  ['#66cc66', 'green'],
  ['#000080', 'dark blue'],
  ['#ff00d0', 'pink'],
  ['#d00020', 'red'],
])('%s is %s', (colour, name) => expect(colourName(colour)).toBe(name))
