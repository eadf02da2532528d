// The page that `zlide verify` opens in a browser, as verify.html?job. It decodes the positions of
// ./job.json, which is a Job, and posts the results.
//
// After every 50 positions, and after the last one, it posts its progress to ./progress:
//
// - { done, total }: the number of finished decodes and encodes, and of all.
// - { done, total, part }, for samples with values: part is the values decoded since the last message,
//   in the order of the job. They are float32, little-endian, in base64. The values of a picture are
//   its pixels (H, W, C) in [0, 1].
//
// Then it posts a Result, or { error }, to ./result, after all messages to ./progress were answered.

import {
  concatenate,
  type DecodedTokens,
  download,
  fetchManifest,
  specOf,
  type Values,
} from '../bundle/index.ts'
import type { DecodingMode } from '../decoding-mode.ts'
import { errorMessage } from '../errors.ts'
import { type BackendName, type Located, Model } from '../model/index.ts'
import type { EncoderInput, Sample } from '../sample.ts'

interface Job {
  bundle: string
  backend?: BackendName // default: wasm. A backend that does not run is an error
  set?: number // index of the set of axes; default: 0
  sliders: number[][] // each (K), in σ
  residual: number[][] // each (Z)
  z: number[][] // each (Z), to be located on the axes
  batch: number
  encode?: number[][] // token ids of sentences, without begin and end
  values?: PackedValues // of samples to encode
  modes?: DecodingMode[] // decode the first positions again, each with its mode
}

/** The values of N samples, such as the pixels of pictures: float32, little-endian, in base64. */
interface PackedValues {
  shape: [number, ...number[]] // (N, …)
  data: string
}

interface Result {
  tokens: number[][] // of sentences; empty for samples with values
  sentences: (DecodedTokens & { milliseconds: number })[] // of `modes`; empty as above
  z: number[][] // (N, Z), of the positions
  located: Located
  encoded: number[][] // (N, Z), of the sentences and then of the samples with values
  tensors: { after10: number | null; after500: number | null } // live in the worker after 10 and 500 decodes
  backend: BackendName
  milliseconds: number[] // of each decode
  agent: string
}

const PURPOSE =
  'This page belongs to “zlide verify”, which compares the browser with PyTorch. There is no job now.'
const PROGRESS_INTERVAL = 50 // positions between two messages about progress
const page = (path: string) => new URL(path, document.baseURI)
const post = (path: string, body: unknown) =>
  fetch(page(path), { method: 'POST', body: JSON.stringify(body) })

async function runJob(job: Job): Promise<Result> {
  const base = page(job.bundle)
  const { backend = 'wasm', set = 0, sliders, residual, batch, modes = [] } = job
  const manifest = await fetchManifest(base)
  const { values, tokensOf } = specOf(manifest)
  const model = await Model.open(base, manifest, backend, () => {})
  const located = job.z.length ? await model.locate(set, job.z) : { sliders: [], residual: [] }
  const tensors: Result['tensors'] = { after10: null, after500: null }
  const result: Result = {
    tokens: [],
    sentences: [],
    z: [],
    located,
    encoded: [],
    tensors,
    backend,
    milliseconds: [],
    agent: navigator.userAgent,
  }
  const inputs: EncoderInput[] = [
    ...(job.encode ?? []),
    ...(job.values && values ? unpack(job.values, values) : []),
  ]
  const report = reporter(sliders.length + modes.length + inputs.length)
  for (let at = 0; at < sliders.length; at += batch) {
    const { samples, z, milliseconds } = await model.decode(
      set,
      sliders.slice(at, at + batch),
      residual.slice(at, at + batch),
    )
    if (tokensOf) result.tokens.push(...samples.map((sample) => tokensOf(sample).tokens))
    result.z.push(...z)
    result.milliseconds.push(milliseconds)
    if (result.milliseconds.length === 10) tensors.after10 = await model.tensors()
    if (result.milliseconds.length === 500) tensors.after500 = await model.tensors()
    await report(samples.length, values ? samples.map((sample) => values.of(sample)) : [])
  }
  for (const [at, mode] of modes.entries()) {
    const { samples, milliseconds } = await model.decode(
      set,
      sliders.slice(at, at + 1),
      residual.slice(at, at + 1),
      mode,
    )
    if (tokensOf) result.sentences.push(...samples.map((s) => ({ ...tokensOf(s), milliseconds })))
    await report(1)
  }
  for (const input of inputs) {
    result.encoded.push(await model.encode(input))
    await report(1)
  }
  model.close()
  return result
}

/** Return a function that counts, and posts the progress with the values decoded since the last post. */
function reporter(total: number): (more: number, values?: Float32Array[]) => Promise<void> {
  let [done, reported] = [0, 0]
  let decoded: Float32Array[] = []
  return async (more, values = []) => {
    done += more
    decoded.push(...values)
    if (done < reported + PROGRESS_INTERVAL && done < total) return
    reported = done
    showStatus(`${done} of ${total} positions`)
    await post('progress', decoded.length ? { done, total, part: pack(decoded) } : { done, total })
    decoded = []
  }
}

function pack(values: Float32Array[]): string {
  const bytes = concatenate(
    values.map(
      ({ buffer, byteOffset, byteLength }) => new Uint8Array(buffer, byteOffset, byteLength),
    ),
  )
  let text = ''
  for (let at = 0; at < bytes.length; at += 8192)
    text += String.fromCharCode(...bytes.subarray(at, at + 8192))
  return btoa(text)
}

function unpack({ shape, data }: PackedValues, { toSample }: Values): Sample[] {
  const values = new Float32Array(Uint8Array.from(atob(data), (byte) => byte.charCodeAt(0)).buffer)
  const [count, ...each] = shape
  const length = values.length / count
  return Array.from({ length: count }, (_, i) =>
    toSample(values.slice(i * length, (i + 1) * length), each),
  )
}

function showStatus(words: string): void {
  const line = document.querySelector('#status')
  if (line) line.textContent = words
}

async function main(): Promise<void> {
  if (!new URLSearchParams(location.search).has('job')) return showStatus(PURPOSE) // a missing job.json would show an error in the console
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
    showStatus('Done: “zlide verify” has the result.')
  } catch (error) {
    showStatus(errorMessage(error))
    await post('result', { error: errorMessage(error) })
  }
}

await main()
