import { readFileSync } from 'node:fs'
import { expect, test } from 'vitest'
import { seeded } from '../../test/random.ts'
import type { Manifest } from '../bundle/manifest.ts'
import { createImage } from '../modalities/image/index.ts'
import type { Picture } from '../modalities/image/picture.ts'
import { createText } from '../modalities/text/index.ts'
import type { Sentence } from '../modalities/text/sentence.ts'
import type { Example } from '../samples/example.ts'
import { modelVersion } from './model-version.ts'
import { quantize } from './quantize.ts'
import { decodeView, encodeView, FIELDS, type UrlContext } from './url.ts'
import { initialView, load, move, randomize, type View } from './view.ts'

const axes = (name: string, count: number) => ({
  name,
  shown: 2,
  range: 3,
  axes: Array.from({ length: count }, (_, i) => ({ name: `${i}` })),
})
const manifest = {
  latent_size: 4,
  encoder: { kind: 'text' },
  tokens: { vocabulary: 'vocabulary.txt', lower: true },
  axes: [axes('pca', 3), axes('raw', 2)],
  files: [{ path: 'a', bytes: 1, sha256: 'ab' }],
} as unknown as Manifest
const example = (i: number): Example => ({
  text: `example ${i}`,
  sliders: [i / 7, -i / 3, 0.1],
  residual: [i, 0.3, 1, 2],
  sample: { kind: 'text', words: [] } as Sentence,
})
const examples = [0, 1, 2].map(example)
const base = new URL('http://site.test/')
const known: UrlContext = { manifest, examples, modality: createText(manifest, base) }
const VERSION = modelVersion(manifest, examples)
const first = initialView(load(examples[0] as Example))
const from = (change: (view: View) => View) => encodeView(change(first), known)

