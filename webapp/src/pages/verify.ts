// The page that `zlide verify` opens in a browser, as verify.html?job: it decodes the positions of ./job.json and posts what came out.
//
// job.json is a Job. While it works, the page posts to ./progress, after every 50 positions and after the last:
//
//   { done, total }         positions decoded and given to the encoder, and how many there are of both
//   { done, total, part }   of pictures: with what was decoded since the last message, in the order of the job: pixels (n, H, W, C)
//                           in [0, 1] as float32, little-endian, in base64; all parts one after the other are all pictures
//
// Then it posts a Result to ./result, or { error }, in words. Everything decoded has been posted, and answered, before.

import { concatenate, download, fetchManifest, valueCount } from '../bundle/index.ts'
import type { DecodingMode } from '../decoding-mode.ts'
import { errorMessage } from '../errors.ts'
import { type BackendName, type Located, Model } from '../model/index.ts'
import type { DecodedLine } from '../runtime/index.ts'
import type { Picture } from '../samples/index.ts'

interface Job {
  bundle: string
  backend?: BackendName // wasm, which is what the page chooses, unless it is said; where webgl does not run, that is the error
  set?: number // which set of axes: its place in the manifest; 0 unless it is said
  sliders: number[][] // each (K), in σ
  residual: number[][] // each (Z)
  z: number[][] // each (Z), to be led back to sliders and residual
  batch: number
  encode?: number[][] // token ids of sentences, without begin and end
  writings?: DecodingMode[] // how sentences at the first positions are written once more, each as its own says
  pictures?: Pixels // for an encoder of pictures
}

/** Pictures (N, H, W, C) in [0, 1]: float32, little-endian, in base64. */
interface Pixels {
  shape: [number, number, number, 1 | 3]
  data: string
}

interface Result {
  tokens: number[][] // of sentences; none where pictures are decoded
  lines: (DecodedLine & { milliseconds: number })[] // written once more
  z: number[][] // (N, Z), where the sliders lead to
  located: Located
  encoded: number[][] // (N, Z), of the sentences and then of the pictures
  tensors: { after10: number | null; after500: number | null } // alive in the worker after so many decodes
  backend: BackendName
  milliseconds: number[] // of each decode
  agent: string
}

const PURPOSE =
  'This page belongs to “zlide verify”, which puts positions beside it and compares what is decoded here with PyTorch. There are none now.'
const PROGRESS_INTERVAL = 50 // positions between two messages about progress
const page = (path: string) => new URL(path, document.baseURI)
const post = (path: string, body: unknown) =>
  fetch(page(path), { method: 'POST', body: JSON.stringify(body) })

async function runJob(job: Job): Promise<Result> {
  const base = page(job.bundle)
  const { backend = 'wasm', set = 0, sliders, residual, batch, writings = [] } = job
  const model = await Model.open(base, await fetchManifest(base), backend, () => {})
  const located = job.z.length ? await model.locate(set, job.z) : { sliders: [], residual: [] }
  const tensors: Result['tensors'] = { after10: null, after500: null }
  const result: Result = {
    tokens: [],
    lines: [],
    z: [],
    located,
    encoded: [],
    tensors,
    backend,
    milliseconds: [],
    agent: navigator.userAgent,
  }
  const given = [...(job.encode ?? []), ...(job.pictures ? unpack(job.pictures) : [])]
  const tell = reporter(sliders.length + writings.length + given.length)
  for (let at = 0; at < sliders.length; at += batch) {
    const { samples, z, milliseconds } = await model.decode(
      set,
      sliders.slice(at, at + batch),
      residual.slice(at, at + batch),
    )
    const pixels: Float32Array[] = []
    for (const sample of samples) {
      if (sample.kind === 'text') result.tokens.push(sample.tokens)
      else pixels.push(sample.pixels)
    }
    result.z.push(...z)
    result.milliseconds.push(milliseconds)
    if (result.milliseconds.length === 10) tensors.after10 = await model.tensors()
    if (result.milliseconds.length === 500) tensors.after500 = await model.tensors()
    await tell(samples.length, pixels)
  }
  for (const [at, writing] of writings.entries()) {
    const { samples, milliseconds } = await model.decode(
      set,
      sliders.slice(at, at + 1),
      residual.slice(at, at + 1),
      writing,
    )
    for (const sample of samples)
      if (sample.kind === 'text') result.lines.push({ ...sample, milliseconds })
    await tell(1)
  }
  for (const sample of given) {
    result.encoded.push(await model.encode(sample))
    await tell(1)
  }
  model.close()
  return result
}

/** Counts what is done, and posts it now and then, with the pictures that were painted since. */
function reporter(total: number): (more: number, pixels?: Float32Array[]) => Promise<void> {
  let [done, told] = [0, 0]
  let painted: Float32Array[] = []
  return async (more, pixels = []) => {
    done += more
    painted.push(...pixels)
    if (done < told + PROGRESS_INTERVAL && done < total) return
    told = done
    showStatus(`${done} of ${total} positions`)
    await post('progress', painted.length ? { done, total, part: pack(painted) } : { done, total })
    painted = []
  }
}

function pack(pictures: Float32Array[]): string {
  const bytes = concatenate(
    pictures.map(
      ({ buffer, byteOffset, byteLength }) => new Uint8Array(buffer, byteOffset, byteLength),
    ),
  )
  let text = ''
  for (let at = 0; at < bytes.length; at += 8192)
    text += String.fromCharCode(...bytes.subarray(at, at + 8192))
  return btoa(text)
}

function unpack({ shape: [count, height, width, channels], data }: Pixels): Picture[] {
  const values = new Float32Array(Uint8Array.from(atob(data), (byte) => byte.charCodeAt(0)).buffer)
  const size = { height, width, channels }
  const each = valueCount(size)
  return Array.from({ length: count }, (_, i) => ({
    kind: 'image',
    size,
    pixels: values.slice(i * each, (i + 1) * each),
  }))
}

function showStatus(words: string): void {
  const line = document.querySelector('#status')
  if (line) line.textContent = words
}

async function main(): Promise<void> {
  if (!new URLSearchParams(location.search).has('job')) return showStatus(PURPOSE) // to ask for what is not there would show an error in the console
  let job: Job
  try {
    job = JSON.parse(
      new TextDecoder().decode(await download(page('job.json'), { cache: 'no-store' })),
    )
  } catch {
    return showStatus(PURPOSE)
  }
  try {
    await post('result', await runJob(job))
    showStatus('Done: the result is with “zlide verify”.')
  } catch (error) {
    showStatus(errorMessage(error))
    await post('result', { error: errorMessage(error) })
  }
}

await main()
