// The rule that turns text into words. It is stated once, in converter/zlide/words.py; both are tested against tests/golden/tokenize.json.

const CURLY = /[\u2018\u2019\u02bc\uff07]/gu
const WORD = /\p{L}[\p{L}\p{M}']*/gu
const TRAILING_APOSTROPHES = /'+$/u
const MARK = /^\p{M}/u
const BLANK = /^[\s\p{Cc}\p{Default_Ignorable_Code_Point}]+$/u // white space, and controls, joiners, soft hyphens, variation selectors
const SPACE = /^\s/u

/** What can be chosen about the rule: `lower: false` keeps the case, for case-sensitive vocabularies. */
interface Options {
  lower?: boolean
}

/** A segment of a text as it was written: a word, white space, or signs, which are everything else. */
export interface Segment {
  kind: 'word' | 'space' | 'sign'
  text: string
  words: readonly string[] // by the rule; mostly one, but “㏂” holds two; none for space and signs
}

/** Split `text` into words. */
export function tokenize(text: string, { lower = true }: Options = {}): string[] {
  return findWords(normalize(text, lower)).map(({ word }) => word)
}

/** Split `text` into segments, which joined give it back, and whose words are those of `splitWords`. */
export function segment(text: string, { lower = true }: Options = {}): Segment[] {
  const segments: Segment[] = []
  const words = findWords(normalize(text, lower)).reverse() // the next one is the last
  let start = 0 // of the unit, in the normalized text
  let wordEnd = 0 // of the last word that has begun
  for (const unit of unitsOf(text)) {
    const end = start + normalize(unit, lower).length
    const continued = wordEnd > start
    const begun: string[] = []
    for (let next = words.at(-1); next && next.start < end; next = words.at(-1)) {
      begun.push(next.word)
      wordEnd = next.end
      words.pop()
    }
    const last = segments.at(-1)
    const kind = continued || begun.length > 0 ? 'word' : kindOf(unit, last)
    if (last && (continued || (kind !== 'word' && kind === last.kind))) {
      last.text += unit
      last.words = [...last.words, ...begun]
    } else segments.push({ kind, text: unit, words: begun })
    start = end
  }
  return segments
}

/** A joiner belongs to the emoji before it; elsewhere there is nothing of it to see, as of white space. */
function kindOf(unit: string, before: Segment | undefined): 'space' | 'sign' {
  if (!BLANK.test(unit)) return 'sign'
  return before?.kind === 'sign' && !SPACE.test(unit) ? 'sign' : 'space'
}

function normalize(text: string, lower: boolean): string {
  const normal = text.normalize('NFKC')
  return (lower ? normal.toLowerCase() : normal).replace(CURLY, "'")
}

/** The words of a normalized text, and where they are in it. */
function findWords(normal: string): { word: string; start: number; end: number }[] {
  return Array.from(normal.matchAll(WORD), ({ 0: run, index }) => {
    const word = run.replace(TRAILING_APOSTROPHES, '')
    return { word, start: index, end: index + word.length }
  })
}

/**
 * The smallest units of `text` that can be normalized one by one: NFKC neither reorders nor composes across their borders.
 *
 * Lower case does look across them, at a final sigma, but that one is as long as any other.
 */
function unitsOf(text: string): string[] {
  const units: string[] = []
  for (const point of text) {
    const last = units.at(-1)
    if (last !== undefined && belongsTo(last, point)) units[units.length - 1] = last + point
    else units.push(point)
  }
  return units
}

/** Whether a code point belongs to the unit before it: as a mark, or as a letter that composes with it, as Hangul jamo do. */
function belongsTo(unit: string, point: string): boolean {
  if (point < '\x80') return false // most of most texts, and much slower to find out otherwise
  if (MARK.test(point.normalize('NFKD'))) return true
  return (unit + point).normalize('NFKC') !== unit.normalize('NFKC') + point.normalize('NFKC')
}
