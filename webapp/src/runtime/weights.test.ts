// Weights folded at load time, against TensorFlow.js's own loader, whose graphs fold them at every run.

import { readFileSync } from 'node:fs'
import { loadGraphModelSync } from '@tensorflow/tfjs-converter'
import { type io, type Tensor, tensor, tidy } from '@tensorflow/tfjs-core'
import { beforeAll, expect, test } from 'vitest'
import { goldenBytes, goldenText, tensor as readTensor } from '../../test/golden.ts'
import { concatenate } from '../bundle/concatenate.ts'
import { startBackend } from './backend.ts'
import { unpackWeights } from './weights.ts'

beforeAll(
  async () =>
    void (await startBackend(
      async (address) => new Uint8Array(readFileSync(new URL(`../..${address}`, import.meta.url))),
    )),
)

const bytesOf = (...values: ArrayBufferView[]) =>
  concatenate(
    values.map(
      ({ buffer, byteOffset, byteLength }) => new Uint8Array(buffer, byteOffset, byteLength),
    ),
  )
const quantized = { dtype: 'uint8', scale: 1, min: -128, original_dtype: 'float32' } as const
const half = { dtype: 'float16', original_dtype: 'float32' } as const

const wide = { dtype: 'uint16', scale: 1, min: -509, original_dtype: 'float32' } as const

/** Return a graph with a weight (2, 3, 4) and a scale along one dimension, between others, and all bytes. */
function graph(along: number, bits: 8 | 16 = 8): [io.ModelJSON, Uint8Array<ArrayBuffer>] {
  const numbers = { length: 24 }
  const whole =
    bits === 8
      ? Uint8Array.from(numbers, (_, i) => (i * 37) % 256)
      : Uint16Array.from(numbers, (_, i) => (i * 337) % 1018)
  const scaleShape = [2, 3, 4].map((size, i) => (i === along ? size : 1))
  const scale = Float32Array.from([0.1, 0.03, 7, 1e-4].slice(0, [2, 3, 4][along]))
  const weights: io.WeightsManifestEntry[] = [
    { name: 'halves', shape: [3], dtype: 'float32', quantization: half },
    {
      name: 'w/whole',
      shape: [2, 3, 4],
      dtype: 'float32',
      quantization: bits === 8 ? quantized : wide,
    },
    { name: 'w/scale', shape: scaleShape, dtype: 'float32' },
    { name: 'ints', shape: [2], dtype: 'int32' },
  ]
  const constants = weights.map(({ name }) => ({ name, op: 'Const' }))
  const node = [
    ...constants,
    { name: 'w', op: 'Mul', input: ['w/whole', 'w/scale'], attr: { T: { type: 'DT_FLOAT' } } },
  ]
  const json = {
    modelTopology: { node },
    weightsManifest: [{ paths: [], weights }],
  } as unknown as io.ModelJSON
  return [
    json,
    bytesOf(Uint16Array.from([0x3c00, 0x4000, 0xb800]), whole, scale, Int32Array.from([5, -6])),
  ]
}

test.each([0, 1, 2])(
  'multiplies a weight by its scale along dimension %i and keeps other weights',
  (along) => {
    const [json, bytes] = graph(along)
    const [made, packed] = unpackWeights(json, bytes)
    const nodes = (made.modelTopology as { node: { name: string; op: string }[] }).node
    expect(nodes.map(({ name, op }) => [name, op])).toEqual([
      ['halves', 'Const'],
      ['ints', 'Const'],
      ['w', 'Const'],
    ])
    const specs = made.weightsManifest?.flatMap(({ weights }) => weights)
    expect(specs).toEqual([
      { name: 'halves', shape: [3], dtype: 'float32', quantization: half },
      { name: 'ints', shape: [2], dtype: 'int32' },
      { name: 'w', shape: [2, 3, 4], dtype: 'float32' },
    ])
    const whole = bytes.slice(6, 30)
    const scale = new Float32Array(bytes.slice(30, bytes.length - 8).buffer)
    const at = (i: number) => [Math.floor(i / 12), Math.floor(i / 4) % 3, i % 4][along] as number
    const product = Float32Array.from(whole, (value, i) => (value - 128) * (scale[at(i)] as number))
    expect(new Uint8Array(packed)).toEqual(bytesOf(bytes.slice(0, 6), bytes.slice(-8), product))
  },
)

