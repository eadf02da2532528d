import type * as LiteRt from '@litertjs/core'
import { setThreadsCount } from '@tensorflow/tfjs-backend-wasm'
import { type GraphModel, loadGraphModelSync } from '@tensorflow/tfjs-converter'
import {
  type io,
  matMul,
  type Tensor,
  type Tensor2D,
  tensor1d,
  tensor2d,
  tidy,
  zeros,
} from '@tensorflow/tfjs-core'
import type * as Ort from 'onnxruntime-web'
import { concatenate } from '../src/bundle/concatenate.ts'
import { download } from '../src/bundle/download.ts'
import { fetchManifest } from '../src/bundle/fetch.ts'
import { startBackend } from '../src/runtime/backend.ts'
import { Graph } from '../src/runtime/graph.ts'
import { startOptionalBackend } from '../src/runtime/optional-backends.ts'
import { Runtime } from '../src/runtime/runtime.ts'

/** B positions: sliders (B, K) in σ, residual (B, Z), and the steps of each sentence, for the floor. */
export interface Positions {
  sliders: number[][]
  residual: number[][]
  steps: number[]
}

/** Positions → B samples: token ids without begin and end, or pixels (H·W·C). */
export type Decode = (positions: Positions) => Promise<ArrayLike<number>[]>

/** The files of a contender; URLs are relative to the page. */
export type Contender =
  | { kind: 'zlide'; bundle: string }
  | { kind: 'graph'; folder: string }
  | { kind: 'tflite'; model: string }
  | { kind: 'unrolled'; model: string; end: number }
  | { kind: 'stepwise'; start: string; step: string; words: Words }
  | { kind: 'painted'; model: string }
  | { kind: 'stock words'; start: string; step: string; words: Words }
  | { kind: 'stock pictures'; model: string }
  | { kind: 'floor'; once: Product[]; step: Product[] }

/** A matrix product of a decode: (batch · rows, inner) by (inner, columns). */
interface Product {
  rows: number
  inner: number
  columns: number
}

/** The special tokens, the maximal length, and the indices of the state that a step returns. */
interface Words {
  begin: number
  end: number
  max_length: number
  renewed: number[]
}

export function load(contender: Contender, ort: typeof Ort, threads: number): Promise<Decode> {
  switch (contender.kind) {
    case 'zlide':
      return zlide(contender.bundle)
    case 'graph':
      return graph(contender.folder, threads)
    case 'tflite':
      return tflite(contender.model, threads)
    case 'unrolled':
      return unrolled(ort, contender.model, contender.end)
    case 'stepwise':
      return stepwise(ort, contender.start, contender.step, contender.words)
    case 'painted':
      return painted(ort, contender.model)
    case 'stock words':
      return stockWords(contender.start, contender.step, contender.words)
    case 'stock pictures':
      return stockPictures(contender.model)
    case 'floor':
      return floor(contender.once, contender.step)
  }
}

/** The bundle, decoded by the runtime of the site. */
async function zlide(bundle: string): Promise<Decode> {
  const base = new URL(bundle, document.baseURI)
  const runtime = await Runtime.open(base, await fetchManifest(base), 'wasm', () => {})
  return async ({ sliders, residual }) => {
    const { samples } = await runtime.decode(0, sliders, residual)
    return samples.map((sample) => {
      const { tokens, pixels } = sample as { tokens?: number[]; pixels?: Float32Array }
      return tokens ?? pixels ?? []
    })
  }
}

/** A graph from the sliders on, run by the runtime of the site. */
async function graph(folder: string, threads: number): Promise<Decode> {
  const fetched = (path: string) => download(new URL(path, document.baseURI))
  if (threads === 1) await startBackend(fetched)
  else {
    setThreadsCount(threads)
    await startOptionalBackend('threads', fetched, true)
  }
  const files = new Map([['model.json', await fetched(`${folder}model.json`)]])
  const json: io.ModelJSON = JSON.parse(new TextDecoder().decode(files.get('model.json')))
  for (const path of (json.weightsManifest ?? []).flatMap(({ paths }) => paths))
    files.set(path, await fetched(folder + path))
  const spec = { path: 'model.json', inputs: ['sliders', 'residual'], outputs: ['pixels'] }
  const loaded = Graph.load(spec, files)
  return async ({ sliders, residual }) => {
    const pixels = await loaded.call([sliders.flat(), residual.flat()], sliders.length)
    return rows(pixels.values as Float32Array, sliders.length)
  }
}

