import { expect, test } from 'vitest'
import { goldenText } from '../test/golden.ts'
import { splitWords } from './words.ts'

const { cases } = JSON.parse(goldenText('words.json')) as { cases: { text: string; lower: boolean; words: string[] }[] }

test.each(cases)('$text', ({ text, lower, words }) => {
  expect(splitWords(text, { lower })).toEqual(words)
})
