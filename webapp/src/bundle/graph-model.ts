import type { Graph } from './manifest.types.ts'

/** The parts of a model.json that are checked. */
export interface GraphModel {
  modelTopology: { node: { name: string; op: string; attr?: { shape?: { shape?: Shape } } }[] }
  signature?: { outputs?: Record<string, { tensorShape?: Shape }> }
}
interface Shape {
  dim?: { size: string }[]
}

/** Parse a model.json; null if it is not a graph. */
export function readModel(graph: Graph, files: Map<string, Uint8Array>): GraphModel | null {
  try {
    const model: GraphModel = JSON.parse(new TextDecoder().decode(files.get(graph.path)))
    return Array.isArray(model.modelTopology.node) ? model : null
  } catch {
    return null
  }
}

/**
 * Return the number of values in a row of an input or output (B, …).
 *
 * null for (B), and if the graph does not declare it.
 */
export function widthOf(name: string, { modelTopology, signature }: GraphModel): number | null {
  const input = modelTopology.node.find((node) => node.name === name && node.op === 'Placeholder')
  const dim = (input?.attr?.shape?.shape ?? signature?.outputs?.[name]?.tensorShape)?.dim ?? []
  const sizes = dim.slice(1).map(({ size }) => Number(size))
  const isKnown = sizes.length > 0 && sizes.every((size) => Number.isInteger(size) && size >= 0)
  return isKnown ? sizes.reduce((product, size) => product * size) : null
}
