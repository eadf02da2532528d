import type { Tokens } from '../../bundle/index.ts'
import { ZlideError } from '../../errors.ts'
import { count } from '../../format.ts'
import type { TypedText } from './sentence.ts'
import { type Segment, segment } from './tokenize.ts'

/** A typed sentence, parsed for the encoder. */
export interface ParsedSentence {
  ids: number[] // of the words in the vocabulary
  words: string[] // all words
  source: TypedText
}

/** Longer words are shortened in messages, in code points. */
const MAX_QUOTED = 24

/**
 * Parse a sentence for the encoder, and note what the encoder does not read: unknown words and signs.
 *
 * Throws a ZlideError if there are no known words, or too many.
 */
export function parseSentence(
  text: string,
  vocabulary: ReadonlyMap<string, number>,
  { lower, max_length: maxLength, begin, end }: Tokens,
): ParsedSentence {
  const segments = segment(text, { lower })
  const words = segments.flatMap((segment) => segment.words)
  const idOf = (word: string) => {
    const id = vocabulary.get(word)
    return id === begin || id === end ? undefined : id
  }
  const isKnown = (word: string) => idOf(word) !== undefined
  const read = words.filter(isKnown)
  const unknown = unique(words.filter((word) => !isKnown(word)))
  const signs = unique(segments.filter(({ kind }) => kind === 'sign').map(({ text }) => text))
  const refuse = (problem: string, remedy: string) =>
    new ZlideError('your sentence', problem, remedy, { permanent: true })
  if (words.length === 0)
    throw refuse(
      `it has no words${signs.length > 0 ? `, only ${quoteWords(signs)}` : ''}`,
      'type a few',
    )
  if (read.length === 0)
    throw refuse(`the model knows none of its words (${quoteWords(unknown)})`, 'try plainer ones')
  if (read.length > maxLength)
    throw refuse(`expected at most ${count(maxLength, 'word')}, found ${read.length}`, 'shorten it')
  const isRead = ({ kind, words }: Segment) => kind === 'space' || words.some(isKnown)
  const pieces = segments.map((segment) => ({ text: segment.text, read: isRead(segment) }))
  return {
    ids: read.map((word) => idOf(word) as number),
    words,
    source: { kind: 'typed', text, lower, read, unknown, signs, pieces },
  }
}

/** Describe what the encoder did not read; empty if it read everything. */
export function describeUnread({ unknown, signs }: TypedText): string {
  if (unknown.length === 0)
    return signs.length === 0
      ? ''
      : `The model did not read ${quoteWords(signs)}; it read the rest.`
  const also = signs.length === 0 ? '' : `, did not read ${quoteWords(signs)}`
  return `The model does not know ${quoteWords(unknown)}${also}, and read the rest.`
}

/** “one”, “two” and “three” */
export function quoteWords(words: readonly string[]): string {
  const each = words.slice(0, 8).map((word) => `“${shorten(word)}”`)
  const last = each.pop()
  const more = words.length > 8 ? ` and ${words.length - 8} more` : ''
  return each.length && !more ? `${each.join(', ')} and ${last}` : [...each, last].join(', ') + more
}

function shorten(word: string): string {
  const points = [...word]
  return points.length > MAX_QUOTED ? `${points.slice(0, MAX_QUOTED - 1).join('')}…` : word
}

const unique = (texts: readonly string[]) => [...new Set(texts)]
