/** How one list of words becomes another with the fewest words inserted, dropped or replaced. */
export interface WordDiff {
  /** so many words inserted, dropped or replaced */
  count: number
  /** for each new word, the place of the same word in the old list; null for a word that is new */
  from: (number | null)[]
}

/** Compare two sentences word by word (Levenshtein distance, with its alignment). */
export function wordDiff(before: readonly string[], after: readonly string[]): WordDiff {
  // cost[i][j]: from the first i words before to the first j words after
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
