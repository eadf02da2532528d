import { expose } from 'comlink'
import type { Progress } from '../bundle.ts'
import type { Manifest } from '../manifest.ts'
import { type Decoded, type Located, Runtime } from './runtime.ts'

let runtime: Runtime | null = null

/** What the page may ask of the worker. */
const service = {
  /** Load a bundle. Resolves to the name of the backend. */
  async open(base: string, manifest: Manifest, progress: (progress: Progress) => void): Promise<string> {
    runtime = await Runtime.open(new URL(base), manifest, progress)
    return runtime.backend
  },
  decode: (sliders: number[][], residual: number[][]): Decoded => opened().decode(sliders, residual),
  encode: (words: number[]): Promise<number[]> => opened().encode(words),
  locate: (z: number[][]): Promise<Located> => opened().locate(z),
  tensors: (): number => opened().tensors,
}

export type Service = typeof service

function opened(): Runtime {
  if (!runtime) throw new Error('open a bundle first')
  return runtime
}

// tfjs forgets some of its promises, such as that of a wasm binary that does not compile: the page must not wait for them.
addEventListener('unhandledrejection', (event) => {
  throw event.reason
})

expose(service)