test('docs/embedding.md describes every key', () => {
  const text = readFileSync(new URL('../../../docs/embedding.md', import.meta.url), 'utf8')
  const described = [...text.matchAll(/^\| `([a-z])=/gm)].map(([, key]) => key)
  const keys = Object.values(FIELDS).map(({ key }) => key)
  expect(described.sort()).toEqual([...keys, 'v'].sort())
})

test('encodes nothing for the initial view', () => {
  expect(encodeView(first, known)).toBe('')
  expect(decodeView('', known)).toMatchObject({
    set: 0,
    example: null,
    sliders: [null, null, null],
    residual: 'home',
    isOtherVersion: false,
    interpolation: { t: null },
  })
})

test('encodes the example and the sliders that were moved, to the last bit', () => {
  const text = from((view) => ({ ...view, position: move(load(examples[2] as Example), 1, -0.07) }))
  expect(text).toBe(`e=3&z=,-0.07&v=${VERSION}`)
  expect(decodeView(text, known)).toMatchObject({
    example: 2,
    sliders: [null, -0.07, null],
    residual: 'home',
  })
})

test('encodes a random position without the residual of the example', () => {
  const position = randomize(first.position, 3, seeded(1))
  const wanted = decodeView(
    from((view) => ({ ...view, position })),
    known,
  )
  expect(wanted.sliders).toEqual(position.sliders)
  expect(wanted.residual).toBe('none')
})

test('packs many sliders, to the last bit', () => {
  const wide = { ...manifest, axes: [axes('raw', 64)] } as unknown as Manifest
  const home: Example = {
    ...example(1),
    sliders: Array.from({ length: 64 }, (_, i) => Math.sin(i)),
  }
  const random = randomize(load(home), 3, seeded(2))
  const text = encodeView(
    { ...first, position: random },
    { ...known, manifest: wide, examples: [home] },
  )
  expect(text.length).toBeLessThan(200)
  expect(decodeView(text, { ...known, manifest: wide, examples: [home] })).toMatchObject({
    sliders: random.sliders,
    residual: 'none',
  })

  const part = {
    ...random,
    sliders: random.sliders.map((value, i) => (i % 3 ? value : (home.sliders[i] as number))),
  }
  const wanted = decodeView(
    encodeView({ ...first, position: part }, { ...known, manifest: wide, examples: [home] }),
    {
      ...known,
      manifest: wide,
      examples: [home],
    },
  )
  expect(wanted.sliders).toEqual(random.sliders.map((value, i) => (i % 3 ? value : null)))
  expect(() => decodeView('z=~AAAA', { ...known, manifest: wide, examples: [home] })).toThrow(
    'does not fit',
  )

  const between = { ...random, sliders: random.sliders.map((value) => value + Math.PI) } // not quantized
  const exact = decodeView(
    encodeView({ ...first, position: between }, { ...known, manifest: wide, examples: [home] }),
    {
      ...known,
      manifest: wide,
      examples: [home],
    },
  )
  expect(exact.sliders).toEqual(between.sliders)
})

test('packs sliders that are not quantized as float32, to the last bit', () => {
  const wide = { ...manifest, axes: [axes('raw', 15)] } as unknown as Manifest
  const position = {
    ...load(example(0)),
    sliders: Array.from({ length: 15 }, (_, i) => Math.fround(Math.sin(i + 1))),
  }
  const text = encodeView(
    {
      ...first,
      position: {
        ...position,
        exampleCoordinates: { ...position.exampleCoordinates, sliders: Array(15).fill(0) },
      },
    },
    { ...known, manifest: wide, examples },
  )
  expect(text.length).toBeLessThan(120)
  expect(decodeView(text, { ...known, manifest: wide, examples }).sliders).toEqual(position.sliders)
  const huge = `z=~~${btoa(String.fromCharCode(...new Uint8Array(new Float32Array(15).fill(1e30).buffer))).replace(/[=]/g, '')}`
  expect(() => decodeView(huge, { ...known, manifest: wide, examples })).toThrow(
    'does not fit this model',
  )
})

test('encodes the quantized position of a picture of the reader', () => {
  const point = quantize({ sliders: [0.12345, -2.5, 1], residual: [0.777, -1.5, 7.9, 0] })
  const picture: Example = {
    text: 'own.png',
    sample: {
      kind: 'image',
      size: { height: 1, width: 1, channels: 1 },
      pixels: new Float32Array(1),
    } as Picture,
    ...point,
  }
  const size = { height: 1, width: 1, channels: 1 }
  const kind = 'image'
  const pictures = { decoder: { kind, size }, encoder: { kind, size }, tokens: null }
  const imageManifest = { ...manifest, ...pictures } as unknown as Manifest
  const ofPictures: UrlContext = {
    manifest: imageManifest,
    examples,
    modality: createImage(imageManifest),
  }
  const wanted = decodeView(
    encodeView({ ...first, position: load(picture) }, ofPictures),
    ofPictures,
  )
  expect(wanted).toMatchObject({ example: null, hasLostPicture: true, ...point })
  expect(() => decodeView('p=1', known)).toThrow(/^this link: p=1 /)
})

test('encodes a typed sentence by its text, and the sliders moved since', () => {
  const own: Example = { ...example(9), text: 'a song & more' }
  const text = from((view) => ({ ...view, position: move(load(own), 0, 1) }))
  expect(text).toContain('o=a+song+%26+more&z=1&')
  expect(decodeView(text, known)).toMatchObject({
    typedText: 'a song & more',
    sliders: [1, null, null],
    residual: 'home',
  })
})

test('encodes no name of a file, even for a kind that is copied as text', () => {
  const { input } = known.modality
  const file = { label: 'Open', accept: 'text/plain', read: () => Promise.reject() }
  const modality = { ...known.modality, input: input && { ...input, text: null, file } }
  const own: Example = { ...example(9), text: 'song.txt' }
  const context = { ...known, modality }
  const text = encodeView({ ...first, position: load(own) }, context)
  expect(text).not.toContain('song')
  expect(decodeView(text, context)).toMatchObject({ typedText: null, hasLostPicture: true })
})

test('encodes an interpolation and the point on it, but not the position there', () => {
  const here = quantize({ sliders: [1, 2, 3], residual: [4, 5, 6, 7] })
  const ends: View['interpolation'] = {
    a: { example: 1, ...(examples[1] as Example) },
    b: { example: null, ...here },
    shape: 'spherical',
    t: 0.25,
  }
  const text = from((view) => ({
    ...view,
    interpolation: ends,
    position: { ...view.position, ...here },
  }))
  expect(text).not.toMatch(/[zr]=/)
  expect(decodeView(text, known).interpolation).toMatchObject({
    a: { example: 1 },
    b: { example: null, ...here },
    shape: 'spherical',
    t: 0.25,
  })
})

test('encodes the set of axes, the decoding mode and the axes of the map', () => {
  const text = from((view) => ({
    position: {
      ...view.position,
      set: 1,
      sliders: [1, 2],
      exampleCoordinates: { ...view.position.exampleCoordinates, sliders: [1, 0] },
    },
    interpolation: view.interpolation,
    decoding: { kind: 'drawn', temperature: 0.7, top: null, seed: 42 },
    mapAxes: [1, 0],
  }))
  expect(text).toBe(`a=raw&z=,2&c=0.7,,42&m=2,1&v=${VERSION}`)
  expect(decodeView(text, known)).toMatchObject({
    set: 1,
    sliders: [null, 2],
    decoding: { kind: 'drawn', temperature: 0.7, top: null, seed: 42 },
    mapAxes: [1, 0],
  })
})

test('recognizes a link of another version of the model', () => {
  expect(decodeView('e=2&v=00000000', known).isOtherVersion).toBe(true)
})

test('the version depends on the graphs and the texts of examples, not on their coordinates', () => {
  const file = (path: string, sha256: string) => ({ path, bytes: 1, sha256 })
  const built = (...files: ReturnType<typeof file>[]) =>
    modelVersion(
      {
        ...manifest,
        examples: 'examples.json',
        probe: 'probe.safetensors',
        files,
      } as Manifest,
      [...examples],
    )
  const first = built(
    file('decoder/model.json', 'a'),
    file('examples.json', 'b'),
    file('probe.safetensors', 'c'),
  )
  expect(
    built(
      file('decoder/model.json', 'a'),
      file('examples.json', 'd'),
      file('probe.safetensors', 'e'),
    ),
  ).toBe(first)
  expect(
    built(
      file('decoder/model.json', 'f'),
      file('examples.json', 'b'),
      file('probe.safetensors', 'c'),
    ),
  ).not.toBe(first)
  expect(modelVersion(manifest, examples.toReversed())).not.toBe(VERSION)
})

test('a refusal names the other version of the model', () => {
  expect(() => decodeView('e=9&v=00000000', known)).toThrow(/e=9 .*; .*another version/)
})

test('a model without a text encoder refuses a link to a sentence', () => {
  const mute = { ...manifest, encoder: null }
  const context = { ...known, manifest: mute, modality: createText(mute, base) }
  expect(() => decodeView('o=a+song', context)).toThrow(/^this link: o=a song /)
})

test.each([
  'e=4',
  'e=0',
  'e=x',
  'z=1,2,3,4',
  'z=1e9',
  'z=a',
  'a=other',
  'r=AAAA',
  'r=%21',
  'b=1~9',
  'b=1~2~x',
  't=0.5',
  'b=1~2&t=2',
  'c=0,1,2',
  'c=1,0,1',
  'c=1,1,-1',
  'm=1',
  'm=2,2',
  'm=1,4',
])('refuses a damaged link: %s', (text) => {
  expect(() => decodeView(text, known)).toThrow(/^this link: .*=.* does not fit this model.*; ask /)
})
