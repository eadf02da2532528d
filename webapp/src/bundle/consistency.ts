// Where the parts of a bundle contradict each other. The converter asks the same of a bundle, in converter/zlide/misfits.py.

import type { Graph, Manifest, Points, Tokens } from './manifest.types.ts'
import { valueCount } from './volume.ts'

/** Of each input or output; null where the contract leaves it open. */
type Widths = (number | null)[]

/** What the contract says of a graph; `name` is where it stands in the manifest. */
interface Ends {
  name: string
  graph: Graph
  inputs: Widths
  outputs: Widths
}

/** As much of a model.json as is compared. */
interface Model {
  modelTopology: { node: { name: string; op: string; attr?: { shape?: { shape?: Shape } } }[] }
  signature?: { outputs?: Record<string, { tensorShape?: Shape }> }
}
interface Shape {
  dim?: { size: string }[]
}

/** Every contradiction within a manifest, one line each. */
export function inconsistenciesWithin(manifest: Manifest): string[] {
  const empty = manifest.axes.flatMap(({ axes }, i) =>
    axes.length ? [] : [`axes.${i}.axes: expected at least 1 of them, found 0`],
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
      ([name, found, expected]) => `${name}: expected ${expected} of them, found ${found}`,
    )
  return manifest.axes.flatMap(({ axes, points }) =>
    points ? ofPoints(points, axes.length, manifest) : [],
  )
}

/** Of the training samples on a set of `width` axes. */
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

/** Every contradiction between a manifest and those of its files that have arrived, one line each. */
export function inconsistenciesAmong(manifest: Manifest, files: Map<string, Uint8Array>): string[] {
  const arrived = contract(manifest).filter(({ graph }) => files.has(graph.path))
  const found = arrived.flatMap((ends) => ofGraph(ends, files))
  return found.length || !manifest.tokens ? found : ofWords(manifest, manifest.tokens, files)
}

/** The words of a vocabulary file: one a line, line number = id. */
export const readWords = (bytes: Uint8Array): string[] =>
  new TextDecoder().decode(bytes).replace(/\n$/, '').split('\n')

/** In base64; 0 for what is none. */
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
  if (!model) return [] // told when it is loaded
  const { node } = model.modelTopology
  const given = node.filter(({ op }) => op === 'Placeholder').map(({ name }) => name)
  const [expected, found] = [graph.inputs, given].map((names) => [...names].sort().join(', '))
  if (expected !== found) return [`${graph.path}: expected inputs ${expected}, found ${found}`]
  const missing = graph.outputs.filter((output) => !node.some(({ name }) => name === output))
  if (missing.length)
    return [
      `${graph.path}: expected outputs ${graph.outputs.join(', ')}, found no ${missing.join(', ')}`,
    ]
  const names = [...graph.inputs, ...graph.outputs]
  return [...inputs, ...outputs].flatMap((width, i) => {
    const name = names[i] as string
    const found = widthOf(name, model)
    return width === null || found === null || width === found
      ? []
      : [`${graph.path}: expected ${name} ${width} wide, found ${found}`]
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
        `${tokens.vocabulary}: expected ${width} words, as many as ${path} has logits, found ${count}`,
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

/** null for what is no graph. */
function readModel(graph: Graph, files: Map<string, Uint8Array>): Model | null {
  try {
    const model: Model = JSON.parse(new TextDecoder().decode(files.get(graph.path)))
    return Array.isArray(model.modelTopology.node) ? model : null
  } catch {
    return null
  }
}

/** Of an input or an output (B, width), as the graph declares it; null where it does not. */
function widthOf(name: string, { modelTopology, signature }: Model): number | null {
  const input = modelTopology.node.find((node) => node.name === name && node.op === 'Placeholder')
  const sizes =
    (input?.attr?.shape?.shape ?? signature?.outputs?.[name]?.tensorShape)?.dim?.map(({ size }) =>
      Number(size),
    ) ?? []
  const [, width] = sizes
  return sizes.length === 2 && width !== undefined && width >= 0 ? width : null
}