/** A model of LiteRT.js, one position at once, on its WebAssembly of the kind that suits the browser. */
async function tflite(model: string, threads: number): Promise<Decode> {
  const folder = new URL('../litertjs/core/', document.baseURI)
  const litert: typeof LiteRt = await import(
    /* @vite-ignore */ new URL('dist/index.js', folder).href
  )
  await litert.loadLiteRt(new URL('wasm/', folder).href, { threads: threads > 1 })
  const compiled = await litert.loadAndCompile(new URL(model, document.baseURI).href, {
    accelerator: 'wasm',
    cpuOptions: { numThreads: threads },
  })
  return async ({ sliders, residual }) => {
    const inputs = [sliders, residual].map(
      (rows) => new litert.Tensor(Float32Array.from(rows.flat()), [1, rows[0]?.length ?? 0]),
    )
    const outputs = await compiled.run(inputs)
    const pixels = (await outputs[0]?.data()) as Float32Array
    for (const tensor of [...inputs, ...outputs]) tensor.delete()
    return [pixels]
  }
}

const session = (ort: typeof Ort, model: string) =>
  ort.InferenceSession.create(model, {
    executionProviders: ['wasm'],
    graphOptimizationLevel: 'all',
  })

const feeds = (ort: typeof Ort, { sliders, residual }: Positions) => ({
  sliders: new ort.Tensor('float32', Float32Array.from(sliders.flat()), [
    sliders.length,
    sliders[0]?.length ?? 0,
  ]),
  residual: new ort.Tensor('float32', Float32Array.from(residual.flat()), [
    residual.length,
    residual[0]?.length ?? 0,
  ]),
})

async function unrolled(ort: typeof Ort, model: string, end: number): Promise<Decode> {
  const whole = await session(ort, model)
  return async (positions) => {
    const { tokens } = (await whole.run(feeds(ort, positions))) as { tokens: Ort.Tensor }
    return rows(Array.from(tokens.data as BigInt64Array, Number), positions.sliders.length).map(
      (row) => until(row, end),
    )
  }
}

async function stepwise(
  ort: typeof Ort,
  startModel: string,
  stepModel: string,
  words: Words,
): Promise<Decode> {
  const [start, step] = [await session(ort, startModel), await session(ort, stepModel)]
  return async (positions) => {
    const state: Record<string, Ort.Tensor> = { ...(await start.run(feeds(ort, positions))) }
    const count = positions.sliders.length
    let token = new ort.Tensor(
      'int64',
      BigInt64Array.from({ length: count }, () => BigInt(words.begin)),
      [count],
    )
    return written(count, words, async () => {
      const outputs = await step.run({ token, ...state })
      token = outputs.likeliest as Ort.Tensor
      for (const i of words.renewed) state[`state${i}`] = outputs[`next${i}`] as Ort.Tensor
      return Array.from(token.data as BigInt64Array, Number)
    })
  }
}

async function painted(ort: typeof Ort, model: string): Promise<Decode> {
  const picture = await session(ort, model)
  return async (positions) => {
    const { pixels } = (await picture.run(feeds(ort, positions))) as { pixels: Ort.Tensor }
    return rows(pixels.data as Float32Array, positions.sliders.length)
  }
}

