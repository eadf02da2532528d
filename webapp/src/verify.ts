// The page that `zlide verify` opens in a browser, as verify.html?job: it decodes the positions of ./job.json and posts what came out.

import { fetchManifest } from './bundle.ts'
import { download } from './download.ts'
import { inWords } from './errors.ts'
import { type Located, Model } from './model.ts'

interface Job {
  bundle: string
  sliders: number[][] // each (K), in σ
  residual: number[][] // each (Z)
  z: number[][] // each (Z), to be led back to sliders and residual
  batch: number
  encode: number[][] // token ids of sentences, without begin and end
}

interface Result {
  tokens: number[][]
  z: number[][]
  located: Located
  encoded: number[][]
  tensors: { after10: number | null; after500: number | null } // alive in the worker after so many decodes
  backend: string
  milliseconds: number[] // of each decode
  agent: string
}

const PURPOSE =
  'This page belongs to “zlide verify”, which puts positions beside it and compares what is decoded here with PyTorch. There are none now.'
const EVERY = 50 // positions between two messages about progress
const page = (path: string) => new URL(path, document.baseURI)
const post = (path: string, body: unknown) => fetch(page(path), { method: 'POST', body: JSON.stringify(body) })

async function work(job: Job): Promise<Result> {
  const base = page(job.bundle)
  const model = await Model.open(base, await fetchManifest(base), () => {})
  const { backend } = model
  const result: Result = {
    tokens: [],
    z: [],
    located: job.z.length ? await model.locate(job.z) : { sliders: [], residual: [] },
    encoded: [],
    tensors: { after10: null, after500: null },
    backend,
    milliseconds: [],
    agent: navigator.userAgent,
  }
  const total = job.sliders.length + job.encode.length
  let told = 0
  const tell = async (done: number) => {
    if (done < told + EVERY && done < total) return
    told = done
    say(`${done} of ${total} positions`)
    await post('progress', { done, total })
  }
  for (let at = 0; at < job.sliders.length; at += job.batch) {
    const { tokens, z, milliseconds } = await model.decode(job.sliders.slice(at, at + job.batch), job.residual.slice(at, at + job.batch))
    result.tokens.push(...tokens)
    result.z.push(...z)
    result.milliseconds.push(milliseconds)
    if (result.milliseconds.length === 10) result.tensors.after10 = await model.tensors()
    if (result.milliseconds.length === 500) result.tensors.after500 = await model.tensors()
    await tell(result.tokens.length)
  }
  for (const words of job.encode) {
    result.encoded.push(await model.encode(words))
    await tell(result.tokens.length + result.encoded.length)
  }
  model.close()
  return result
}

function say(words: string): void {
  const line = document.querySelector('#status')
  if (line) line.textContent = words
}

async function main(): Promise<void> {
  if (!new URLSearchParams(location.search).has('job')) return say(PURPOSE) // to ask for what is not there would show an error in the console
  let job: Job
  try {
    job = JSON.parse(new TextDecoder().decode(await download(page('job.json'), { cache: 'no-store' })))
  } catch {
    return say(PURPOSE)
  }
  try {
    await post('result', await work(job))
    say('Done: the result is with “zlide verify”.')
  } catch (error) {
    say(inWords(error))
    await post('result', { error: inWords(error) })
  }
}

await main()