test('multiplies a weight of 16 bits by its scale', () => {
  const [json, bytes] = graph(2, 16)
  const [, packed] = unpackWeights(json, bytes)
  const whole = new Uint16Array(bytes.slice(6, 54).buffer)
  const scale = new Float32Array(bytes.slice(54, bytes.length - 8).buffer)
  const product = Float32Array.from(whole, (value, i) => (value - 509) * (scale[i % 4] as number))
  expect(new Uint8Array(packed)).toEqual(bytesOf(bytes.slice(0, 6), bytes.slice(-8), product))
})

test('keeps a graph whose weights need no folding', () => {
  const json: io.ModelJSON = JSON.parse(goldenText('text/decoder/start/model.json'))
  const bytes = goldenBytes('text/decoder/start/group1-shard1of1.bin')
  const [same, data] = unpackWeights(json, bytes)
  expect(same).toBe(json)
  expect(new Uint8Array(data)).toEqual(bytes)
})

test.each(['float32', 'float16'] as const)(
  'transposes a %s weight that a product reads transposed',
  (kind) => {
    const rows = Float32Array.from([1, 2, 3, 4, 5, 6])
    const stored =
      kind === 'float32' ? rows : Uint16Array.from([0x3c00, 0x4000, 0x4200, 0x4400, 0x4500, 0x4600])
    const spec: io.WeightsManifestEntry = {
      name: 'table',
      shape: [3, 2],
      dtype: 'float32',
      ...(kind === 'float16' ? { quantization: half } : {}),
    }
    const T = { type: 'DT_FLOAT' }
    const product = {
      name: 'y',
      op: 'MatMul',
      input: ['x', 'table'],
      attr: { T, transpose_a: { b: false }, transpose_b: { b: true } },
    }
    const input = {
      name: 'x',
      op: 'Placeholder',
      attr: { dtype: T, shape: { shape: { dim: [{ size: '-1' }, { size: '2' }] } } },
    }
    const node = [input, { name: 'table', op: 'Const', attr: { dtype: T } }, product]
    const json = {
      modelTopology: { node, versions: { producer: 1 } },
      weightsManifest: [{ paths: [], weights: [spec] }],
    } as unknown as io.ModelJSON
    const made = unpackWeights(json, bytesOf(stored))
    expect(made[0].weightsManifest?.[0]?.weights.map(({ name, shape }) => [name, shape])).toEqual([
      ['y/transposed', [2, 3]],
    ])
    const [ours, theirs] = [
      made,
      [json, bytesOf(stored).buffer] as [io.ModelJSON, ArrayBuffer],
    ].map((files) =>
      tidy(() => [
        ...(loadGraphModelSync(files).execute({ x: tensor([[1, 10]]) }) as Tensor).dataSync(),
      ]),
    )
    expect(ours).toEqual([21, 43, 65])
    expect(theirs).toEqual(ours)
  },
)

test('refuses shards that are longer than the weights', () => {
  const [json, bytes] = graph(1)
  expect(() => unpackWeights(json, concatenate([bytes, new Uint8Array(1)]))).toThrow(/50 bytes.*51/)
})

test('refuses scales whose shape does not fit', () => {
  const [json, bytes] = graph(1)
  const specs =
    json.weightsManifest?.[0]?.weights.map((spec) =>
      spec.name === 'w/scale' ? { ...spec, shape: [3, 1, 1] } : spec,
    ) ?? []
  const other = { ...json, weightsManifest: [{ paths: [], weights: specs }] }
  expect(() => unpackWeights(other, bytes)).toThrow(/^w: .*\(3,1,1\).*\(2,3,4\)/)
})

test('refuses a scale that is not finite', () => {
  const [json, bytes] = graph(1)
  new DataView(bytes.buffer).setFloat32(30, Number.NaN, true)
  expect(() => unpackWeights(json, bytes)).toThrow(/^w: .*not finite/)
})

test("decodes the same bits as TensorFlow.js's own loader", () => {
  const json: io.ModelJSON = JSON.parse(goldenText('image/decoder/image/model.json'))
  const bytes = goldenBytes('image/decoder/image/group1-shard1of1.bin')
  const given = unpackWeights(json, bytes)
  expect(given[0]).not.toBe(json) // some weights were folded
  const z = readTensor('z', goldenBytes('image/probe.safetensors'))
  const [ours, theirs] = [given, [json, bytes.slice().buffer] as [io.ModelJSON, ArrayBuffer]].map(
    (files) => {
      const model = loadGraphModelSync(files)
      return tidy(() => (model.execute({ z: tensor(z) }) as Tensor).dataSync().slice())
    },
  )
  expect(ours?.length).toBeGreaterThan(0)
  expect(new Uint8Array((ours as Float32Array).buffer)).toEqual(
    new Uint8Array((theirs as Float32Array).buffer),
  )
})
