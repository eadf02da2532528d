// Splits text into words by the rule stated in converter/zlide/tokenize.py. Both are tested against
// tests/golden/tokenize.json.

const CURLY = /[\u2018\u2019\u02bc\uff07]/gu
const WORD = /\p{L}[\p{L}\p{M}']*/gu
const TRAILING_APOSTROPHES = /'+$/u
const MARK = /^\p{M}/u
const BLANK = /^[\s\p{Cc}\p{Default_Ignorable_Code_Point}]+$/u // white space, and controls, joiners, soft hyphens, variation selectors
const SPACE = /^\s/u

/** `lower: false` keeps the case, for vocabularies that have one. */
interface Options {
  lower?: boolean
}

/** A segment of a text: a word, white space, or signs, which are everything else. */
export interface Segment {
  kind: 'word' | 'space' | 'sign'
  text: string
  words: readonly string[] // usually one, but “㏂” has two; empty for space and signs
}

/** Split `text` into words. */
export function tokenize(text: string, { lower = true }: Options = {}): string[] {
  return findWords(normalize(text, lower)).map(({ word }) => word)
}

/** Split `text` into segments. Joined, they are the text; their words are those of `tokenize`. */
export function segment(text: string, { lower = true }: Options = {}): Segment[] {
  const segments: Segment[] = []
  const words = findWords(normalize(text, lower)).reverse() // the next one is the last
  let start = 0 // offset of the unit in the normalized text
  let wordEnd = 0 // end of the last word that has begun
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

/** A joiner belongs to the emoji before it; elsewhere it is invisible and counts as white space. */
function kindOf(unit: string, before: Segment | undefined): 'space' | 'sign' {
  if (!BLANK.test(unit)) return 'sign'
  return before?.kind === 'sign' && !SPACE.test(unit) ? 'sign' : 'space'
}

function normalize(text: string, lower: boolean): string {
  const normal = text.normalize('NFKC')
  return (lower ? normal.toLowerCase() : normal).replace(CURLY, "'")
}

/** Return the words of a normalized text, with their offsets. */
function findWords(normal: string): { word: string; start: number; end: number }[] {
  return Array.from(normal.matchAll(WORD), ({ 0: run, index }) => {
    const word = run.replace(TRAILING_APOSTROPHES, '')
    return { word, start: index, end: index + word.length }
  })
}

/**
 * Return the smallest units of `text` that can be normalized one by one: NFKC does not reorder or
 * compose across their borders.
 *
 * Lower case of a final sigma depends on its neighbors, but its length does not.
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

/** Return whether a code point belongs to the unit before it: a mark, or a letter that composes, like Hangul jamo. */
function belongsTo(unit: string, point: string): boolean {
  if (point < '\x80') return false // fast path for ASCII
  if (MARK.test(point.normalize('NFKD'))) return true
  return (unit + point).normalize('NFKC') !== unit.normalize('NFKC') + point.normalize('NFKC')
}
