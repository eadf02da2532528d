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

/** Return the width that a graph declares for an input or output (B, width), or null. */
export function widthOf(name: string, { modelTopology, signature }: GraphModel): number | null {
  const input = modelTopology.node.find((node) => node.name === name && node.op === 'Placeholder')
  const sizes =
    (input?.attr?.shape?.shape ?? signature?.outputs?.[name]?.tensorShape)?.dim?.map(({ size }) =>
      Number(size),
    ) ?? []
  const [, width] = sizes
  return sizes.length === 2 && width !== undefined && width >= 0 ? width : null
}
