// Recordings against the graphs they were made of, to the bit. Another test compares graphs with PyTorch.

import { readFileSync } from 'node:fs'
import type { BackendWasm } from '@tensorflow/tfjs-backend-wasm'
import '@tensorflow/tfjs-backend-cpu'
import {
  add,
  argMax,
  backend,
  cast,
  concat,
  conv2d,
  matMul,
  memory,
  mul,
  prelu,
  relu,
  setBackend,
  slice,
  split,
  stridedSlice,
  sub,
  type Tensor,
  type Tensor4D,
  tensor,
  transpose,
  unstack,
} from '@tensorflow/tfjs-core'
import { beforeAll, expect, test } from 'vitest'
import { goldenBytes, goldenText } from '../../test/golden.ts'
import { type Manifest, parseManifest } from '../bundle/manifest.ts'
import { startBackend } from './backend.ts'
import { Graph } from './graph.ts'
import { Recorder, type Region } from './recorder.ts'
import { scoped } from './scope.ts'

const bundle = (name: string) => {
  const manifest = parseManifest(goldenText(`${name}/manifest.json`), 'manifest.json')
  return {
    manifest,
    files: new Map(manifest.files.map((file) => [file.path, goldenBytes(`${name}/${file.path}`)])),
  }
}
const graphsOf = ({ decoder, encoder, axes }: Manifest) =>
  [decoder, encoder, axes[0]]
    .flatMap((part) => Object.values(part ?? {}))
    .filter((graph) => graph?.inputs)

/** Functions that only copy numbers: their name, the shape of their input, and the function. */
const copies: [string, number[], (x: Tensor) => Tensor[]][] = [
  ['a row', [4, 6], (x) => [slice(x, [1, 0], [2, 6])]],
  ['a column', [4, 6], (x) => [slice(x, [0, 2], [4, 3])]],
  [
    'a strided slice',
    [3, 4, 5, 2],
    (x) => [stridedSlice(x, [0, 1, 1, 0], [3, 4, -1, 2], [1, 1, 1, 1])],
  ],
  ['reversed', [3, 4, 2], (x) => [reversed(x)]],
  [
    'every second whole number',
    [3, 6],
    (x) => [stridedSlice(cast(x, 'int32'), [0, 0], [3, 6], [1, 2])],
  ],
  ['every second row', [6, 3], (x) => [stridedSlice(x, [1, 0], [6, 3], [2, 1])]],
  ['every second', [3, 6], (x) => [stridedSlice(x, [0, 1], [3, 6], [1, 2])]],
  ['a block', [3, 4, 5, 2], (x) => [slice(x, [1, 0, 2, 0], [2, 3, 2, 2])]],
  ['a split', [3, 7], (x) => split(x, [2, 1, 4], 1)],
  ['a split of rows', [6, 2], (x) => split(x, 3, 0)],
  ['joined columns', [3, 2], (x) => [concat([x, add(x, 1), x], 1)]],
  ['joined rows', [3, 2], (x) => [concat([x, add(x, 1)], 0)]],
  ['joined in between', [2, 3, 2], (x) => [concat([x, add(x, 1)], 1)]],
  ['the same', [2, 3], (x) => [x.clone()]],
  ['cast to bool', [2, 3], (x) => [cast(sub(x, 2.5), 'bool')]],
  ['cast a fraction to bool', [2, 3], (x) => [cast(mul(x, 0.1), 'bool')]],
  ['cast', [2, 3], (x) => [cast(x, 'int32')]],
]
/** Reverse x along its middle axis, with the arguments that a graph would have. */
const reversed = (x: Tensor) => stridedSlice(x, [0, -1, 0], [3, 0, 2], [1, -1, 1], 0, 2)
const numbers = (shape: number[]) =>
  Float32Array.from({ length: shape.reduce((a, b) => a * b) }, (_, i) => i + 0.5)
const expected = new Map<string, number[][]>()

beforeAll(async () => {
  await setBackend('cpu') // it has kernels of its own
  for (const [name, shape, copy] of copies)
    expected.set(
      name,
      scoped(() =>
        copy(tensor(numbers(shape), shape)).map((output) => [
          ...output.shape,
          ...output.dataSync(),
        ]),
      ),
    )
  await startBackend(
    async (address) => new Uint8Array(readFileSync(new URL(`../..${address}`, import.meta.url))),
  )
})

const wasm = () => backend() as BackendWasm
const recorder = () => Recorder.of(wasm()) as Recorder

for (const name of ['text', 'image'])
  test(`records every graph of ${name}, for batches of any size`, () => {
    const { manifest, files } = bundle(name)
    const graphs = graphsOf(manifest)
    expect(graphs.length).toBeGreaterThan(3)
    for (const spec of graphs)
      for (const count of [1, 2, 7])
        expect(Graph.load(spec, files).recording(count), `${spec.path}, ${count}`).not.toBeNull()
  })

