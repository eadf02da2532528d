import { expect, test } from 'vitest'
import type { Size } from '../bundle/manifest.ts'
import type { Picture } from './sample.ts'
import { fill, parseColour, Stroke } from './stroke.ts'

const paper = (height: number, width: number, channels: Size['channels']): Picture => ({
  kind: 'image',
  size: { height, width, channels },
  pixels: new Float32Array(height * width * channels),
})

/** How much of each pixel is painted, row by row, of a grey picture. */
const painted = (stroke: Stroke, width: number) => {
  const { pixels } = stroke.picture
  return Array.from({ length: pixels.length / width }, (_, y) =>
    Array.from(pixels.slice(y * width, (y + 1) * width)),
  )
}

test('a stroke of one pixel’s width paints the pixels that it passes, and nothing else', () => {
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

test('a stroke paints once what it passes twice', () => {
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

test('a stroke leaves no gap, however far apart its points are, and may leave the picture', () => {
  const stroke = new Stroke(paper(1, 50, 1), [1], 0.5, [-20, 0.5])
  stroke.extendTo([70, 0.5])
  expect(Math.min(...stroke.picture.pixels)).toBe(1)
})

test('a stroke leaves what is under it as it was, and mixes every channel', () => {
  const under = paper(1, 1, 3)
  const stroke = new Stroke(under, [1, 0.5, 0], 0.5, [1, 0.5])
  expect([...stroke.picture.pixels]).toEqual([0.5, 0.25, 0])
  expect([...under.pixels]).toEqual([0, 0, 0])
})

test('ink is what a pixel holds', () => {
  expect([...parseColour('#ff0033', 3)].map((value) => Math.round(255 * value))).toEqual([
    255, 0, 51,
  ])
  expect(parseColour('#ffffff', 1)[0]).toBeCloseTo(1)
  expect(parseColour('#00ff00', 1)[0]).toBeCloseTo(0.587)
})

test('ink fills a picture', () => {
  expect([...fill(paper(1, 2, 3), [1, 0.5, 0]).pixels]).toEqual([1, 0.5, 0, 1, 0.5, 0])
})
