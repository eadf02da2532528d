import { expect, test } from 'vitest'
import { describeDifference, fromBytes, type Sentence, toRGBA } from './sample.ts'
import { tokenize } from './tokenize.ts'
import { parseSentence } from './typed-sentence.ts'

const sentence = (text: string): Sentence => ({ kind: 'text', words: text.split(' ') })
const color = { height: 1, width: 2, channels: 3 } as const
const grey = { height: 2, width: 1, channels: 1 } as const

test('counts the words that differ', () => {
  expect(describeDifference(sentence('a slow song'), sentence('a slow song'))).toBe(
    'Word for word the example',
  )
  expect(describeDifference(sentence('a loud song'), sentence('a slow song'))).toBe(
    '1 word differs from the example',
  )
  expect(describeDifference(sentence('the loud song'), sentence('a slow song'))).toBe(
    '2 words differ from the example',
  )
})

test.each([
  ['A slow  song', 'a slow song', 'Word for word the example'],
  ['A slow song!', 'a slow song', 'The same words as the example'],
  ['A slow song 4 you', 'a slow song you', 'The same words as the example'],
  ['A slow song!', 'a loud song', '1 word differs from the example'],
  ['A slow song.', 'a slow song .', 'Word for word the example'], // the model decodes signs
  ['A slow song', 'a slow song .', '1 word differs from the example'],
  ['7 to 9', '7 to 8', '1 word differs from the example'],
  ['7 to 9', '7 to 9', 'Word for word the example'],
])('the example %j of a bundle, decoded as %j', (text, decoded, said) => {
  const example: Sentence = {
    kind: 'text',
    words: tokenize(text),
    source: { kind: 'given', text, lower: true },
  }
  expect(describeDifference(sentence(decoded), example)).toBe(said)
})

test.each([
  ['A slow  SONG', 'a slow song', 'Word for word the example'],
  ['A slow song?', 'a slow song', 'Word for word what was read'],
  ['A slow, slow 2nd song', 'a slow slow song', 'Word for word what was read'],
  ['A slow zither song', 'a slow song', 'Word for word what was read'],
  ['A slow song?', 'a loud song', '1 word differs from the example'],
  ['A slow zither song', 'a loud song', '2 words differ from the example'],
  ['A slow song?', 'a slow song ?', 'The same words as the example'], // the encoder did not read the sign
])('the sentence %j of a reader, decoded as %j', (text, decoded, said) => {
  const vocabulary = new Map(
    ['<s>', '</s>', 'a', 'slow', 'loud', 'song', '?'].map((word, id) => [word, id]),
  )
  const { words, source } = parseSentence(text, vocabulary, {
    vocabulary: '',
    begin: 0,
    end: 1,
    max_length: 8,
    lower: true,
  })
  expect(describeDifference(sentence(decoded), { kind: 'text', words, source })).toBe(said)
})

test('reports the mean difference of pictures', () => {
  const one = fromBytes([0, 10, 20, 30, 40, 50], color)
  expect(describeDifference(one, one)).toBe('Pixel for pixel the example')
  expect(describeDifference(one, fromBytes([6, 10, 20, 30, 40, 44], color))).toBe(
    'Pixels differ by 2.0 of 255',
  )
})

test('compares neither pictures of different sizes nor a picture with a sentence', () => {
  expect(describeDifference(fromBytes([1, 2], grey), fromBytes([0, 0, 0, 0, 0, 0], color))).toBe('')
  expect(describeDifference(fromBytes([1, 2], grey), sentence('a song'))).toBe('')
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
