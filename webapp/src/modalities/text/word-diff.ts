/** The shortest edit from one list of words to another. */
export interface WordDiff {
  count: number // words inserted, deleted or replaced
  from: (number | null)[] // for each new word, its index in the old list; null if it is new
}

/** Compare two sentences word by word (Levenshtein distance, with its alignment). */
export function wordDiff(before: readonly string[], after: readonly string[]): WordDiff {
  // cost[i][j]: from the first i old words to the first j new words
  const cost = Array.from({ length: before.length + 1 }, (_, i) =>
    Array.from({ length: after.length + 1 }, (_, j) => (i === 0 ? j : j === 0 ? i : 0)),
  )
  const at = (i: number, j: number) => cost[i]?.[j] ?? Infinity
  for (const [i, old] of before.entries()) {
    for (const [j, word] of after.entries()) {
      const row = cost[i + 1] as number[]
      row[j + 1] = Math.min(at(i, j) + (old === word ? 0 : 1), at(i, j + 1) + 1, at(i + 1, j) + 1)
    }
  }
  const from: (number | null)[] = after.map(() => null)
  let [i, j] = [before.length, after.length]
  while (i > 0 && j > 0) {
    const same = before[i - 1] === after[j - 1]
    if (at(i, j) === at(i - 1, j - 1) + (same ? 0 : 1)) {
      if (same) from[j - 1] = i - 1
      i -= 1
      j -= 1
    } else if (at(i, j) === at(i - 1, j) + 1) i -= 1
    else j -= 1
  }
  return { count: at(before.length, after.length), from }
}

/** Consecutive words that are all new, or all unchanged. */
export interface Run {
  text: string
  changed: boolean
}

/** Split a sentence into runs by what changed since another sentence; one run without another. */
export function diffRuns(words: readonly string[], before: readonly string[] | null): Run[] {
  const from = before && wordDiff(before, words).from
  const runs: Run[] = []
  for (const [i, word] of words.entries()) {
    const changed = from !== null && from[i] === null
    const last = runs.at(-1)
    if (last?.changed === changed) last.text += ` ${word}`
    else runs.push({ text: word, changed })
  }
  return runs
}
