import { count } from '../../format.ts'
import type { Sample } from '../../sample.ts'
import { isSameKind } from '../../samples/index.ts'
import { segment, tokenize } from './tokenize.ts'
import { wordDiff } from './word-diff.ts'

/** A decoded sentence, or the sentence of an example. */
export interface Sentence extends Sample {
  kind: 'text'
  words: readonly string[]
  confidence?: readonly number[] // of each word, if asked for
  ending?: number // confidence of the end; missing if the sentence reached the maximal length
  source?: Source // of an example: its text, which may have more than the words
}

/** The text of an example. */
export type Source = BundleText | TypedText

/** A text of the bundle, which has its z. */
export interface BundleText {
  kind: 'given'
  text: string
  lower: boolean // whether its words are in lower case
}

/** A text that the reader typed. The encoder found its z. */
export interface TypedText {
  kind: 'typed'
  text: string
  lower: boolean // whether its words are in lower case
  read: readonly string[] // the words that the encoder read, in order
  unknown: readonly string[] // words that are not in the vocabulary, each once
  signs: readonly string[] // everything but words and white space, each once
  pieces: readonly Piece[] // the whole text
}

/** A piece of a typed text. White space counts as read. */
export interface Piece {
  text: string
  read: boolean
}

/**
 * Describe how a sentence differs from the example.
 *
 * They are equal only if the whole text was read and decoded, signs included. Empty if the example
 * is not a sentence.
 */
export function describeSentenceDifference(sentence: Sentence, example: Sample): string {
  if (!isSameKind(sentence, example)) return ''
  const { words } = sentence
  const { source = { kind: 'given', text: example.words.join(' '), lower: false } } = example
  const decoded = tokensOf(words.join(' '), source.lower)
  const whole = tokensOf(source.text, source.lower)
  const isPartlyRead = source.kind === 'typed' && source.pieces.some(({ read }) => !read)
  if (isPartlyRead && isEqual(decoded, source.read)) return 'Word for word what was read'
  if (!isPartlyRead && isEqual(decoded, whole)) return 'Word for word the example'
  const writesSigns = decoded.length > tokenize(words.join(' '), source).length
  const number = wordDiff(writesSigns ? whole : example.words, decoded).count
  return number === 0
    ? 'The same words as the example'
    : `${count(number, 'word')} ${number === 1 ? 'differs' : 'differ'} from the example`
}

/** Return the words and signs of a text in order, without white space. */
function tokensOf(text: string, lower: boolean): string[] {
  return segment(text, { lower }).flatMap((each) =>
    each.kind === 'sign' ? [each.text.normalize('NFKC')] : each.words,
  )
}

const isEqual = (one: readonly string[], other: readonly string[]) =>
  one.length === other.length && one.every((word, i) => word === other[i])
