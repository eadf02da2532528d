import { expose } from 'comlink'
import type { BackendName } from '../backends.ts'
import type { Manifest, Progress } from '../bundle/index.ts'
import type { DecodingMode } from '../decoding-mode.ts'
import type { EncoderInput } from './encoder.ts'
import { type Decoded, type Located, Runtime } from './runtime.ts'

let runtime: Runtime | null = null

/** What the page may ask of the worker. */
const service = {
  /** Load a bundle. */
  async open(
    base: string,
    manifest: Manifest,
    backend: BackendName,
    progress: (progress: Progress) => void,
  ): Promise<void> {
    runtime = await Runtime.open(new URL(base), manifest, backend, progress)
  },
  decode: (
    set: number,
    sliders: number[][],
    residual: number[][],
    writing?: DecodingMode,
  ): Promise<Decoded> => requireRuntime().decode(set, sliders, residual, writing),
  encode: (given: EncoderInput): Promise<number[]> => requireRuntime().encode(given),
  toZ: (set: number, sliders: number[][], residual: number[][]): Promise<number[][]> =>
    requireRuntime().toZ(set, sliders, residual),
  locate: (set: number, z: number[][]): Promise<Located> => requireRuntime().locate(set, z),
  tensors: (): number => requireRuntime().tensors,
  fetched: (): string[] => performance.getEntriesByType('resource').map(({ name }) => name),
}

export type Service = typeof service

function requireRuntime(): Runtime {
  if (!runtime) throw new Error('open a bundle first')
  return runtime
}

// tfjs forgets some of its promises, such as that of a wasm binary that does not compile: the page must not wait for them.
addEventListener('unhandledrejection', (event) => {
  throw event.reason
})

expose(service)