async function stockWords(startModel: string, stepModel: string, words: Words): Promise<Decode> {
  const [start, step] = [await stock(startModel), await stock(stepModel)]
  return async ({ sliders, residual }) => {
    const position = { sliders: tensor2d(sliders), residual: tensor2d(residual) }
    let state = await start(position)
    let token: Tensor = tensor1d([words.begin], 'int32')
    const sentences = await written(1, words, async () => {
      const outputs = await step({ token, ...state })
      const { likeliest, ...next } = outputs as Record<string, Tensor> & { likeliest: Tensor }
      const before = [token, ...words.renewed.map((i) => state[`state${i}`] as Tensor)]
      token = likeliest
      state = {
        ...state,
        ...Object.fromEntries(words.renewed.map((i) => [`state${i}`, next[`next${i}`] as Tensor])),
      }
      for (const tensor of before) tensor.dispose()
      return Array.from(token.dataSync())
    })
    for (const tensor of [token, ...Object.values(state), ...Object.values(position)])
      tensor.dispose()
    return sentences
  }
}

async function stockPictures(model: string): Promise<Decode> {
  const paint = await stock(model)
  return async ({ sliders, residual }) => {
    const position = { sliders: tensor2d(sliders), residual: tensor2d(residual) }
    const { pixels } = (await paint(position)) as { pixels: Tensor }
    const values = pixels.dataSync()
    for (const tensor of [pixels, ...Object.values(position)]) tensor.dispose()
    return [values]
  }
}

/** A graph of tensorflowjs_converter, called with the names of its signature. */
async function stock(
  address: string,
): Promise<(inputs: Record<string, Tensor>) => Promise<Record<string, Tensor>>> {
  const json: io.ModelJSON = JSON.parse(
    new TextDecoder().decode(await download(new URL(address, document.baseURI))),
  )
  const shards = (json.weightsManifest ?? []).flatMap(({ paths }) =>
    paths.map((path) => download(new URL(path, new URL(address, document.baseURI)))),
  )
  const model = loadGraphModelSync([
    json,
    concatenate(await Promise.all(shards)).buffer,
  ]) as unknown as GraphModel
  const { inputs, outputs } = model.modelSignature as { inputs: Named; outputs: Named }
  const names = Object.keys(outputs)
  const nodes = names.map((name) => outputs[name]?.name as string)
  return async (tensors) => {
    const fed = Object.fromEntries(
      Object.entries(inputs).map(([name, { name: node }]) => [node, tensors[name] as Tensor]),
    )
    const results = [model.execute(fed, nodes)].flat()
    return Object.fromEntries(names.map((name, i) => [name, results[i] as Tensor]))
  }
}

type Named = Record<string, { name: string }>

/** Decode sentences; `step` returns the next token of each, until all have ended. */
async function written(
  count: number,
  { end, max_length: maxLength }: Words,
  step: () => Promise<number[]>,
): Promise<number[][]> {
  const sentences: number[][] = Array.from({ length: count }, () => [])
  const open = new Set(sentences)
  for (let length = 0; length < maxLength && open.size > 0; length += 1) {
    const words = await step()
    for (const [row, sentence] of sentences.entries()) {
      if (!open.has(sentence)) continue
      if (words[row] === end) open.delete(sentence)
      else sentence.push(words[row] as number)
    }
  }
  return sentences
}

/** The matrix products of a decode alone, which no scheduling can beat. It decodes nothing. */
async function floor(once: Product[], step: Product[]): Promise<Decode> {
  const weights = (products: Product[]) =>
    products.map(({ inner, columns }): Tensor2D => zeros([inner, columns]))
  const [first, again] = [weights(once), weights(step)]
  const inputs = (products: Product[], batch: number) =>
    products.map(({ rows, inner }): Tensor2D => zeros([batch * rows, inner]))
  const multiply = (left: Tensor2D[], right: Tensor2D[]) => {
    for (const [i, x] of left.entries()) matMul(x, right[i] as Tensor2D).dispose()
  }
  return async ({ sliders, steps }) => {
    tidy(() => {
      multiply(inputs(once, sliders.length), first)
      const during = inputs(step, sliders.length)
      for (let s = 0; s < Math.max(...steps); s += 1) multiply(during, again)
    })
    return []
  }
}

function rows<T extends number[] | Float32Array>(values: T, count: number): T[] {
  const each = values.length / count
  return Array.from({ length: count }, (_, i) => values.slice(i * each, (i + 1) * each) as T)
}

function until(tokens: number[], end: number): number[] {
  const at = tokens.indexOf(end)
  return at < 0 ? tokens : tokens.slice(0, at)
}
