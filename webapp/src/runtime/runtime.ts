import { memory } from '@tensorflow/tfjs-core'
import type { BackendName } from '../backends.ts'
import {
  type AxesSet,
  download,
  fetchFiles,
  filesOf,
  type Graph as GraphPlace,
  inconsistenciesAmong,
  type Manifest,
  type Progress,
  throwProblems,
} from '../bundle/index.ts'
import type { DecodingMode } from '../decoding-mode.ts'
import { BackendError, errorMessage, ZlideError } from '../errors.ts'
import { Axes } from './axes.ts'
import { type Check, type Load, startBackend } from './backend.ts'
import { type Decoder, decoderFiles, loadDecoder } from './decoder.ts'
import { type Encoder, type EncoderInput, loadEncoder } from './encoder.ts'
import { Graph } from './graph.ts'
import type { Output } from './recorder.ts'

/** What the decoder made of a batch of positions. */
export interface Decoded {
  samples: Awaited<ReturnType<Decoder>>
  z: number[][]
  milliseconds: number
}

/** Where some z lie on a set of axes: sliders (B, K) in σ, residual (B, Z). */
export interface Located {
  sliders: number[][]
  residual: number[][]
}

/** A model, ready to decode: all that the worker does. A set of axes is named by its place in the manifest. */
export class Runtime {
  private readonly to = new Map<number, Axes>()
  private readonly from = new Map<number, Graph>()
  private encoder: Encoder | null = null

  private constructor(
    private readonly base: URL,
    private readonly manifest: Manifest,
    private readonly decoder: Decoder,
    private readonly backend: BackendName,
    private readonly check: Check,
  ) {}

  /** Fetch, check and load what decoding needs of the bundle at `base`; other axes and the encoder wait until they are asked for. */
  static async open(
    base: URL,
    manifest: Manifest,
    wanted: BackendName,
    progress: (progress: Progress) => void,
  ): Promise<Runtime> {
    const [files, check] = await Promise.all([
      fetchFiles(base, decoderFiles(manifest), progress),
      startBackendNamed(wanted, (address) => download(new URL(address, import.meta.url))),
    ])
    throwProblems(base.pathname, inconsistenciesAmong(manifest, files), 'export the model again')
    const runtime = new Runtime(base, manifest, loadDecoder(manifest, files), wanted, check)
    runtime.to.set(0, Axes.load(manifest.axes[0], files))
    const [sliders, residual] = [
      manifest.axes[0].axes.map(() => 0),
      Array<number>(manifest.latent_size).fill(0),
    ]
    const { samples } = await runtime.decode(0, [sliders], [residual], { kind: 'greedy' }) // as the page asks for it; the first time takes far longer
    if (!samples.every(isFiniteSample))
      throw new ZlideError(
        base.pathname,
        'what it decodes is no number',
        'export the model again, from weights that are finite',
        {
          permanent: true,
        },
      )
    return runtime
  }

  /** sliders (B, K) in σ, residual (B, Z) → B samples, sentences as `writing` says. */
  async decode(
    set: number,
    sliders: number[][],
    residual: number[][],
    writing?: DecodingMode,
  ): Promise<Decoded> {
    const axes = await this.axes(set)
    return this.read(async () => {
      const began = performance.now()
      const z = await axes.toZ(sliders, residual)
      const samples = await this.decoder(z, sliders.length, writing)
      return { samples, milliseconds: performance.now() - began, z: rows(z, sliders.length) }
    })
  }

  /** Token ids of one sentence, without begin and end, or a picture → its posterior mean (Z). The first call fetches the encoder. */
  async encode(given: EncoderInput): Promise<number[]> {
    this.encoder ??= await loadEncoder(this.manifest, this.fetch)
    const { encoder } = this
    return this.read(() => encoder(given))
  }

  /** sliders (B, K) in σ, residual (B, Z) → z (B, Z). */
  async toZ(set: number, sliders: number[][], residual: number[][]): Promise<number[][]> {
    const axes = await this.axes(set)
    return this.read(async () => rows(await axes.toZ(sliders, residual), sliders.length))
  }

  /** z (B, Z) → where they lie on a set of axes. The first call fetches the graph for it. */
  async locate(set: number, z: number[][]): Promise<Located> {
    const { from: place } = this.set(set)
    const from = this.from.get(set) ?? Graph.load(place, await this.fetch(place))
    this.from.set(set, from)
    return this.read(async () => {
      const [sliders, residual] = (await from.callAll([z.flat()], z.length)) as [Output, Output]
      return { sliders: rows(sliders.values, z.length), residual: rows(residual.values, z.length) }
    })
  }

  /** Tensors that are alive, weights included. */
  get tensors(): number {
    return memory().numTensors
  }

  /** Compute, and trust what came out only if the backend is still there. What fails elsewhere than on WebAssembly may go well there. */
  private async read<T>(compute: () => Promise<T>): Promise<T> {
    try {
      return await compute()
    } catch (error) {
      throw this.backend === 'wasm'
        ? error
        : new BackendError(this.backend, `fails (${errorMessage(error)})`)
    } finally {
      this.check() // what a lost context made fail is told as its loss
    }
  }

  private async axes(set: number): Promise<Axes> {
    const known = this.to.get(set)
    if (known) return known
    const place = this.set(set)
    const axes = Axes.load(place, await this.fetch(place.to))
    this.to.set(set, axes)
    return axes
  }

  private set(set: number): AxesSet {
    const found = this.manifest.axes[set]
    if (!found)
      throw new ZlideError(
        this.base.pathname,
        `expected one of ${this.manifest.axes.length} sets of axes, found number ${set}`,
      )
    return found
  }

  private readonly fetch = async (...graphs: GraphPlace[]): Promise<Map<string, Uint8Array>> => {
    const files = await fetchFiles(this.base, filesOf(this.manifest, ...graphs))
    throwProblems(
      this.base.pathname,
      inconsistenciesAmong(this.manifest, files),
      'export the model again',
    )
    return files
  }
}

/** Start a backend; the code of any but WebAssembly on one thread is fetched only now. */
async function startBackendNamed(name: BackendName, load: Load): Promise<Check> {
  return name === 'wasm'
    ? startBackend(load)
    : (await import('./optional-backends.ts')).startOptionalBackend(name, load)
}

/** Values, one row after the other → `count` rows. */
function rows(values: ArrayLike<number>, count: number): number[][] {
  const width = values.length / count
  return Array.from({ length: count }, (_, row) =>
    Array.from({ length: width }, (_, i) => values[row * width + i] as number),
  )
}

/** Whether a sample is made of numbers: weights that are none make none. */
function isFiniteSample(sample: Decoded['samples'][number]): boolean {
  if (sample.kind === 'image') return sample.pixels.every(Number.isFinite)
  return [...(sample.confidence ?? []), sample.ending ?? 0].every(Number.isFinite)
}
