import type { Graph, Manifest, Spec, Values } from 'zlide/bundle'
import type { Sample } from 'zlide/sample'

/** A curve: T values at equal steps. */
export interface Curve extends Sample {
  kind: 'curve'
  values: Float32Array // (T)
}

/** curve: z → values (B, T). */
export interface CurveDecoder {
  kind: 'curve'
  curve: Graph
  length: number // T
}

/** Return the decoder of a manifest whose kind is curve. */
export const decoderOf = ({ decoder }: Manifest): CurveDecoder => decoder as unknown as CurveDecoder

const values: Values<Curve> = {
  of: ({ values }) => values,
  toSample: (values) => ({ kind: 'curve', values }),
}

/** One graph from z to the values of a curve. A poster has them as float32, little-endian. */
export const spec: Spec = {
  schema: {
    decoder: {
      type: 'object',
      required: ['kind', 'curve', 'length'],
      additionalProperties: false,
      properties: {
        kind: { const: 'curve' },
        curve: { $ref: '#/$defs/Graph' },
        length: { type: 'integer', minimum: 2 },
      },
    },
  },
  decoder(manifest) {
    const { curve, length } = decoderOf(manifest)
    const inputs = [manifest.latent_size]
    return [{ name: 'decoder.curve', graph: curve, inputs, outputs: [length] }]
  },
  posterBytes: (manifest) => 4 * decoderOf(manifest).length,
  values,
}
