import { expect, test } from 'vitest'
import { describeUnread, parseSentence, quoteWords } from './typed-sentence.ts'

const vocabulary = new Map(
  ['<s>', '</s>', 'the', 'song', "isn't", 'old', '.', '7', 'm'].map((word, id) => [word, id]),
)
const tokens = { vocabulary: 'vocabulary.txt', begin: 0, end: 1, max_length: 4, lower: true }

/** Return the unread pieces of a sentence, and their description. */
function unread(text: string): [string[], string] {
  const { source } = parseSentence(text, vocabulary, tokens)
  expect(source.pieces.map(({ text }) => text).join('')).toBe(text)
  return [source.pieces.filter(({ read }) => !read).map(({ text }) => text), describeUnread(source)]
}

test('finds the same words as training and separates unknown ones', () => {
  const { ids, words, source } = parseSentence(
    'The Song isn’t OLD, zither Zither!',
    vocabulary,
    tokens,
  )
  expect(ids).toEqual([2, 3, 4, 5])
  expect(words).toEqual(['the', 'song', "isn't", 'old', 'zither', 'zither'])
  expect(source.read).toEqual(['the', 'song', "isn't", 'old'])
  expect(source.unknown).toEqual(['zither'])
})

test.each([
  ['The  SONG isn’t\u00a0ｏｌｄ', [], ''],
  [
    'the song (7 of 9) is old…',
    ['(7', 'of', '9)', 'is', '…'],
    'The model does not know “of” and “is”, did not read “(7”, “9)” and “…”, and read the rest.',
  ],
  ['the old song.', ['.'], 'The model did not read “.”; it read the rest.'], // in the vocabulary, but not a word
  [
    '7 old? old? 🎻',
    ['7', '?', '?', '🎻'],
    'The model did not read “7”, “?” and “🎻”; it read the rest.',
  ],
  [
    'the Zither, the zither',
    ['Zither', ',', 'zither'],
    'The model does not know “zither”, did not read “,”, and read the rest.',
  ],
  ['zither song', ['zither'], 'The model does not know “zither”, and read the rest.'],
  ['song ㏂', [], 'The model does not know “a”, and read the rest.'], // one character, two words, one of them known
])('lists what is not read in %j', (text, pieces, description) => {
  expect(unread(text)).toEqual([pieces, description])
})

test.each([
  [' ', 'your sentence: it has no words; type a few'],
  ['… 123', 'your sentence: it has no words, only “…” and “123”; type a few'],
  [
    'zither music!',
    'your sentence: the model knows none of its words (“zither” and “music”); try plainer ones',
  ],
  ['the the the, the the', 'your sentence: expected at most 4 words, found 5; shorten it'],
])('refuses %j', (text, line) => {
  expect(() => parseSentence(text, vocabulary, tokens)).toThrow(line)
})

test('quotes words', () => {
  expect(quoteWords(['a'])).toBe('“a”')
  expect(quoteWords(['a', 'b', 'c'])).toBe('“a”, “b” and “c”')
  expect(quoteWords('abcdefghij'.split(''))).toBe(
    '“a”, “b”, “c”, “d”, “e”, “f”, “g”, “h” and 2 more',
  )
  expect(quoteWords(['🎻'.repeat(24), '🎻'.repeat(25)])).toBe(
    `“${'🎻'.repeat(24)}” and “${'🎻'.repeat(23)}…”`,
  )
})
