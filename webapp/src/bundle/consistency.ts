// Checks that the parts of a bundle are consistent. The converter makes the same checks, in
// converter/zlide/bundle/consistency.py; both are tested against tests/golden/inconsistencies.json.

import type { Graph, Manifest, Points, Tokens } from './manifest.types.ts'
import { valueCount } from './value-count.ts'

/** The width of each input or output; null if the contract leaves it open. */
type Widths = (number | null)[]

/** The contract of a graph; `name` is its key in the manifest. */
interface Ends {
  name: string
  graph: Graph
  inputs: Widths
  outputs: Widths
}

/** The parts of a model.json that are checked. */
interface Model {
  modelTopology: { node: { name: string; op: string; attr?: { shape?: { shape?: Shape } } }[] }
  signature?: { outputs?: Record<string, { tensorShape?: Shape }> }
}
interface Shape {
  dim?: { size: string }[]
}

/** Return the inconsistencies within a manifest, one line each. */
export function inconsistenciesWithin(manifest: Manifest): string[] {
  const empty = manifest.axes.flatMap(({ axes }, i) =>
    axes.length ? [] : [`axes.${i}.axes: expected length at least 1, found 0`],
  )
  if (empty.length) return empty
  const sliders = manifest.axes[0].axes.length
  const { decoder } = manifest
  const counted: [string, number, number][] = [
    ...manifest.posters.map((poster, i): [string, number, number] => [
      `posters.${i}.sliders`,
      poster.sliders.length,
      sliders,
    ]),
    ...manifest.posters.flatMap(({ decoded }, i): [string, number, number][] =>
      decoder.kind === 'text'
        ? []
        : [[`posters.${i}.decoded`, bytesIn(decoded), valueCount(decoder.size)]],
    ),
    ...manifest.axes.flatMap(({ axes, points }, i) =>
      countsOf(`axes.${i}.points`, points, axes.length),
    ),
    ...contract(manifest).flatMap(
      ({ name, graph, inputs, outputs }): [string, number, number][] => [
        [`${name}.inputs`, graph.inputs.length, inputs.length],
        [`${name}.outputs`, graph.outputs.length, outputs.length],
      ],
    ),
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
  const arrived = contract(manifest).filter(({ graph }) => files.has(graph.path))
  const found = arrived.flatMap((ends) => ofGraph(ends, files))
  return found.length || !manifest.tokens ? found : ofWords(manifest, manifest.tokens, files)
}

/** Return the words of a vocabulary file, which has one per line: line number = id. */
export const readWords = (bytes: Uint8Array): string[] =>
  new TextDecoder().decode(bytes).replace(/\n$/, '').split('\n')

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

function contract({ latent_size: latent, axes, decoder, encoder }: Manifest): Ends[] {
  const ends = axes.flatMap(({ axes: { length }, to, from }, i): Ends[] => [
    { name: `axes.${i}.to`, graph: to, inputs: [length, latent], outputs: [latent] },
    { name: `axes.${i}.from`, graph: from, inputs: [latent], outputs: [length, latent] },
  ])
  const open = (names: string[]): null[] => names.map(() => null)
  if (decoder.kind === 'image')
    ends.push({ name: 'decoder.image', graph: decoder.image, inputs: [latent], outputs: [null] })
  else {
    const state = open(decoder.start.outputs)
    ends.push(
      { name: 'decoder.start', graph: decoder.start, inputs: [latent], outputs: state },
      {
        name: 'decoder.step',
        graph: decoder.step,
        inputs: [null, ...state],
        outputs: [null, null, ...state],
      },
    )
  }
  if (encoder?.kind === 'image')
    ends.push({ name: 'encoder.image', graph: encoder.image, inputs: [null], outputs: [latent] })
  if (encoder?.kind === 'text') {
    const state = open(encoder.start.outputs)
    ends.push(
      { name: 'encoder.start', graph: encoder.start, inputs: [null], outputs: state },
      { name: 'encoder.read', graph: encoder.read, inputs: [null, null, ...state], outputs: state },
      { name: 'encoder.finish', graph: encoder.finish, inputs: state, outputs: [latent] },
    )
  }
  return ends
}

function ofGraph({ graph, inputs, outputs }: Ends, files: Map<string, Uint8Array>): string[] {
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

function ofWords({ decoder }: Manifest, tokens: Tokens, files: Map<string, Uint8Array>): string[] {
  const bytes = files.get(tokens.vocabulary)
  if (!bytes) return []
  const count = readWords(bytes).length
  if (decoder.kind === 'text') {
    const { path, outputs } = decoder.step
    const model = readModel(decoder.step, files)
    const width = model && widthOf(outputs[0] as string, model)
    if (width !== null && width !== count)
      return [
        `${tokens.vocabulary}: expected ${width} words, one per logit of ${path}, found ${count}`,
      ]
  }
  return (['begin', 'end'] as const).flatMap((name) =>
    tokens[name] < count
      ? []
      : [
          `tokens.${name}: expected an id below ${count}, the words of ${tokens.vocabulary}, found ${tokens[name]}`,
        ],
  )
}

/** Parse a model.json; null if it is not a graph. */
function readModel(graph: Graph, files: Map<string, Uint8Array>): Model | null {
  try {
    const model: Model = JSON.parse(new TextDecoder().decode(files.get(graph.path)))
    return Array.isArray(model.modelTopology.node) ? model : null
  } catch {
    return null
  }
}

/** Return the width that a graph declares for an input or output (B, width), or null. */
function widthOf(name: string, { modelTopology, signature }: Model): number | null {
  const input = modelTopology.node.find((node) => node.name === name && node.op === 'Placeholder')
  const sizes =
    (input?.attr?.shape?.shape ?? signature?.outputs?.[name]?.tensorShape)?.dim?.map(({ size }) =>
      Number(size),
    ) ?? []
  const [, width] = sizes
  return sizes.length === 2 && width !== undefined && width >= 0 ? width : null
}
