import { expect, test } from 'vitest'
import type { AxesSet } from '../../bundle/index.ts'
import { load, randomize } from '../../view/index.ts'
import { varianceNote } from './variance-note.ts'

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
const atMean = load({ text: '', sliders: [0, 0], residual: [0, 0, 0], sample: null })
const atExample = (text: string) =>
  load({ text, sliders: [0, 0], residual: [1, 0, 0], sample: null })

const note = 'These 2 sliders cover 75.0\u202f% of the variance; the rest of z'
const ring = ' A ring marks the example.'

test('names the variance of all sliders, and the source of the residual', () => {
  const axes = set(0.5, 0.25)
  expect(varianceNote(axes, atExample('a song'))).toBe(`${note} stays as in the example.${ring}`)
  expect(varianceNote(axes, randomize(atExample('a song'), 3))).toBe(
    `${note} is at its mean.${ring}`,
  )
})

test('says that the residual stays after a visit to another set of axes', () => {
  const position = { ...atExample('a song'), residual: [0, 0.5, 0] }
  expect(varianceNote(set(0.5, 0.25), position)).toBe(`${note} stays as it was.${ring}`)
})

test('mentions no ring without an example', () => {
  expect(varianceNote(set(0.5, 0.25), atMean)).toBe(`${note} is at its mean.`)
})

test('uses the singular for one slider', () => {
  expect(varianceNote(set(0.5), atMean)).toBe(
    'This slider covers 50.0\u202f% of the variance; the rest of z is at its mean.',
  )
})

test('counts dimensions if the axes have no shares', () => {
  expect(varianceNote(set(null, null), atMean)).toBe(
    'These 2 sliders cover 2 of the 3 dimensions of z; the rest of z is at its mean.',
  )
})

test('mentions no residual if the axes span z', () => {
  expect(varianceNote(set(0.5, 0.25, 0.25), atExample('a song'))).toBe(
    `These 3 sliders cover all of z.${ring}`,
  )
  expect(varianceNote(set(null, null, null), atMean)).toBe('These 3 sliders cover all of z.')
})
