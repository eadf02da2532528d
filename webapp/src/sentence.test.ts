import { expect, test } from 'vitest'
import { quoted, readSentence } from './sentence.ts'

const vocabulary = new Map(['<s>', '</s>', 'the', 'song', "isn't", 'old'].map((word, id) => [word, id]))
const tokens = { vocabulary: 'vocabulary.txt', begin: 0, end: 1, longest: 4, lower: true }

test('finds words as training did, and names those that the model does not know, each once', () => {
  expect(readSentence('The Song isn’t OLD, zither zither!', vocabulary, tokens)).toEqual({
    ids: [2, 3, 4, 5],
    words: ['the', 'song', "isn't", 'old', 'zither', 'zither'],
    unknown: ['zither'],
  })
})

test.each([
  ['… 123', 'your sentence: it has no words; type a few'],
  ['zither music', 'your sentence: the model knows none of its words (“zither” and “music”); try plainer ones'],
  ['the the the the the', 'your sentence: expected at most 4 words, found 5; shorten it'],
])('refuses %j', (text, line) => {
  expect(() => readSentence(text, vocabulary, tokens)).toThrow(line)
})

test('words in a row', () => {
  expect(quoted(['a'])).toBe('“a”')
  expect(quoted(['a', 'b', 'c'])).toBe('“a”, “b” and “c”')
  expect(quoted('abcdefghij'.split(''))).toBe('“a”, “b”, “c”, “d”, “e”, “f”, “g”, “h” and 2 more')
})
