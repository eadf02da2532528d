// Checks that the parts of a bundle are consistent. The converter makes the same checks, in
// converter/zlide/bundle/consistency.py; both are tested against tests/golden/inconsistencies.json.

import { readModel, widthOf } from './graph-model.ts'
import type { Manifest, Points } from './manifest.types.ts'
import type { GraphWidths } from './spec.ts'
import { decoderGraphs, encoderGraphs, specOf } from './specs.ts'

/** Return the inconsistencies within a manifest, one line each. */
export function inconsistenciesWithin(manifest: Manifest): string[] {
  const empty = manifest.axes.flatMap(({ axes }, i) =>
    axes.length ? [] : [`axes.${i}.axes: expected length at least 1, found 0`],
  )
  if (empty.length) return empty
  const { decoder, encoder } = manifest
  if (encoder && encoder.kind !== decoder.kind)
    return [
      `encoder.kind: expected ${decoder.kind}, the kind of the decoder, found ${encoder.kind}`,
    ]
  const sliders = manifest.axes[0].axes.length
  const posterBytes = specOf(manifest).posterBytes?.(manifest)
  const counted: [string, number, number][] = [
    ...manifest.posters.map((poster, i): [string, number, number] => [
      `posters.${i}.sliders`,
      poster.sliders.length,
      sliders,
    ]),
    ...manifest.posters.flatMap(({ decoded }, i): [string, number, number][] =>
      posterBytes === undefined ? [] : [[`posters.${i}.decoded`, bytesIn(decoded), posterBytes]],
    ),
    ...manifest.axes.flatMap(({ axes, points }, i) =>
      countsOf(`axes.${i}.points`, points, axes.length),
    ),
    ...graphs(manifest).flatMap(({ name, graph, inputs, outputs }): [string, number, number][] => [
      [`${name}.inputs`, graph.inputs.length, inputs.length],
      [`${name}.outputs`, graph.outputs.length, outputs.length],
    ]),
  ]
  const wrong = counted.filter(([, found, expected]) => found !== expected)
  if (wrong.length)
    return wrong.map(
      ([name, found, expected]) => `${name}: expected length ${expected}, found ${found}`,
    )
  return manifest.axes.flatMap(({ axes, points }) =>
    points ? ofPoints(points, axes.length, manifest) : [],
  )
}

/** Return name, found and expected length of the arrays for the points on a set of `width` axes. */
function countsOf(name: string, points: Points | null, width: number): [string, number, number][] {
  if (!points) return []
  const { mean, whitening } = points
  const rows = whitening.map((row, i): [string, number, number] => [
    `${name}.whitening.${i}`,
    row.length,
    i + 1,
  ])
  return [
    [`${name}.mean`, mean.length, width],
    [`${name}.whitening`, whitening.length, width],
    ...rows,
  ]
}

function ofPoints({ path, count }: Points, width: number, { files }: Manifest): string[] {
  const expected = count * width * 2
  const wrong = files.filter((file) => file.path === path && file.bytes !== expected)
  return wrong.map(
    ({ bytes }) =>
      `${path}: expected ${expected} bytes, ${count} points on ${width} axes, found ${bytes}`,
  )
}

/** Return the inconsistencies between a manifest and its files fetched so far, one line each. */
export function inconsistenciesAmong(manifest: Manifest, files: Map<string, Uint8Array>): string[] {
  const arrived = graphs(manifest).filter(({ graph }) => files.has(graph.path))
  const found = arrived.flatMap((graph) => ofGraph(graph, files))
  return found.length ? found : (specOf(manifest).inconsistencies?.(manifest, files) ?? [])
}

/**
 * Return the number of bytes in base64 text; 0 if it is invalid. The same rule is in the converter;
 * both are tested against tests/golden/base64.json.
 */
function bytesIn(text: string): number {
  try {
    return atob(text).length
  } catch {
    return 0
  }
}

/** Return all graphs of a bundle and their widths. */
function graphs(manifest: Manifest): GraphWidths[] {
  const { latent_size: latent, axes } = manifest
  return [
    ...axes.flatMap(({ axes: { length }, to, from }, i): GraphWidths[] => [
      { name: `axes.${i}.to`, graph: to, inputs: [length, latent], outputs: [latent] },
      { name: `axes.${i}.from`, graph: from, inputs: [latent], outputs: [length, latent] },
    ]),
    ...decoderGraphs(manifest),
    ...encoderGraphs(manifest),
  ]
}

function ofGraph(
  { graph, inputs, outputs }: GraphWidths,
  files: Map<string, Uint8Array>,
): string[] {
  const model = readModel(graph, files)
  if (!model) return [] // reported when the graph is loaded
  const { node } = model.modelTopology
  const given = node.filter(({ op }) => op === 'Placeholder').map(({ name }) => name)
  const [expected, found] = [graph.inputs, given].map((names) => [...names].sort().join(', '))
  if (expected !== found) return [`${graph.path}: expected inputs ${expected}, found ${found}`]
  const missing = graph.outputs.filter((output) => !node.some(({ name }) => name === output))
  if (missing.length)
    return [
      `${graph.path}: expected outputs ${graph.outputs.join(', ')}, did not find ${missing.join(', ')}`,
    ]
  const names = [...graph.inputs, ...graph.outputs]
  return [...inputs, ...outputs].flatMap((width, i) => {
    const name = names[i] as string
    const found = widthOf(name, model)
    return width === null || found === null || width === found
      ? []
      : [`${graph.path}: expected ${name} of width ${width}, found width ${found}`]
  })
}
