import { expect, test } from 'vitest'
import { nameOf, palette } from './palette.ts'
import { fromBytes } from './sample.ts'

const picture = (...colours: [number, number, number][]) => fromBytes(colours.flat(), { height: 1, width: colours.length, channels: 3 })

test('a palette begins with what is least like the rest, however little there is of it', () => {
  const grey = Array.from({ length: 200 }, (_, i): [number, number, number] => [100 + (i % 3), 100, 100])
  expect(palette([picture(...grey, [255, 240, 0]), picture([0, 0, 0])], 3)).toEqual(['#fff000', '#000000', '#666464'])
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
])('%s is %s', (colour, name) => expect(nameOf(colour)).toBe(name))
