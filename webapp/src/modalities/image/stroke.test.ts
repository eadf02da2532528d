import { expect, test } from 'vitest'
import type { Size } from '../../bundle/manifest.ts'
import type { Picture } from './picture.ts'
import { fill, parseColor, Stroke } from './stroke.ts'

const paper = (height: number, width: number, channels: Size['channels']): Picture => ({
  kind: 'image',
  size: { height, width, channels },
  pixels: new Float32Array(height * width * channels),
})

/** Return the coverage of each pixel of a grey picture, row by row. */
const painted = (stroke: Stroke, width: number) => {
  const { pixels } = stroke.picture
  return Array.from({ length: pixels.length / width }, (_, y) =>
    Array.from(pixels.slice(y * width, (y + 1) * width)),
  )
}

test('a stroke one pixel wide paints only the pixels that it crosses', () => {
  const stroke = new Stroke(paper(3, 5, 1), [1], 0.5, [1.5, 1.5])
  stroke.extendTo([3.5, 1.5])
  expect(painted(stroke, 5)).toEqual([
    [0, 0, 0, 0, 0],
    [0, 1, 1, 1, 0],
    [0, 0, 0, 0, 0],
  ])
})

test('a stroke is round, with a soft edge', () => {
  const rows = painted(new Stroke(paper(7, 7, 1), [1], 2, [3.5, 3.5]), 7)
  expect(rows[3]).toEqual([0, 0.5, 1, 1, 1, 0.5, 0])
  expect(rows[1]?.[1]).toBe(0)
  expect(rows.map((row) => row[3])).toEqual(rows[3])
})

test('crossing a pixel twice paints it once', () => {
  const once = new Stroke(paper(8, 8, 1), [1], 1.5, [2, 2])
  once.extendTo([6, 5])
  const twice = new Stroke(paper(8, 8, 1), [1], 1.5, [2, 2])
  for (const end of [
    [6, 5],
    [2, 2],
    [6, 5],
  ] as const)
    twice.extendTo(end)
  expect(twice.picture.pixels).toEqual(once.picture.pixels)
})

test('a stroke between distant points has no gaps and may start outside the picture', () => {
  const stroke = new Stroke(paper(1, 50, 1), [1], 0.5, [-20, 0.5])
  stroke.extendTo([70, 0.5])
  expect(Math.min(...stroke.picture.pixels)).toBe(1)
})

test('a stroke mixes every channel and does not change its background', () => {
  const under = paper(1, 1, 3)
  const stroke = new Stroke(under, [1, 0.5, 0], 0.5, [1, 0.5])
  expect([...stroke.picture.pixels]).toEqual([0.5, 0.25, 0])
  expect([...under.pixels]).toEqual([0, 0, 0])
})

test('parses a color to the values of a pixel', () => {
  expect([...parseColor('#ff0033', 3)].map((value) => Math.round(255 * value))).toEqual([
    255, 0, 51,
  ])
  expect(parseColor('#ffffff', 1)[0]).toBeCloseTo(1)
  expect(parseColor('#00ff00', 1)[0]).toBeCloseTo(0.587)
})

test('fills a picture with one color', () => {
  expect([...fill(paper(1, 2, 3), [1, 0.5, 0]).pixels]).toEqual([1, 0.5, 0, 1, 0.5, 0])
})
