import { expect, test } from 'vitest'
import { goldenText } from '../../../test/golden.ts'
import { colorName, palette } from './palette.ts'
import { fromBytes } from './picture.ts'

const picture = (...colors: [number, number, number][]) =>
  fromBytes(colors.flat(), { height: 1, width: colors.length, channels: 3 })

test('alternates between common colors and colors unlike the rest, even rare ones', () => {
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

test('makes a palette of a large picture', () => {
  const noise = Uint8Array.from({ length: 750_000 }, (_, i) => (i * i) % 251)
  expect(palette([fromBytes(noise, { height: 500, width: 500, channels: 3 })], 6)).toHaveLength(6)
})

test('has no color twice', () => {
  expect(palette([picture([9, 9, 9], [9, 9, 9], [200, 0, 0])], 6)).toHaveLength(2)
})

test('is white and black without pictures, or if they have one color', () => {
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
])('%s is %s', (color, name) => expect(colorName(color)).toBe(name))

// Made in Python by tests/golden/hues.py; the converter is tested against the same file.
const { cases } = JSON.parse(goldenText('hues.json')) as {
  cases: { color: string; word: string }[]
}

test.each(cases)('the vivid color $color is $word', ({ color, word }) =>
  expect(colorName(color)).toBe(word),
)
