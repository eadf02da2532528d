// Driven by tests/bench: `open` first, then `decode` and `time`. A contender is its index in the list.

import { memory } from '@tensorflow/tfjs-core'
import type * as Ort from 'onnxruntime-web'
import { type Contender, type Decode, load, type Positions } from './contenders.ts'

const decoders: Decode[] = []

const bench = {
  /** Load onnxruntime-web from `rival`, then the contenders, each on this many threads. */
  async open(contenders: Contender[], rival: string, threads: number): Promise<void> {
    const ort: typeof Ort = await import(/* @vite-ignore */ new URL(rival, document.baseURI).href)
    ort.env.wasm.numThreads = threads
    for (const contender of contenders) decoders.push(await load(contender, ort, threads))
  },

  /** Return what a contender decodes at these positions, in batches of `size`. */
  async decode(which: number, positions: Positions, size: number): Promise<number[][]> {
    const decoded: number[][] = []
    for (const batch of batches(positions, size)) {
      const samples = await decoder(which)(batch)
      decoded.push(...samples.map((sample) => Array.from(sample)))
    }
    return decoded
  },

  /** Return the number of live tensors of all contenders. */
  tensors: (): number => memory().numTensors,

  /**
   * Return the milliseconds of each contender for every batch after the first `warmups`.
   *
   * The contenders take turns, so that none finds its own data in the caches.
   */
  async time(
    which: number[],
    positions: Positions,
    size: number,
    warmups: number,
  ): Promise<number[][]> {
    const milliseconds: number[][] = which.map(() => [])
    for (const [turn, batch] of batches(positions, size).entries()) {
      for (const [row, i] of which.entries()) {
        const began = performance.now()
        await decoder(i)(batch)
        const took = performance.now() - began
        if (turn >= warmups) milliseconds[row]?.push(took)
      }
    }
    return milliseconds
  },
}

function decoder(which: number): Decode {
  const found = decoders[which]
  if (!found)
    throw new Error(`expected one of ${decoders.length} contenders, found number ${which}`)
  return found
}

function batches({ sliders, residual, steps }: Positions, size: number): Positions[] {
  const count = Math.ceil(sliders.length / size)
  return Array.from({ length: count }, (_, i) => {
    const part = [i * size, (i + 1) * size] as const
    return {
      sliders: sliders.slice(...part),
      residual: residual.slice(...part),
      steps: steps.slice(...part),
    }
  })
}

Object.assign(window, { bench })
