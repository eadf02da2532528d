import { ZlideError } from './errors.ts'
import { count } from './figures.ts'
import type { Tokens } from './manifest.ts'
import { splitWords } from './words.ts'

/** A reader's own sentence, as an encoder reads it. */
export interface Typed {
  ids: number[] // of the words that the model knows
  words: string[] // all of them
  unknown: string[] // those that it does not know, each once
}

/** The words of `text`, and which of them are not in the vocabulary. Throws a ZlideError, in one line, where none is left, or too many are. */
export function readSentence(text: string, vocabulary: ReadonlyMap<string, number>, { lower, longest, begin, end }: Tokens): Typed {
  const words = splitWords(text, { lower })
  const idOf = (word: string) => {
    const id = vocabulary.get(word)
    return id === begin || id === end ? undefined : id
  }
  const known = words.filter((word) => idOf(word) !== undefined)
  const unknown = [...new Set(words.filter((word) => idOf(word) === undefined))]
  const refuse = (problem: string, remedy: string) => new ZlideError('your sentence', problem, remedy, { lasting: true })
  if (words.length === 0) throw refuse('it has no words', 'type a few')
  if (known.length === 0) throw refuse(`the model knows none of its words (${quoted(unknown)})`, 'try plainer ones')
  if (known.length > longest) throw refuse(`expected at most ${count(longest, 'word')}, found ${known.length}`, 'shorten it')
  return { ids: known.map((word) => idOf(word) as number), words, unknown }
}

/** “one”, “two” and “three” */
export function quoted(words: readonly string[]): string {
  const each = words.slice(0, 8).map((word) => `“${word}”`)
  const last = each.pop()
  const more = words.length > 8 ? ` and ${words.length - 8} more` : ''
  return each.length && !more ? `${each.join(', ')} and ${last}` : [...each, last].join(', ') + more
}
