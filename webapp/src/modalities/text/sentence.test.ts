import { expect, test } from 'vitest'
import { describeSentenceDifference, type Sentence } from './sentence.ts'
import { tokenize } from './tokenize.ts'
import { parseSentence } from './typed-sentence.ts'

const sentence = (text: string): Sentence => ({ kind: 'text', words: text.split(' ') })

test('counts the words that differ', () => {
  expect(describeSentenceDifference(sentence('a slow song'), sentence('a slow song'))).toBe(
    'Word for word the example',
  )
  expect(describeSentenceDifference(sentence('a loud song'), sentence('a slow song'))).toBe(
    '1 word differs from the example',
  )
  expect(describeSentenceDifference(sentence('the loud song'), sentence('a slow song'))).toBe(
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
  expect(describeSentenceDifference(sentence(decoded), example)).toBe(said)
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
  const example: Sentence = { kind: 'text', words, source }
  expect(describeSentenceDifference(sentence(decoded), example)).toBe(said)
})
