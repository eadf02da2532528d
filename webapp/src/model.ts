import { proxy, type Remote, wrap } from 'comlink'
import type { Progress } from './bundle.ts'
import { LACKING, shown } from './download.ts'
import { ZlideError } from './errors.ts'
import type { Manifest } from './manifest.ts'
import { patient } from './patience.ts'
import type { BackendName } from './runtime/backend.ts'
import type { Given } from './runtime/encoder.ts'
import type { Decoded, Located } from './runtime/runtime.ts'
import type { Service } from './runtime/worker.ts'
import script from './runtime/worker.ts?worker&url'
import type { Spot } from './state.ts'
import type { Writing, Writing } from './writing.ts'

export type { BackendName, Decoded, Located }

/** A worker that says nothing for so long is given up, in words. Milliseconds; longer than a download may stall. */
const PATIENCE = 30_000

const silent = () =>
  new ZlideError('the decoder', `its worker has said nothing for ${PATIENCE / 1000} seconds`, 'retry, or reload the page')

/** A model in its worker. It can be used as soon as one has it, and its calls fail in words when the worker dies or falls silent. */
export class Model {
  private constructor(
    private readonly worker: Worker,
    private readonly service: Remote<Service>,
    private readonly crashed: Promise<never>,
    readonly backend: BackendName,
  ) {}

  /** Start a worker and load the bundle at `base` into it, on this backend. Throws a WebGLError where it is webgl, and there is none. */
  static async open(base: URL, manifest: Manifest, backend: BackendName, progress: (progress: Progress) => void): Promise<Model> {
    const worker = startWorker()
    const crashed = new Promise<never>((_, reject) => {
      worker.onerror = (event) => {
        event.preventDefault()
        reject(causeOf(event))
      }
    })
    crashed.catch(() => {}) // told by the call that it interrupts
    const service = wrap<Service>(worker)
    try {
      await patient(PATIENCE, silent, (heard) => {
        const told = (arrived: Progress) => {
          heard()
          progress(arrived)
        }
        return Promise.race([service.open(base.href, manifest, backend, proxy(told)), crashed])
      })
      return new Model(worker, service, crashed, backend)
    } catch (error) {
      worker.terminate()
      throw error
    }
  }

  /**
   * sliders (B, K) in σ, residual (B, Z) → B samples. A set of axes is named by its place in the manifest.
   *
   * Sentences are written with the likeliest words; those of a `writing` come with how sure the model was of each word.
   */
  decode(set: number, sliders: number[][], residual: number[][], writing?: Writing): Promise<Decoded> {
    return patient(PATIENCE, silent, () => Promise.race([this.service.decode(set, sliders, residual, writing), this.crashed]))
  }

  /** Token ids of one sentence, without begin and end, or a picture → its posterior mean (Z). */
  encode(given: Given): Promise<number[]> {
    return Promise.race([this.service.encode(given), this.crashed])
  }

  /** sliders (B, K) in σ, residual (B, Z) → z (B, Z). */
  toZ(set: number, sliders: number[][], residual: number[][]): Promise<number[][]> {
    return Promise.race([this.service.toZ(set, sliders, residual), this.crashed])
  }

  /** z (B, Z) → where they lie on a set of axes. */
  locate(set: number, z: number[][]): Promise<Located> {
    return Promise.race([this.service.locate(set, z), this.crashed])
  }

  /** Spots on one set of axes, as another set spells the same z. */
  async respell(from: number, to: number, spots: readonly Spot[]): Promise<Spot[]> {
    if (from === to) return [...spots]
    const rows = (key: 'sliders' | 'residual') => spots.map((spot) => [...spot[key]])
    const { sliders, residual } = await this.locate(to, await this.toZ(from, rows('sliders'), rows('residual')))
    return spots.map((_, i) => ({ sliders: sliders[i] as number[], residual: residual[i] as number[] }))
  }

  /** Tensors alive in the worker, weights included. */
  tensors(): Promise<number> {
    return Promise.race([this.service.tensors(), this.crashed])
  }

  close(): void {
    this.worker.terminate()
  }
}

function startWorker(): Worker {
  if (typeof Worker === 'undefined')
    throw new ZlideError(
      'this browser',
      'it has no web workers, which the decoder needs',
      'try another browser, or allow them in the settings',
      { lasting: true },
    )
  return new Worker(script, { type: 'module' })
}

/** What an error of a worker means: one without a word is that of a script that cannot be loaded. */
function causeOf({ message }: ErrorEvent): ZlideError {
  if (message) return new ZlideError('the decoder', `its worker stopped (${message})`, 'retry, or reload the page')
  return new ZlideError(shown(new URL(script, document.baseURI)), 'cannot be loaded', `check the connection and retry, or ${LACKING}`)
}
