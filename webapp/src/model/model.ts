import { proxy, type Remote, wrap } from 'comlink'
import type { BackendName } from '../backends.ts'
import {
  crossOriginRemedy,
  isCrossOrigin,
  type Manifest,
  type Progress,
  REPUBLISH,
  readableUrl,
} from '../bundle/index.ts'
import type { DecodingMode } from '../decoding-mode.ts'
import { BackendError, ZlideError } from '../errors.ts'
import type { Decoded, EncoderInput, Located, Service } from '../runtime/index.ts'
import script from '../runtime/worker.ts?worker&url'
import type { LatentPoint } from '../samples/index.ts'
import { toRows } from '../view/index.ts'
import { withTimeout } from './timeout.ts'

export type { BackendName, Decoded, Located }

/** A worker that says nothing for so long is given up, in words. Milliseconds; longer than a download may stall. */
const TIMEOUT = 30_000

const timeoutError = () =>
  new ZlideError(
    'the decoder',
    `its worker has said nothing for ${TIMEOUT / 1000} seconds`,
    'retry, or reload the page',
  )

/** A worker that a model runs in. */
class Engine {
  private readonly worker = startWorker()
  private readonly service = wrap<Service>(this.worker)
  private readonly crashed: Promise<never>
  private pending = 0 // calls that are under way
  private retired = false

  constructor(readonly backend: BackendName) {
    this.crashed = new Promise((_, reject) => {
      this.worker.onerror = (event) => {
        event.preventDefault()
        reject(this.asBackendError(workerError(event)))
      }
    })
    this.crashed.catch(() => {}) // told by the call that it interrupts
  }

  /** What the worker answers, or what it died of. */
  async ask<T>(call: (service: Remote<Service>) => Promise<T>): Promise<T> {
    this.pending += 1
    try {
      return await Promise.race([call(this.service), this.crashed])
    } finally {
      this.pending -= 1
      if (this.retired) this.retire()
    }
  }

  /** The same, given up when nothing was heard for too long. */
  askWithTimeout<T>(call: (service: Remote<Service>, heard: () => void) => Promise<T>): Promise<T> {
    return withTimeout(
      TIMEOUT,
      () => this.asBackendError(timeoutError()),
      (heard) => this.ask((service) => call(service, heard)),
    )
  }

  /** End it when it has answered what it was asked. */
  retire(): void {
    this.retired = true
    if (this.pending === 0) this.end()
  }

  end(): void {
    this.worker.terminate()
  }

  /** Where another worker may do better, it is the backend that failed. */
  private asBackendError(error: ZlideError): ZlideError {
    return this.backend === 'wasm'
      ? error
      : new BackendError(this.backend, `fails (${error.message})`)
  }
}

/** A model in its worker. It can be used as soon as one has it, and its calls fail in words when the worker dies or falls silent. */
export class Model {
  private isClosed = false

  private constructor(private engine: Engine) {}

  /** Start a worker and load the bundle at `base` into it, on this backend. Throws a BackendError where it is not WebAssembly's, and does not run. */
  static async open(
    base: URL,
    manifest: Manifest,
    backend: BackendName,
    progress: (progress: Progress) => void,
  ): Promise<Model> {
    const engine = new Engine(backend)
    try {
      await engine.askWithTimeout((service, heard) => {
        const told = (arrived: Progress) => {
          heard()
          progress(arrived)
        }
        return service.open(base.href, manifest, backend, proxy(told))
      })
      return new Model(engine)
    } catch (error) {
      engine.end()
      throw error
    }
  }

  /** Where it decodes. */
  get backend(): BackendName {
    return this.engine.backend
  }

  get closed(): boolean {
    return this.isClosed
  }

  /** Go on in the worker of another model of the same bundle. What was asked before is still answered by the old one, which ends then. */
  switchTo(other: Model): void {
    this.engine.retire()
    this.engine = other.engine
  }

  /**
   * sliders (B, K) in σ, residual (B, Z) → B samples. A set of axes is named by its place in the manifest.
   *
   * Sentences are written with the likeliest words; those of a `writing` come with how sure the model was of each word.
   */
  decode(
    set: number,
    sliders: number[][],
    residual: number[][],
    writing?: DecodingMode,
  ): Promise<Decoded> {
    return this.engine.askWithTimeout((service) => service.decode(set, sliders, residual, writing))
  }

  /** Token ids of one sentence, without begin and end, or a picture → its posterior mean (Z). */
  encode(given: EncoderInput): Promise<number[]> {
    return this.engine.ask((service) => service.encode(given))
  }

  /** sliders (B, K) in σ, residual (B, Z) → z (B, Z). */
  toZ(set: number, sliders: number[][], residual: number[][]): Promise<number[][]> {
    return this.engine.ask((service) => service.toZ(set, sliders, residual))
  }

  /** z (B, Z) → where they lie on a set of axes. */
  locate(set: number, z: number[][]): Promise<Located> {
    return this.engine.ask((service) => service.locate(set, z))
  }

  /** Spots on one set of axes, as another set spells the same z. */
  async changeBasis(
    from: number,
    to: number,
    spots: readonly LatentPoint[],
  ): Promise<LatentPoint[]> {
    if (from === to) return [...spots]
    const given = toRows(spots)
    const { sliders, residual } = await this.locate(
      to,
      await this.toZ(from, given.sliders, given.residual),
    )
    return spots.map((_, i) => ({
      sliders: sliders[i] as number[],
      residual: residual[i] as number[],
    }))
  }

  /** Tensors alive in the worker, weights included. */
  tensors(): Promise<number> {
    return this.engine.ask((service) => service.tensors())
  }

  /** The addresses of what the worker has fetched. */
  fetched(): Promise<string[]> {
    return this.engine.ask((service) => service.fetched())
  }

  close(): void {
    this.isClosed = true
    this.engine.end()
  }
}

function startWorker(): Worker {
  if (typeof Worker === 'undefined')
    throw new ZlideError(
      'this browser',
      'it has no web workers, which the decoder needs',
      'try another browser, or allow them in the settings',
      { permanent: true },
    )
  const url = new URL(script, document.baseURI)
  return isCrossOrigin(url) ? startForeign(url) : new Worker(url, { type: 'module' })
}

/** Browsers start no worker of another host; but one of this page may import it. */
function startForeign(url: URL): Worker {
  const importing = URL.createObjectURL(
    new Blob([`import ${JSON.stringify(url)}`], { type: 'text/javascript' }),
  )
  try {
    return new Worker(importing, { type: 'module' })
  } catch {
    throw loadError(url)
  } finally {
    setTimeout(() => URL.revokeObjectURL(importing), TIMEOUT) // it is read by then
  }
}

/** What an error of a worker means: one without a word is that of a script that cannot be loaded. */
function workerError({ message }: ErrorEvent): ZlideError {
  if (message)
    return new ZlideError(
      'the decoder',
      `its worker stopped (${message})`,
      'retry, or reload the page',
    )
  return loadError(new URL(script, document.baseURI))
}

const loadError = (url: URL): ZlideError =>
  isCrossOrigin(url)
    ? new ZlideError(
        readableUrl(url),
        'cannot be run here',
        `${crossOriginRemedy(url)}, beside “blob:”; or publish the site where this page is`,
      )
    : new ZlideError(
        readableUrl(url),
        'cannot be loaded',
        `check the connection and retry, or ${REPUBLISH}`,
      )
