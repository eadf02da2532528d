import { expect, test } from 'vitest'
import { compare, fromBytes, type Sentence, toRGBA } from './sample.ts'

const sentence = (text: string): Sentence => ({ kind: 'text', words: text.split(' ') })
const colour = { height: 1, width: 2, channels: 3 } as const
const grey = { height: 2, width: 1, channels: 1 } as const

test('sentences are told apart by their words', () => {
  expect(compare(sentence('a slow song'), sentence('a slow song'))).toBe('Word for word the example')
  expect(compare(sentence('a loud song'), sentence('a slow song'))).toBe('1 word differs from the example')
  expect(compare(sentence('the loud song'), sentence('a slow song'))).toBe('2 words differ from the example')
})

test('pictures are told apart by the mean of all differences', () => {
  const one = fromBytes([0, 10, 20, 30, 40, 50], colour)
  expect(compare(one, one)).toBe('Pixel for pixel the example')
  expect(compare(one, fromBytes([6, 10, 20, 30, 40, 44], colour))).toBe('Pixels differ by 2.0 of 255')
})

test('what cannot be compared is not', () => {
  expect(compare(fromBytes([1, 2], grey), fromBytes([0, 0, 0, 0, 0, 0], colour))).toBe('')
  expect(compare(fromBytes([1, 2], grey), sentence('a song'))).toBe('')
})

test('bytes survive the way to a canvas, in colour and in grey', () => {
  const bytes = [0, 1, 127, 128, 254, 255]
  expect([...toRGBA(fromBytes(bytes, colour))]).toEqual([0, 1, 127, 255, 128, 254, 255, 255])
  expect([...toRGBA(fromBytes([7, 200], grey))]).toEqual([7, 7, 7, 255, 200, 200, 200, 255])
})

test('grey out of colours is as bright as they look, and an alpha is left out', () => {
  expect([...toRGBA(fromBytes([255, 0, 0, 255, 9, 9, 9, 255], grey, 4))]).toEqual([76, 76, 76, 255, 9, 9, 9, 255])
})
