import type { io } from '@tensorflow/tfjs-core'
import { concatenate } from '../concatenate.ts'

/** A node of a graph, as model.json has it. */
interface Node {
  name: string
  op: string
  input?: string[]
  attr?: unknown
}

/** Nodes that become weights when a graph is loaded, in the place of the two weights whose product they are. */
interface Product {
  whole: Piece
  scale: Piece
}

/** A weight and its bytes. */
interface Piece {
  spec: io.WeightsManifestEntry
  bytes: Uint8Array
}

/**
 * A graph in which weights that travel as whole numbers of eight bits and scales are what they are the product of, so that it need not
 * be computed each time that the graph runs; and the bytes of its weights. Other weights stay as they travel. `bytes` fill their buffer.
 */
export function unpacked(json: io.ModelJSON, bytes: Uint8Array<ArrayBuffer>): [io.ModelJSON, ArrayBuffer] {
  const pieces = cut(
    (json.weightsManifest ?? []).flatMap((group) => group.weights),
    bytes,
  )
  const topology = json.modelTopology as { node: Node[] }
  const products = new Map<string, Product>()
  for (const { name, op, input } of topology.node) {
    const [whole, scale] = op === 'Mul' ? (input ?? []).map((read) => pieces.get(read)) : []
    if (whole?.spec.quantization?.dtype === 'uint8' && scale && !scale.spec.quantization) products.set(name, { whole, scale })
  }
  if (!products.size) return [json, bytes.buffer]
  const factors = new Set([...products.values()].flatMap(({ whole, scale }) => [whole.spec.name, scale.spec.name]))
  const node = topology.node.filter(({ name }) => !factors.has(name)).map((node) => (products.has(node.name) ? constant(node.name) : node))
  const kept = [...pieces.values()].filter(({ spec }) => !factors.has(spec.name))
  const made = [...kept, ...[...products].map(([name, product]) => multiplied(name, product))]
  const weightsManifest = [{ paths: [], weights: made.map(({ spec }) => spec) }]
  return [{ ...json, modelTopology: { ...topology, node }, weightsManifest }, concatenate(made.map(({ bytes }) => bytes)).buffer]
}

/** Each weight by name, with its part of the bytes. */
function cut(specs: readonly io.WeightsManifestEntry[], bytes: Uint8Array): Map<string, Piece> {
  let at = 0
  return new Map(
    specs.map((spec) => {
      const begin = at
      at += spec.shape.reduce((a, b) => a * b, 1) * (SIZES[spec.quantization?.dtype ?? spec.dtype] ?? 0)
      return [spec.name, { spec, bytes: bytes.subarray(begin, at) }]
    }),
  )
}

const SIZES: Record<string, number> = { float32: 4, int32: 4, float16: 2, uint16: 2, uint8: 1, bool: 1 }

function constant(name: string): Node {
  return { name, op: 'Const', attr: { dtype: { type: 'DT_FLOAT' } } }
}

/** The product, whose scale is 1 wide in all dimensions but one. */
function multiplied(name: string, { whole, scale }: Product): Piece {
  const { shape, quantization } = whole.spec
  const { scale: by = 1, min = 0 } = quantization ?? {}
  const scales = new Float32Array(scale.bytes.slice().buffer)
  const along = scale.spec.shape.findIndex((size) => size > 1)
  const each = shape.slice(along + 1).reduce((a, b) => a * b, 1) // numbers one after the other that share a scale
  const values = new Float32Array(whole.bytes.length)
  for (let begin = 0, row = 0; begin < values.length; begin += each, row++) {
    const factor = scales[row % scales.length] as number
    for (let i = begin; i < begin + each; i++) values[i] = ((whole.bytes[i] as number) * by + min) * factor
  }
  return { spec: { name, shape, dtype: 'float32' }, bytes: new Uint8Array(values.buffer) }
}
