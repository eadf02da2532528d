import type { io } from '@tensorflow/tfjs-core'
import { concatenate } from '../bundle/index.ts'

/** A node of a graph, as model.json has it. */
interface Node {
  name: string
  op: string
  input?: string[]
  attr?: Record<string, unknown>
}

/** A weight and its bytes. */
interface Weight {
  spec: io.WeightsManifestEntry
  bytes: Uint8Array
}

type Weights = Map<string, Weight>

/**
 * A graph whose weights are as it reads them, so that nothing is done to them each time that it runs; and their bytes. What travels as
 * whole numbers of eight bits and scales becomes their product; what a product reads turned on its side is turned. Other weights stay
 * as they travel. `bytes` fill their buffer. Throws an Error where they do not fit.
 */
export function unpackWeights(
  json: io.ModelJSON,
  bytes: Uint8Array<ArrayBuffer>,
): [io.ModelJSON, ArrayBuffer] {
  const topology = json.modelTopology as { node: Node[] }
  const specs = (json.weightsManifest ?? []).flatMap((group) => group.weights)
  const pieces = splitWeights(specs, bytes)
  const node = topology.node
    .map((node) => foldScale(node, pieces))
    .flatMap((node) => foldTranspose(node, pieces))
  if (pieces.size === specs.length) return [json, bytes.buffer]
  const [before, now] = [topology.node, node].map(
    (nodes) => new Set(nodes.flatMap(({ input = [] }) => input)),
  )
  const spent = ({ name }: { name: string }) =>
    pieces.has(name) && before?.has(name) && !now?.has(name)
  const left = [...pieces.values()].filter(({ spec }) => !spent(spec))
  const weightsManifest = [{ paths: [], weights: left.map(({ spec }) => spec) }]
  const whole = {
    ...json,
    modelTopology: { ...topology, node: node.filter((node) => !spent(node)) },
    weightsManifest,
  }
  return [whole, concatenate(left.map(({ bytes }) => bytes)).buffer]
}

/** Each weight by name, with its part of the bytes. */
function splitWeights(specs: readonly io.WeightsManifestEntry[], bytes: Uint8Array): Weights {
  let at = 0
  const pieces = new Map(
    specs.map((spec) => {
      const begin = at
      at += sizeOf(spec.shape) * widthOf(spec)
      return [spec.name, { spec, bytes: bytes.subarray(begin, at) }]
    }),
  )
  if (at !== bytes.length)
    throw new Error(`its weights take ${at} bytes, its shards hold ${bytes.length}`)
  return pieces
}

const sizeOf = (shape: number[]) => shape.reduce((a, b) => a * b, 1)

const WIDTHS: Record<string, number> = {
  float32: 4,
  int32: 4,
  float16: 2,
  uint16: 2,
  uint8: 1,
  bool: 1,
}

/** The bytes of each of its numbers. */
const widthOf = ({ dtype, quantization }: io.WeightsManifestEntry) =>
  WIDTHS[quantization?.dtype ?? dtype] ?? 0

const constant = (name: string): Node => ({
  name,
  op: 'Const',
  attr: { dtype: { type: 'DT_FLOAT' } },
})

/** A node, or where it multiplies whole numbers of eight bits by scales the weight that this makes. */
function foldScale(node: Node, pieces: Weights): Node {
  const [whole, scale] = node.op === 'Mul' ? (node.input ?? []).map((read) => pieces.get(read)) : []
  if (whole?.spec.quantization?.dtype !== 'uint8' || !scale || scale.spec.quantization) return node
  pieces.set(node.name, dequantize(node.name, whole, scale))
  return constant(node.name)
}

/** The product of a weight and a scale that is 1 wide in all dimensions but one. */
function dequantize(
  name: string,
  { spec: { shape, quantization }, bytes }: Weight,
  scale: Weight,
): Weight {
  const { scale: by = 1, min = 0 } = quantization ?? {}
  const along = scale.spec.shape.findIndex((size) => size > 1)
  if (String(scale.spec.shape) !== String(shape.map((size, i) => (i === along ? size : 1))))
    throw new Error(`${name}: scales of (${scale.spec.shape}) fit no weight of (${shape})`)
  const scales = new Float32Array(scale.bytes.slice().buffer)
  if (!scales.every(Number.isFinite)) throw new Error(`${name}: a scale is no number`)
  const each = sizeOf(shape.slice(along + 1)) // numbers one after the other that share a scale
  const values = new Float32Array(bytes.length)
  for (let begin = 0, row = 0; begin < values.length; begin += each, row++) {
    const factor = scales[row % scales.length] as number
    for (let i = begin; i < begin + each; i++)
      values[i] = ((bytes[i] as number) * by + min) * factor
  }
  return { spec: { name, shape, dtype: 'float32' }, bytes: new Uint8Array(values.buffer) }
}

/** A node, or where it multiplies by the transpose of a weight, the transposed weight and a node that multiplies by that. */
function foldTranspose(node: Node, pieces: Weights): Node[] {
  const weight = pieces.get(node.input?.[1] ?? '')
  const turns = (node.attr?.transpose_b as { b?: boolean } | undefined)?.b
  if (!turns || !weight || weight.spec.shape.length !== 2) return [node]
  const name = `${node.name}/turned`
  pieces.set(name, transpose(name, weight))
  return [
    constant(name),
    {
      ...node,
      input: (node.input as string[]).with(1, name),
      attr: { ...node.attr, transpose_b: { b: false } },
    },
  ]
}

/** (M, N) → (N, M), whatever its numbers travel as. */
function transpose(name: string, { spec, bytes }: Weight): Weight {
  const [rows, columns] = spec.shape as [number, number]
  const Numbers = { 1: Uint8Array, 2: Uint16Array, 4: Uint32Array }[
    widthOf(spec)
  ] as typeof Uint32Array
  const from = new Numbers(bytes.slice().buffer)
  const to = new Numbers(from.length)
  for (let row = 0; row < rows; row++)
    for (let column = 0; column < columns; column++)
      to[column * rows + row] = from[row * columns + column] as number
  return { spec: { ...spec, name, shape: [columns, rows] }, bytes: new Uint8Array(to.buffer) }
}
