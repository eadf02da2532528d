import { expect, test } from 'vitest'
import type { AxesSet } from '../bundle/manifest.ts'
import { load, randomize } from '../view/view.ts'
import { explain } from './variance-note.ts'

const graph = { path: 'model.json', inputs: [], outputs: [] }
const set = (...shares: (number | null)[]): AxesSet => ({
  name: 'pca',
  default_count: 5,
  range: 3,
  axes: shares.map((share, i) => ({ name: `axis ${i + 1}`, note: null, stdev: 1, share })),
  to: graph,
  from: graph,
  points: null,
})
const nowhere = load({ text: '', sliders: [0, 0], residual: [0, 0, 0], sample: null })
const place = (text: string) => load({ text, sliders: [0, 0], residual: [1, 0, 0], sample: null })

test('says what the axes hold, and where the rest of z is', () => {
  const line = '2 axes hold 75.0\u202f% of the variance; the rest of z is'
  expect(explain(set(0.5, 0.25), place('a song'))).toBe(
    `${line} the example’s own. A ring on a slider marks the example.`,
  )
  expect(explain(set(0.5, 0.25), randomize(place('a song'), 3))).toBe(
    `${line} at its mean. A ring on a slider marks the example.`,
  )
})

test('of a detour over another set something else may stay', () => {
  const there = { ...place('a song'), residual: [0, 0.5, 0] }
  expect(explain(set(0.5, 0.25), there)).toContain('the rest of z stays as it was. ')
})

test('speaks of no example where none is loaded', () => {
  expect(explain(set(0.5, 0.25), nowhere)).toBe(
    '2 axes hold 75.0\u202f% of the variance; the rest of z is at its mean.',
  )
})

test('one axis is one', () => {
  expect(explain(set(0.5), nowhere)).toBe(
    '1 axis holds 50.0\u202f% of the variance; the rest of z is at its mean.',
  )
})

test('axes without shares are so many of the dimensions', () => {
  expect(explain(set(null, null), nowhere)).toBe(
    '2 axes span 2 of the 3 dimensions of z; the rest of z is at its mean.',
  )
})

test('there is no rest where the axes span all of z', () => {
  expect(explain(set(0.5, 0.25, 0.25), place('a song'))).toBe(
    '3 axes span all of z. A ring on a slider marks the example.',
  )
  expect(explain(set(null, null, null), nowhere)).toBe('3 axes span all of z.')
})
