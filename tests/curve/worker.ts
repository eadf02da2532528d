import { Graph, type WorkerModality } from 'zlide/runtime'
import { type Curve, decoderOf } from './spec.ts'

/** Curves in the worker. */
export const curve: WorkerModality<Curve> = {
  loadDecoder(manifest, files) {
    const { curve, length } = decoderOf(manifest)
    const graph = Graph.load(curve, files)
    return async (z, count) => {
      const { values } = await graph.call([z], count) // (B, T)
      return Array.from({ length: count }, (_, i) => ({
        kind: 'curve',
        values: Float32Array.from(values.slice(i * length, (i + 1) * length)),
      }))
    }
  },
  isFinite: ({ values }) => values.every(Number.isFinite),
}
