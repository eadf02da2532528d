import { expose } from 'comlink'
import type { BackendName } from '../backends.ts'
import type { Manifest, Progress } from '../bundle/index.ts'
import type { DecodingMode } from '../decoding-mode.ts'
import type { EncoderInput } from '../sample.ts'
import { type Decoded, type Located, Runtime } from './runtime.ts'

let runtime: Runtime | null = null

/** The calls that the page may make. */
const service = {
  async open(
    base: string,
    manifest: Manifest,
    backend: BackendName,
    progress: (progress: Progress) => void,
    recorder: boolean,
  ): Promise<void> {
    runtime = await Runtime.open(new URL(base), manifest, backend, progress, recorder)
  },
  decode: (
    set: number,
    sliders: number[][],
    residual: number[][],
    mode?: DecodingMode,
  ): Promise<Decoded> => requireRuntime().decode(set, sliders, residual, mode),
  encode: (input: EncoderInput): Promise<number[]> => requireRuntime().encode(input),
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

// TensorFlow.js drops some promises, such as that of a binary that does not compile. Without this
// the page would wait for them forever.
addEventListener('unhandledrejection', (event) => {
  throw event.reason
})

expose(service)
