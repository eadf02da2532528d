import { memory } from '@tensorflow/tfjs-core'
import type { BackendName } from '../backends.ts'
import {
  type AxesSet,
  decoderGraphs,
  download,
  type File,
  fetchFiles,
  filesOf,
  type Graph as GraphSpec,
  inconsistenciesAmong,
  type Manifest,
  type Progress,
  throwProblems,
} from '../bundle/index.ts'
import type { DecodingMode } from '../decoding-mode.ts'
import { BackendError, errorMessage, ZlideError } from '../errors.ts'
import type { EncoderInput, Sample } from '../sample.ts'
import { Axes } from './axes.ts'
import { type Check, type Load, startBackend } from './backend.ts'
import { loadEncoder } from './encoder.ts'
import { Graph } from './graph.ts'
import { loadWorkerModality } from './modalities.ts'
import type { Decoder, Encoder } from './modality.ts'
import type { Output } from './recorder.ts'

/** The samples of a batch of positions, their z (B, Z), and the time that decoding took. */
export interface Decoded {
  samples: Sample[]
  z: number[][]
  milliseconds: number
}

/** Positions on a set of axes: sliders (B, K) in σ, residual (B, Z). */
export interface Located {
  sliders: number[][]
  residual: number[][]
}

/** A loaded model, which the worker runs. `set` is the index of a set of axes in the manifest. */
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

  /**
   * Fetch, check and load the decoder and the first axes of the bundle at `base`.
   *
   * Other axes and the encoder are fetched on first use. Without `recorder`, no graph is recorded.
   * Throws a ZlideError for a file that is missing, damaged or inconsistent, and for weights that are
   * not finite.
   */
  static async open(
    base: URL,
    manifest: Manifest,
    backend: BackendName,
    progress: (progress: Progress) => void,
    recorder = true,
  ): Promise<Runtime> {
    const [modality, files, check] = await Promise.all([
      loadWorkerModality(manifest.decoder.kind),
      fetchFiles(base, decoderFiles(manifest), progress),
      start(backend, (address) => download(new URL(address, import.meta.url)), recorder),
    ])
    throwProblems(base.pathname, inconsistenciesAmong(manifest, files), 'export the model again')
    const decoder = modality.loadDecoder(manifest, files)
    const runtime = new Runtime(base, manifest, decoder, backend, check)
    runtime.to.set(0, Axes.load(manifest.axes[0], files))
    const [sliders, residual] = [
      manifest.axes[0].axes.map(() => 0),
      Array<number>(manifest.latent_size).fill(0),
    ]
    const { samples } = await runtime.decode(0, [sliders], [residual], { kind: 'greedy' }) // warm up with the mode that the page uses
    if (!samples.every((sample) => modality.isFinite(sample)))
      throw new ZlideError(
        base.pathname,
        'it decodes values that are not finite',
        'export the model again, from finite weights',
        {
          permanent: true,
        },
      )
    return runtime
  }

  /** sliders (B, K) in σ, residual (B, Z) → B samples. */
  async decode(
    set: number,
    sliders: number[][],
    residual: number[][],
    mode?: DecodingMode,
  ): Promise<Decoded> {
    const axes = await this.axes(set)
    return this.read(async () => {
      const began = performance.now()
      const z = await axes.toZ(sliders, residual)
      const samples = await this.decoder(z, sliders.length, mode)
      return { samples, milliseconds: performance.now() - began, z: rows(z, sliders.length) }
    })
  }

  /** The input of the encoder → its posterior mean (Z). The first call fetches the encoder. */
  async encode(input: EncoderInput): Promise<number[]> {
    this.encoder ??= await loadEncoder(this.manifest, this.fetch)
    const { encoder } = this
    return this.read(() => encoder(input))
  }

  /** sliders (B, K) in σ, residual (B, Z) → z (B, Z). */
  async toZ(set: number, sliders: number[][], residual: number[][]): Promise<number[][]> {
    const axes = await this.axes(set)
    return this.read(async () => rows(await axes.toZ(sliders, residual), sliders.length))
  }

  /** z (B, Z) → their positions on a set of axes. The first call fetches the graph. */
  async locate(set: number, z: number[][]): Promise<Located> {
    const { from: spec } = this.set(set)
    const from = this.from.get(set) ?? Graph.load(spec, await this.fetch(spec))
    this.from.set(set, from)
    return this.read(async () => {
      const [sliders, residual] = (await from.callAll([z.flat()], z.length)) as [Output, Output]
      return { sliders: rows(sliders.values, z.length), residual: rows(residual.values, z.length) }
    })
  }

  /** Number of live tensors, weights included. */
  get tensors(): number {
    return memory().numTensors
  }

  /**
   * Compute, and check that the backend still runs.
   *
   * Throws a BackendError if a backend other than WebAssembly fails, because WebAssembly may succeed.
   */
  private async read<T>(compute: () => Promise<T>): Promise<T> {
    try {
      return await compute()
    } catch (error) {
      throw this.backend === 'wasm'
        ? error
        : new BackendError(this.backend, `fails (${errorMessage(error)})`)
    } finally {
      this.check() // a lost context is reported as such
    }
  }

  private async axes(set: number): Promise<Axes> {
    const known = this.to.get(set)
    if (known) return known
    const spec = this.set(set)
    const axes = Axes.load(spec, await this.fetch(spec.to))
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

  private readonly fetch = async (...graphs: GraphSpec[]): Promise<Map<string, Uint8Array>> => {
    const files = await fetchFiles(this.base, filesOf(this.manifest, ...graphs))
    throwProblems(
      this.base.pathname,
      inconsistenciesAmong(this.manifest, files),
      'export the model again',
    )
    return files
  }
}

/** Return the files needed for the first decode: the decoder's and those of the first axes. */
function decoderFiles(manifest: Manifest): File[] {
  const { tokens, axes } = manifest
  const graphs = decoderGraphs(manifest).map(({ graph }) => graph)
  return filesOf(manifest, ...graphs, axes[0].to, ...(tokens ? [tokens.vocabulary] : []))
}

/** Start a backend; the code of the optional ones is fetched now. */
async function start(name: BackendName, load: Load, recorder: boolean): Promise<Check> {
  return name === 'wasm'
    ? startBackend(load, recorder)
    : (await import('./optional-backends.ts')).startOptionalBackend(name, load, recorder)
}

/** Split values into `count` rows. */
function rows(values: ArrayLike<number>, count: number): number[][] {
  const width = values.length / count
  return Array.from({ length: count }, (_, row) =>
    Array.from({ length: width }, (_, i) => values[row * width + i] as number),
  )
}
