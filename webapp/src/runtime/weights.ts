import type { io } from '@tensorflow/tfjs-core'
import { concatenate } from '../bundle/index.ts'

/** A node of a graph in model.json. */
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
 * Fold operations on weights into the weights, so that a graph does not repeat them at every run.
 *
 * Weights of uint8 precision, and sums of them in uint16, are multiplied by their scales. Weights that a matrix product reads
 * transposed are transposed. Other weights keep the form in which they were stored. Returns the graph
 * and the bytes of its weights. `bytes` must fill their buffer. Throws an Error if they do not fit.
 */
export function unpackWeights(
  json: io.ModelJSON,
  bytes: Uint8Array<ArrayBuffer>,
): [io.ModelJSON, ArrayBuffer] {
  const topology = json.modelTopology as { node: Node[] }
  const specs = (json.weightsManifest ?? []).flatMap((group) => group.weights)
  const weights = splitWeights(specs, bytes)
  const node = topology.node
    .map((node) => foldScale(node, weights))
    .flatMap((node) => foldTranspose(node, weights))
  if (weights.size === specs.length) return [json, bytes.buffer]
  const [before, after] = [topology.node, node].map(
    (nodes) => new Set(nodes.flatMap(({ input = [] }) => input)),
  )
  const isUnused = ({ name }: { name: string }) =>
    weights.has(name) && before?.has(name) && !after?.has(name)
  const kept = [...weights.values()].filter(({ spec }) => !isUnused(spec))
  const folded = {
    ...json,
    modelTopology: { ...topology, node: node.filter((node) => !isUnused(node)) },
    weightsManifest: [{ paths: [], weights: kept.map(({ spec }) => spec) }],
  }
  return [folded, concatenate(kept.map(({ bytes }) => bytes)).buffer]
}

/** Return each weight by name, with its part of the bytes. */
function splitWeights(specs: readonly io.WeightsManifestEntry[], bytes: Uint8Array): Weights {
  let end = 0
  const weights = new Map(
    specs.map((spec) => {
      const begin = end
      end += sizeOf(spec.shape) * bytesPerNumber(spec)
      return [spec.name, { spec, bytes: bytes.subarray(begin, end) }]
    }),
  )
  if (end !== bytes.length)
    throw new Error(`its weights take ${end} bytes, its shards hold ${bytes.length}`)
  return weights
}

const sizeOf = (shape: number[]) => shape.reduce((a, b) => a * b, 1)

const BYTES: Record<string, number> = {
  float32: 4,
  int32: 4,
  float16: 2,
  uint16: 2,
  uint8: 1,
  bool: 1,
}

const bytesPerNumber = ({ dtype, quantization }: io.WeightsManifestEntry) =>
  BYTES[quantization?.dtype ?? dtype] ?? 0

const constant = (name: string): Node => ({
  name,
  op: 'Const',
  attr: { dtype: { type: 'DT_FLOAT' } },
})

/** Replace a node that multiplies a weight of whole numbers by its scales with the product. */
function foldScale(node: Node, weights: Weights): Node {
  const [weight, scale] =
    node.op === 'Mul' ? (node.input ?? []).map((name) => weights.get(name)) : []
  const isWhole = ['uint8', 'uint16'].includes(weight?.spec.quantization?.dtype ?? '')
  if (!weight || !isWhole || !scale || scale.spec.quantization) return node
  weights.set(node.name, dequantize(node.name, weight, scale))
  return constant(node.name)
}

/** Multiply a weight by scales, whose shape is 1 in all dimensions but one. */
function dequantize(
  name: string,
  { spec: { shape, quantization }, bytes }: Weight,
  scale: Weight,
): Weight {
  const { scale: unit = 1, min = 0 } = quantization ?? {}
  const along = scale.spec.shape.findIndex((size) => size > 1)
  if (String(scale.spec.shape) !== String(shape.map((size, i) => (i === along ? size : 1))))
    throw new Error(`${name}: scales of shape (${scale.spec.shape}) do not fit (${shape})`)
  const scales = new Float32Array(scale.bytes.slice().buffer)
  if (!scales.every(Number.isFinite)) throw new Error(`${name}: a scale is not finite`)
  const each = sizeOf(shape.slice(along + 1)) // consecutive numbers that share a scale
  const whole = quantization?.dtype === 'uint16' ? new Uint16Array(bytes.slice().buffer) : bytes
  const values = new Float32Array(whole.length)
  for (let begin = 0, row = 0; begin < values.length; begin += each, row++) {
    const factor = scales[row % scales.length] as number
    for (let i = begin; i < begin + each; i++)
      values[i] = ((whole[i] as number) * unit + min) * factor
  }
  return { spec: { name, shape, dtype: 'float32' }, bytes: new Uint8Array(values.buffer) }
}

/** Replace a product with a transposed weight by one with the weight transposed beforehand. */
function foldTranspose(node: Node, weights: Weights): Node[] {
  const weight = weights.get(node.input?.[1] ?? '')
  const isTransposed = (node.attr?.transpose_b as { b?: boolean } | undefined)?.b
  if (!isTransposed || !weight || weight.spec.shape.length !== 2) return [node]
  const name = `${node.name}/transposed`
  weights.set(name, transpose(name, weight))
  return [
    constant(name),
    {
      ...node,
      input: (node.input as string[]).with(1, name),
      attr: { ...node.attr, transpose_b: { b: false } },
    },
  ]
}

/** (M, N) → (N, M), for numbers of any dtype. */
function transpose(name: string, { spec, bytes }: Weight): Weight {
  const [rows, columns] = spec.shape as [number, number]
  const Numbers = { 1: Uint8Array, 2: Uint16Array, 4: Uint32Array }[
    bytesPerNumber(spec)
  ] as typeof Uint32Array
  const from = new Numbers(bytes.slice().buffer)
  const to = new Numbers(from.length)
  for (let row = 0; row < rows; row++)
    for (let column = 0; column < columns; column++)
      to[column * rows + row] = from[row * columns + column] as number
  return { spec: { ...spec, name, shape: [columns, rows] }, bytes: new Uint8Array(to.buffer) }
}