for (const [name, shape, copy] of copies)
  test(`copies like TensorFlow.js: ${name}`, () => {
    const recording = recorder().record([{ shape, dtype: 'float32' }], ([x]) => copy(x as Tensor))
    if (!recording) throw new Error('not recorded')
    recording.write(recording.inputs[0] as Region, numbers(shape))
    recording.run()
    expect(recording.outputs.map((output) => [...output.shape, ...recording.read(output)])).toEqual(
      expected.get(name),
    )
  })

test('repacks a tensor that the graph computes and a kernel packs', () => {
  const products: [string, number[][], (inputs: Tensor[]) => Tensor][] = [
    [
      'a product',
      [
        [2, 3],
        [3, 4],
      ],
      ([a, b]) => matMul(a as Tensor, relu(sub(b as Tensor, 2))),
    ],
    [
      'a product of batches',
      [
        [5, 2, 3],
        [5, 3, 4],
      ],
      ([a, b]) => matMul(a as Tensor, relu(sub(b as Tensor, 2))),
    ],
    [
      'a convolution',
      [
        [1, 6, 6, 2],
        [3, 3, 2, 4],
      ],
      ([a, b]) => conv2d(a as Tensor4D, relu(sub(b as Tensor4D, 2)) as Tensor4D, 1, 'same'),
    ],
    ['a slope', [[2, 3], [3]], ([a, b]) => prelu(sub(a as Tensor, 5), relu(sub(b as Tensor, 2)))],
  ]
  for (const [what, shapes, compute] of products) {
    const recording = recorder().record(
      shapes.map((shape) => ({ shape, dtype: 'float32' as const })),
      (inputs) => [compute(inputs)],
    )
    if (!recording) throw new Error(`${what} is not recorded`)
    for (const larger of [1, 2, 3]) {
      const values = shapes.map((shape) => numbers(shape).map((value) => value * larger))
      const [found] = recording.call(values)
      const expected = scoped(() =>
        compute(shapes.map((shape, i) => tensor(values[i] as Float32Array, shape))).dataSync(),
      )
      expect(found?.values, `${what}, ${larger}`).toEqual(expected)
    }
  }
})

test('does not record kernels that run outside WebAssembly', () => {
  expect(
    recorder().record([{ shape: [2, 3], dtype: 'float32' }], ([x]) => unstack(x as Tensor)),
  ).toBeNull()
})

test('does not record what differs, though the output hides it', () => {
  const specs = [{ shape: [1, 6], dtype: 'float32' as const }]
  const largest = ([x]: Tensor[]) => {
    const copy = tensor((x as Tensor).dataSync(), [1, 6]) // outside WebAssembly
    return [argMax(add(copy, [0, 9, 0, 0, 0, 0]), 1)]
  }
  expect(recorder().record(specs, largest)).toBeNull()
})

test('shares the data of a transpose that moves axes of size 1 alone', () => {
  const turned = (x: Tensor) => [add(transpose(x, [1, 0, 2]), 1)]
  for (const [count, created] of [
    [1, 2],
    [2, 3],
  ] as const) {
    const shape = [count, 5, 3]
    const before = wasm().numDataIds()
    const recording = recorder().record([{ shape, dtype: 'float32' }], ([x]) => turned(x as Tensor))
    expect(wasm().numDataIds() - before).toBe(created + 1) // and the number 1
    const found = recording?.call([numbers(shape)])[0]
    const [expected] = scoped(() =>
      turned(tensor(numbers(shape), shape)).map((y) => ({ shape: y.shape, values: y.dataSync() })),
    )
    expect(found).toEqual(expected)
    recording?.free()
  }
})

test('does not record what would keep too much memory', () => {
  const before = wasm().numDataIds()
  const sums = (count: number) => (x: Tensor) =>
    Array.from({ length: count }).reduce((sum: Tensor) => add(sum, x), x)
  const specs = [{ shape: [1000, 1000], dtype: 'float32' as const }] // 4 MB
  const small = recorder().record(specs, ([x]) => [sums(5)(x as Tensor)])
  expect(small).not.toBeNull()
  small?.free()
  expect(recorder().record(specs, ([x]) => [sums(50)(x as Tensor)])).toBeNull()
  expect(wasm().numDataIds()).toBe(before)
})

test('frees the memory of recordings that it replaces', () => {
  const { manifest, files } = bundle('text')
  if (manifest.decoder.kind !== 'text') throw new Error('the golden bundle is a text model')
  const graph = Graph.load(manifest.decoder.step, files)
  const alive = () => [wasm().numDataIds(), memory().numTensors]
  for (const count of [1, 2, 3]) graph.recording(count)
  const before = alive()
  for (const count of [3, 1, 2, 3, 1, 2]) graph.recording(count)
  expect(alive()).toEqual(before)
  for (const count of [4, 5, 6, 7, 8, 9, 10, 11]) graph.recording(count)
  expect(alive()).toEqual(before)
})
