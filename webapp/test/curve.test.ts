// A kind of output from outside, whose code is in tests/curve; `ZLIDE_KINDS` would add it to a build.

import { beforeEach, expect, test, vi } from 'vitest'
import * as curves from '../../tests/curve/kinds.ts'
import { type Curve, spec } from '../../tests/curve/spec.ts'
import { decoderGraphs, type Manifest, specOf } from '../src/bundle/index.ts'
import { parseManifest } from '../src/bundle/manifest.ts'
import { findKind } from '../src/find-kind.ts'
import { loadModality } from '../src/modalities/index.ts'
import { loadWorkerModality } from '../src/runtime/modalities.ts'
import { poster } from '../src/samples/index.ts'
import { goldenText } from './golden.ts'

const added = vi.hoisted(() => ({ specs: {}, modalities: {}, workerModalities: {} }))
vi.mock('virtual:kinds', () => added)

beforeEach(() => {
  for (const [name, kinds] of Object.entries(curves)) {
    const part: Record<string, unknown> = added[name as keyof typeof added]
    for (const kind of Object.keys(part)) delete part[kind]
    Object.assign(part, kinds)
  }
})

const LENGTH = 3
const base = new URL('http://site.test/curve/')
const encode = (values: readonly number[]) =>
  btoa(String.fromCharCode(...new Uint8Array(Float32Array.from(values).buffer)))

/** Return the text of a manifest of curves, with some keys changed. */
function manifestWith(changes: Record<string, unknown> = {}): string {
  const golden = JSON.parse(goldenText('image/manifest.json'))
  const curve = { path: 'decoder/curve/model.json', inputs: ['z'], outputs: ['values'] }
  return JSON.stringify({
    ...golden,
    decoder: { kind: 'curve', curve, length: LENGTH },
    encoder: null,
    pictures: null,
    posters: [{ ...golden.posters[0], decoded: encode([0, 0.5, -1]) }],
    ...changes,
  })
}

const parsed = (): Manifest => parseManifest(manifestWith(), 'm.json')

test('the page accepts the kind, and still those of its own', () => {
  expect(decoderGraphs(parsed())).toEqual([
    {
      name: 'decoder.curve',
      graph: { path: 'decoder/curve/model.json', inputs: ['z'], outputs: ['values'] },
      inputs: [8],
      outputs: [LENGTH],
    },
  ])
  for (const name of ['text', 'image'])
    expect(parseManifest(goldenText(`${name}/manifest.json`), 'm.json').name).toBe(name)
})

test.each([
  [{ decoder: { kind: 'curve', length: 3 } }, 'decoder.curve: missing'],
  [
    { decoder: { kind: 'curve', curve: { path: 'a', inputs: ['z'], outputs: ['x'] }, length: 1 } },
    'decoder.length: expected at least 2, found 1',
  ],
  [{ decoder: { kind: 'sound' } }, 'decoder: expected kind to be one of image, text, curve, found'],
  [
    {
      decoder: { kind: 'curve', curve: { path: 'a', inputs: ['z', 'y'], outputs: [] }, length: 3 },
    },
    'decoder.curve.inputs: expected length 1, found 2, decoder.curve.outputs: expected length 1',
  ],
  [
    { posters: [{ ...JSON.parse(manifestWith()).posters[0], decoded: encode([1]) }] },
    'posters.0.decoded: expected length 12, found 4',
  ],
])('refuses what its spec does not allow: %j', (changes, problem) => {
  expect(() => parseManifest(manifestWith(changes), 'm.json')).toThrow(problem)
})

test('its modality reads posters, compares in words, and has values', async () => {
  const manifest = parsed()
  const modality = await loadModality(manifest, base)
  const { example, sample } = poster(manifest, modality)
  const decoded = sample as Curve
  expect([...decoded.values]).toEqual([0, 0.5, -1])
  expect(example.sample).toEqual(decoded)
  expect(modality.describeDifference(decoded, decoded)).toBe('The curve of the example')
  const other: Curve = { kind: 'curve', values: Float32Array.from([0, 0.25, -1]) }
  expect(modality.describeDifference(other, decoded)).toBe('Differs by up to 0.25 from the example')
  expect(modality.parity?.isEqual(decoded, [0, 0.5, -1])).toBe(true)
  expect(modality.parity?.isEqual(decoded, [0, 0.5, -0.9])).toBe(false)
  expect(specOf(manifest).values?.of(decoded)).toBe(decoded.values)
})

test('names the export that lacks the kind', async () => {
  Object.assign(added.modalities, { curve: undefined })
  Object.assign(added.workerModalities, { curve: undefined })
  await expect(loadModality(parsed(), base)).rejects.toThrow(
    /^ZLIDE_KINDS: expected "curve" in the export modalities, found none; add it/,
  )
  await expect(loadWorkerModality('curve')).rejects.toThrow(
    /^ZLIDE_KINDS: expected "curve" in the export workerModalities, found none; add it/,
  )
})

test('refuses kinds from outside with the names of its own', async () => {
  const image = parseManifest(goldenText('image/manifest.json'), 'm.json')
  Object.assign(added.modalities, { image: async () => () => null })
  await expect(loadModality(image, base)).rejects.toThrow(
    /^ZLIDE_KINDS: expected a new kind in the export modalities, found "image".*; rename it/,
  )
  Object.assign(added.workerModalities, { image: async () => null })
  await expect(loadWorkerModality('image')).rejects.toThrow(
    'export workerModalities, found "image"',
  )
  Object.assign(added.specs, { image: spec })
  expect(parsed).toThrow('export specs, found "image"')
})

test('a kind with the name of a property of objects is not found by chance', () => {
  expect(() => findKind('constructor', {}, null, 'modalities')).toThrow(/constructor/)
})
