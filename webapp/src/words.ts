// The rule that turns text into words. It is stated once, in converter/zlide/words.py; both are tested against tests/golden/words.json.

const CURLY = /[\u2018\u2019\u02bc\uff07]/gu
const RUN = /\p{L}[\p{L}\p{M}']*/gu
const END = /'+$/u

/** Split `text` into words; `lower: false` keeps its case, for case-sensitive vocabularies. */
export function splitWords(text: string, { lower = true } = {}): string[] {
  const normal = text.normalize('NFKC')
  const runs = (lower ? normal.toLowerCase() : normal).replace(CURLY, "'").match(RUN) ?? []
  return runs.map((run) => run.replace(END, ''))
}
