import { expect, test } from 'vitest'
import type { Sentence } from '../text/sentence.ts'
import { describePictureDifference, fromBytes, toRGBA } from './picture.ts'

const color = { height: 1, width: 2, channels: 3 } as const
const sentence: Sentence = { kind: 'text', words: ['a', 'song'] }
const grey = { height: 2, width: 1, channels: 1 } as const

test('reports the mean difference of pictures', () => {
  const one = fromBytes([0, 10, 20, 30, 40, 50], color)
  expect(describePictureDifference(one, one)).toBe('Pixel for pixel the example')
  expect(describePictureDifference(one, fromBytes([6, 10, 20, 30, 40, 44], color))).toBe(
    'Pixels differ by 2.0 of 255',
  )
})

test('compares neither pictures of different sizes nor a picture with a sentence', () => {
  expect(
    describePictureDifference(fromBytes([1, 2], grey), fromBytes([0, 0, 0, 0, 0, 0], color)),
  ).toBe('')
  expect(describePictureDifference(fromBytes([1, 2], grey), sentence)).toBe('')
})

test('converts bytes to a picture and to the RGBA of a canvas, in color and in grey', () => {
  const bytes = [0, 1, 127, 128, 254, 255]
  expect([...toRGBA(fromBytes(bytes, color))]).toEqual([0, 1, 127, 255, 128, 254, 255, 255])
  expect([...toRGBA(fromBytes([7, 200], grey))]).toEqual([7, 7, 7, 255, 200, 200, 200, 255])
})

test('converts color to grey by luma and ignores alpha', () => {
  expect([...toRGBA(fromBytes([255, 0, 0, 255, 9, 9, 9, 255], grey, 4))]).toEqual([
    76, 76, 76, 255, 9, 9, 9, 255,
  ])
})
