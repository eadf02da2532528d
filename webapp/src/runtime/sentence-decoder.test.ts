// The golden text bundle on WebAssembly, against what PyTorch decoded.

import { readFileSync } from 'node:fs'
import { memory } from '@tensorflow/tfjs-core'
import { beforeAll, expect, test } from 'vitest'
import { goldenBytes, goldenText, tensor } from '../../test/golden.ts'
import type { DecodedTokens } from '../bundle/index.ts'
import { parseManifest } from '../bundle/manifest.ts'
import type { Example } from '../samples/example.ts'
import { Axes } from './axes.ts'
import { startBackend } from './backend.ts'
import { Graph } from './graph.ts'
import { SentenceDecoder } from './sentence-decoder.ts'
import { SentenceEncoder } from './sentence-encoder.ts'

const manifest = parseManifest(goldenText('text/manifest.json'), 'manifest.json')
const files = new Map(manifest.files.map((file) => [file.path, goldenBytes(`text/${file.path}`)]))
const probe = goldenBytes(`text/${manifest.probe}`)
const { examples } = JSON.parse(goldenText('text/examples.json')) as { examples: Example[] }
const { decoder, encoder, tokens } = manifest
if (decoder.kind !== 'text' || encoder?.kind !== 'text' || !tokens)
  throw new Error('the golden bundle is a text model with an encoder')

beforeAll(() =>
  startBackend(
    async (address) => new Uint8Array(readFileSync(new URL(`../..${address}`, import.meta.url))),
  ),
)

test('decodes the same sentences as PyTorch, alone and in a batch', () => {
  const sentences = SentenceDecoder.load(decoder, tokens, files)
  const z = tensor('z', probe)
  const expected = tensor('tokens', probe).map((row) =>
    row.slice(0, row.indexOf(tokens.end) < 0 ? undefined : row.indexOf(tokens.end)),
  )
  expect(new Set(expected.map(String)).size).toBeGreaterThan(3) // enough different sentences
  const lines = expected.map((tokens) => ({ tokens }))
  expect(sentences.decode(Float32Array.from(z.flat()), z.length)).toEqual(lines)
  for (const [i, row] of z.entries())
    expect(sentences.decode(Float32Array.from(row), 1)).toEqual([lines[i]])
})

test('decodes the same sentences with and without confidence', () => {
  const sentences = SentenceDecoder.load(decoder, tokens, files)
  const rows = tensor('z', probe)
  const z = Float32Array.from(rows.flat())
  const lines = sentences.decode(z, rows.length, { kind: 'greedy' })
  expect(lines.map(({ tokens }) => ({ tokens }))).toEqual(sentences.decode(z, rows.length))
  for (const { tokens: words, confidence = [], ending, margins } of lines) {
    expect(confidence).toHaveLength(words.length)
    expect(confidence.every((share) => share > 0.02 && share <= 1)).toBe(true) // the likeliest of 33 words
    expect(ending === undefined).toBe(words.length === tokens.max_length)
    expect(margins).toBeUndefined()
  }
})

test('draws the same tokens alone and in a batch, and others with another seed', () => {
  const sentences = SentenceDecoder.load(decoder, tokens, files)
  const rows = tensor('z', probe)
  const drawn = (seed: number) => ({ kind: 'drawn', temperature: 1.5, top: null, seed }) as const
  const together = sentences.decode(Float32Array.from(rows.flat()), rows.length, drawn(1))
  for (const [i, row] of rows.entries()) {
    const [alone] = sentences.decode(Float32Array.from(row), 1, drawn(1))
    const { tokens: words, margins = [], ending } = together[i] as DecodedTokens
    expect(alone?.tokens).toEqual(words)
    expect(margins).toHaveLength(words.length + (ending === undefined ? 0 : 1))
    expect(margins.every((margin) => margin >= 0 && margin <= 0.5)).toBe(true)
  }
  const others = sentences.decode(Float32Array.from(rows.flat()), rows.length, drawn(2))
  expect(
    others.filter(({ tokens }, i) => String(tokens) !== String(together[i]?.tokens)).length,
  ).toBeGreaterThan(rows.length / 4)
})

test('leaks no tensors', async () => {
  const sentences = SentenceDecoder.load(decoder, tokens, files)
  const sentenceEncoder = SentenceEncoder.load(encoder, files)
  const rows = tensor('z', probe)
  const z = Float32Array.from(rows.flat())
  sentences.decode(z, rows.length)
  sentences.decode(z, rows.length, { kind: 'greedy' })
  await sentenceEncoder.encode([2, 3, 4])
  const before = memory().numTensors
  for (let i = 0; i < 20; i += 1) {
    sentences.decode(z, rows.length)
    sentences.decode(z, rows.length, { kind: 'drawn', temperature: 0.8, top: 5, seed: i })
    await sentenceEncoder.encode([2, 3, 4])
  }
  expect(memory().numTensors).toBe(before)
})

test('the graphs of the axes are inverse to each other', async () => {
  const axes = Axes.load(manifest.axes[0], files)
  const from = Graph.load(manifest.axes[0].from, files)
  for (const { sliders, residual } of examples) {
    const [slidersAgain, residualAgain] = (
      await from.callAll([await axes.toZ([[...sliders]], [[...residual]])], 1)
    ).map(({ values }) => Array.from(values)) as [number[], number[]]
    const isNear = (values: readonly number[], expected: readonly number[]) =>
      values.every((value, i) => Math.abs(value - (expected[i] as number)) < 1e-5)
    expect(isNear(slidersAgain, sliders)).toBe(true)
    expect(isNear(residualAgain, residual)).toBe(true)
  }
})

test('encodes a sentence and its reverse differently', async () => {
  const sentenceEncoder = SentenceEncoder.load(encoder, files)
  const mean = await sentenceEncoder.encode([2, 5, 9])
  const reversed = await sentenceEncoder.encode([9, 5, 2])
  expect(mean).toHaveLength(manifest.latent_size)
  expect(mean.some((value, i) => Math.abs(value - (reversed[i] as number)) > 1e-3)).toBe(true)
  expect(await sentenceEncoder.encode([2, 5, 9])).toEqual(mean)
})

test('names a shard that the manifest does not list', () => {
  const incomplete = new Map([...files].filter(([path]) => !path.startsWith('decoder/step/group1')))
  expect(() => SentenceDecoder.load(decoder, tokens, incomplete)).toThrow(
    /^decoder\/step\/group1-shard1of1\.bin: .*manifest/,
  )
})

test('refuses a file that is not a graph', () => {
  const broken = new Map(files).set('decoder/start/model.json', new TextEncoder().encode('{}'))
  expect(() => SentenceDecoder.load(decoder, tokens, broken)).toThrow(
    /^decoder\/start\/model\.json: not a graph/,
  )
})
