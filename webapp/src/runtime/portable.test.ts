// Every op of portable.json, which lists what a graph may hold, runs on wasm. WebGL and WebGPU have
// all the kernels that these ops call.

import { readdirSync, readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import '@tensorflow/tfjs-backend-webgl'
import '@tensorflow/tfjs-backend-webgpu'
import { loadGraphModelSync } from '@tensorflow/tfjs-converter'
import {
  type DataType,
  getKernel,
  getKernelsForBackend,
  type io,
  type Tensor,
  tensor,
  tidy,
} from '@tensorflow/tfjs-core'
import { beforeAll, expect, test } from 'vitest'
import { withoutExports } from '../../plugins/strip-tfjs.ts'
import { generate, PATH, portable } from '../../portable.js'
import { startBackend } from './backend.ts'

const root = new URL('../../../', import.meta.url)
const listed: ReturnType<typeof portable> = JSON.parse(readFileSync(PATH, 'utf8'))

/** The inputs of an op, and its attributes in the form of a graph. */
type Input = () => Tensor
interface Case {
  inputs: Input[]
  attr?: Record<string, unknown>
}

const floats =
  (...shape: number[]): Input =>
  () =>
    tensor(
      Float32Array.from({ length: shape.reduce((a, b) => a * b, 1) }, (_, i) => 0.25 + (i % 7)),
      shape,
    )
const ints =
  (...values: number[]): Input =>
  () =>
    tensor(values, [values.length], 'int32')
const scalar =
  (value: number, dtype: DataType = 'int32'): Input =>
  () =>
    tensor(value, [], dtype)
const pairs =
  (...values: number[]): Input =>
  () =>
    tensor(values, [values.length / 2, 2], 'int32')
const bools: Input = () => tensor([1, 0, 1, 0, 1, 0], [2, 3], 'bool')

const word = (s: string) => ({ s: btoa(s) })
const list = (...i: number[]) => ({ list: { i: i.map(String) } })
const fused = (...ops: string[]) => ({
  fused_ops: { list: { s: ops.map((op) => btoa(op)) } },
  num_args: { i: '1' },
})
const window = {
  strides: list(1, 1, 1, 1),
  padding: word('SAME'),
  data_format: word('NHWC'),
  dilations: list(1, 1, 1, 1),
}
const pool = { ...window, ksize: list(1, 2, 2, 1) }

const all = (ops: string, args: Case) => Object.fromEntries(ops.split(' ').map((op) => [op, args]))
const cases: Record<string, Case> = {
  ...all(
    'Identity Sigmoid Tanh Relu Relu6 Elu Softplus Exp Log Sqrt Rsqrt Square Neg Abs Erf Floor Softmax',
    { inputs: [floats(2, 3)] },
  ),
  ...all('Reciprocal Sin Cos Expm1 Log1p Sign Ceil Round Atan Sinh Cosh Asinh IsNan LogSoftmax', {
    inputs: [floats(2, 3)],
  }),
  ...all('AddV2 Add Sub Mul RealDiv Maximum Minimum Pow SquaredDifference Atan2', {
    inputs: [floats(2, 3), floats(2, 3)],
  }),
  ...all('Greater GreaterEqual Less LessEqual Equal NotEqual', {
    inputs: [floats(2, 3), floats(2, 3)],
  }),
  ...all('Sum Mean Max Min Prod ReverseV2', { inputs: [floats(2, 3), ints(0)] }), // also calls a kernel of another op
  ...all('ArgMax ArgMin', { inputs: [floats(2, 3), scalar(1)] }),
  ...all('Select SelectV2', { inputs: [bools, floats(2, 3), floats(2, 3)] }),
  ...all('Conv2D', { inputs: [floats(1, 4, 4, 2), floats(3, 3, 2, 5)], attr: window }),
  ...all('DepthwiseConv2dNative', {
    inputs: [floats(1, 4, 4, 2), floats(3, 3, 2, 1)],
    attr: window,
  }),
  ...all('AvgPool MaxPool', { inputs: [floats(1, 4, 4, 2)], attr: pool }),
  ...all('ResizeBilinear ResizeNearestNeighbor', {
    inputs: [floats(1, 4, 4, 2), ints(8, 8)],
    attr: { half_pixel_centers: { b: true } },
  }),
  LogicalAnd: { inputs: [bools, bools] },
  LogicalOr: { inputs: [bools, bools] },
  LogicalNot: { inputs: [bools] },
  Cumsum: {
    inputs: [floats(2, 3), scalar(1)],
    attr: { exclusive: { b: false }, reverse: { b: false } },
  },
  LeakyRelu: { inputs: [floats(2, 3)], attr: { alpha: { f: 0.1 } } },
  Prelu: { inputs: [floats(2, 3), floats(3)] },
  MatMul: { inputs: [floats(2, 3), floats(3, 4)] },
  BatchMatMulV2: { inputs: [floats(5, 2, 3), floats(5, 3, 4)] },
  _FusedMatMul: { inputs: [floats(2, 3), floats(3, 4), floats(4)], attr: fused('BiasAdd', 'Relu') },
  BiasAdd: { inputs: [floats(2, 3), floats(3)] },
  ClipByValue: { inputs: [floats(2, 3), scalar(0, 'float32'), scalar(1, 'float32')] },
  Conv3D: {
    inputs: [floats(1, 4, 4, 4, 2), floats(3, 3, 3, 2, 5)],
    attr: {
      strides: list(1, 1, 1, 1, 1),
      padding: word('SAME'),
      data_format: word('NDHWC'),
      dilations: list(1, 1, 1, 1, 1),
    },
  },
  TopKV2: { inputs: [floats(2, 3), scalar(2)], attr: { sorted: { b: true } } },
  Transpose: { inputs: [floats(2, 3), ints(1, 0)] },
  BroadcastTo: { inputs: [floats(1, 3), ints(2, 3)] },
  GatherV2: { inputs: [floats(5, 3), ints(4, 0), scalar(0)] },
  ConcatV2: { inputs: [floats(2, 3), floats(2, 4), scalar(1)], attr: { N: { i: '2' } } },
  Split: { inputs: [scalar(1), floats(2, 6)], attr: { num_split: { i: '3' } } },
  SplitV: { inputs: [floats(2, 6), ints(2, 4), scalar(1)], attr: { num_split: { i: '2' } } },
  StridedSlice: { inputs: [floats(4, 6), ints(0, 1), ints(4, 6), ints(1, 2)] },
  Slice: { inputs: [floats(4, 6), ints(0, 1), ints(2, 3)] },
  Reshape: { inputs: [floats(4, 6), ints(2, 12)] },
  Squeeze: { inputs: [floats(4, 1)], attr: { squeeze_dims: list(1) } },
  ExpandDims: { inputs: [floats(4, 6), scalar(1)] },
  Pack: { inputs: [floats(2, 3), floats(2, 3)], attr: { N: { i: '2' }, axis: { i: '0' } } },
  Unpack: { inputs: [floats(2, 3)], attr: { num: { i: '2' }, axis: { i: '0' } } },
  Tile: { inputs: [floats(2, 3), ints(1, 2)] },
  Cast: {
    inputs: [floats(2, 3)],
    attr: { SrcT: { type: 'DT_FLOAT' }, DstT: { type: 'DT_INT32' } },
  },
  Pad: { inputs: [floats(2, 3), pairs(0, 1, 2, 0)] },
  PadV2: { inputs: [floats(2, 3), pairs(0, 1, 2, 0), scalar(-1, 'float32')] },
  MirrorPad: { inputs: [floats(2, 3), pairs(0, 1, 1, 0)], attr: { mode: word('REFLECT') } },
  DepthToSpace: {
    inputs: [floats(1, 2, 2, 8)],
    attr: { block_size: { i: '2' }, data_format: word('NHWC') },
  },
  _FusedConv2D: {
    inputs: [floats(1, 4, 4, 2), floats(3, 3, 2, 5), floats(5)],
    attr: { ...window, ...fused('BiasAdd', 'Relu') },
  },
  FusedDepthwiseConv2dNative: {
    inputs: [floats(1, 4, 4, 2), floats(3, 3, 2, 1), floats(2)],
    attr: { ...window, ...fused('BiasAdd', 'Relu') },
  },
}

/** These ops provide a tensor and compute nothing. */
const sources = ['Placeholder', 'Const']

const called = new Set<string>() // kernels of the op that ran last

beforeAll(async () => {
  await startBackend(async (address) =>
    withoutExports(fileURLToPath(new URL(`../..${address}`, import.meta.url))),
  )
  for (const kernel of getKernelsForBackend('wasm')) {
    const run = kernel.kernelFunc
    kernel.kernelFunc = (params) => {
      called.add(kernel.kernelName)
      return run(params)
    }
  }
})

test('portable.json is what `npm run portable` writes', () => {
  expect(readFileSync(PATH, 'utf8')).toBe(generate())
})

test('an op that a backend lacks is refused', () => {
  expect(() => portable(['Unique'])).toThrow('Unique: expected Unique on webgpu')
  expect(() => portable(['Loop'])).toThrow('Loop: expected an op of tfjs-converter')
})

test('each op has a case', () => {
  expect([...sources, ...Object.keys(cases)].sort()).toEqual(Object.keys(listed).sort())
})

test.each(Object.keys(cases))('%s calls listed kernels, which every backend has', (op) => {
  called.clear()
  run(op, cases[op] as Case)
  expect(called.size).toBeGreaterThan(0)
  expect([...called].filter((kernel) => !listed[op]?.kernels.includes(kernel))).toEqual([])
  for (const backend of ['webgl', 'webgpu'])
    expect([...called].filter((kernel) => !getKernel(kernel, backend))).toEqual([])
})

test('exported graphs have no other ops', () => {
  const golden = new URL('tests/golden/', root)
  const graphs = readdirSync(golden, { recursive: true, encoding: 'utf8' }).filter((path) =>
    path.endsWith('model.json'),
  )
  expect(graphs.length).toBeGreaterThan(5)
  for (const path of graphs) {
    const { node }: { node: { op: string }[] } = JSON.parse(
      readFileSync(new URL(path, golden), 'utf8'),
    ).modelTopology
    expect(node.map(({ op }) => op).filter((op) => !(op in listed))).toEqual([])
  }
})

/** Run a graph of one op on wasm. TensorFlow.js's converter decides which kernels that calls. */
function run(op: string, { inputs, attr = {} }: Case): void {
  const names = inputs.map((_, i) => `input${i}`)
  const node = [
    ...names.map((name) => ({ name, op: 'Placeholder', attr: {} })),
    { name: 'output', op, input: names, attr },
  ]
  const json = {
    modelTopology: { node, versions: {} },
    weightsManifest: [],
  } as unknown as io.ModelJSON
  const model = loadGraphModelSync([json, new ArrayBuffer(0)])
  tidy(() => {
    model.execute(Object.fromEntries(inputs.map((input, i) => [names[i], input()])), 'output')
  })
}
