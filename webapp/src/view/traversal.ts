import { wordDiff } from '../samples/index.ts'

/** So many places are decoded along an axis, from one of its ends to the other. */
export const TRAVERSAL_FRAMES = 7

/** So many on the way from A to B, both of them included. */
export const INTERPOLATION_FRAMES = 9

/** Words that stand side by side, all of them as they were before, or none. */
export interface Run {
  text: string
  changed: boolean
}

/** A sentence in as few runs as there are, by what changed since another one; one run where there is no other. */
export function diffRuns(words: readonly string[], before: readonly string[] | null): Run[] {
  const from = before && wordDiff(before, words).from
  const found: Run[] = []
  for (const [i, word] of words.entries()) {
    const fresh = from !== null && from[i] === null
    const last = found.at(-1)
    if (last?.changed === fresh) last.text += ` ${word}`
    else found.push({ text: word, changed: fresh })
  }
  return found
}

/** So many values, evenly spaced from −range to range, at the notches of a slider. */
export const evenlySpaced = (range: number, count: number): number[] =>
  Array.from(
    { length: count },
    (_, i) => Math.round((100 * range * (2 * i - (count - 1))) / (count - 1)) / 100,
  )

/** How far a value is along the way from −range to range: 0…1. */
export const fractionOf = (value: number, range: number): number => clamp((value / range + 1) / 2)

/** Which of so many places, evenly spaced from 0 to 1, is the nearest. */
export const nearestIndex = (at: number, count: number): number =>
  Math.round(clamp(at) * (count - 1))

const clamp = (at: number) => Math.max(0, Math.min(1, at))

/** "−1.5", with a minus as long as it should be; hundredths are the last to be told. */
export const formatSigned = (value: number): string =>
  String(Number(value.toFixed(2))).replace('-', '−')
