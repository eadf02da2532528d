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
import type { Decoded, Located, Service } from '../runtime/index.ts'
import script from '../runtime/worker.ts?worker&url'
import type { EncoderInput } from '../sample.ts'
import type { LatentPoint } from '../samples/index.ts'
import { toRows } from '../view/index.ts'
import { isRecorderOn } from './recorder-switch.ts'
import { withTimeout } from './timeout.ts'

export type { BackendName, Decoded, Located }

/** Milliseconds without a message after which a worker is given up; longer than a download may stall. */
const TIMEOUT = 30_000

const timeoutError = () =>
  new ZlideError(
    'the decoder',
    `its worker has not responded for ${TIMEOUT / 1000} seconds`,
    'retry, or reload the page',
  )

/** The error of calls to a worker that was ended. A new one each time would keep its callers in memory. */
const CLOSED = new ZlideError('the decoder', 'it was closed', 'try again')

/** A worker, and the calls to it. */
class Engine {
  private readonly worker = startWorker()
  private readonly service = wrap<Service>(this.worker)
  private readonly stopped: Promise<never> // rejects when the worker crashes or is ended
  private stop!: (error: ZlideError) => void
  private pending = 0 // unanswered calls
  private retired = false

  constructor(readonly backend: BackendName) {
    this.stopped = new Promise((_, reject) => {
      this.stop = reject
    })
    this.stopped.catch(() => {}) // reported by the calls that it interrupts
    this.worker.onerror = (event) => {
      event.preventDefault()
      this.stop(this.asBackendError(workerError(event)))
    }
  }

  /** Return the worker's answer. Throws a ZlideError if the worker crashes or is ended. */
  async ask<T>(call: (service: Remote<Service>) => Promise<T>): Promise<T> {
    this.pending += 1
    try {
      return await Promise.race([call(this.service), this.stopped])
    } finally {
      this.pending -= 1
      if (this.retired) this.retire()
    }
  }

  /** Like `ask`, but throws a ZlideError if the worker does not respond for too long. */
  askWithTimeout<T>(call: (service: Remote<Service>, heard: () => void) => Promise<T>): Promise<T> {
    return withTimeout(
      TIMEOUT,
      () => this.asBackendError(timeoutError()),
      (heard) => this.ask((service) => call(service, heard)),
    )
  }

  /** Terminate the worker after its last answer. */
  retire(): void {
    this.retired = true
    if (this.pending === 0) this.end()
  }

  /** Terminate the worker. Its pending calls throw. */
  end(): void {
    this.worker.terminate()
    this.stop(CLOSED)
  }

  /** Blame the backend, unless it is WebAssembly, which nothing can replace. */
  private asBackendError(error: ZlideError): ZlideError {
    return this.backend === 'wasm'
      ? error
      : new BackendError(this.backend, `fails (${error.message})`)
  }
}

/** A model in its worker. Its calls throw a ZlideError if the worker crashes or does not respond. */
export class Model {
  private isClosed = false

  private constructor(private engine: Engine) {}

  /**
   * Start a worker, and load the bundle at `base` into it.
   *
   * Throws a BackendError if a backend other than WebAssembly fails, otherwise a ZlideError.
   */
  static async open(
    base: URL,
    manifest: Manifest,
    backend: BackendName,
    progress: (progress: Progress) => void,
  ): Promise<Model> {
    const engine = new Engine(backend)
    try {
      await engine.askWithTimeout((service, heard) => {
        const report = (received: Progress) => {
          heard()
          progress(received)
        }
        return service.open(base.href, manifest, backend, proxy(report), isRecorderOn())
      })
      return new Model(engine)
    } catch (error) {
      engine.end()
      throw error
    }
  }

  /** The backend that decodes. */
  get backend(): BackendName {
    return this.engine.backend
  }

  get closed(): boolean {
    return this.isClosed
  }

  /** Continue in the worker of another model of the same bundle. The old worker answers its pending calls first. */
  switchTo(other: Model): void {
    this.engine.retire()
    this.engine = other.engine
  }

  /**
   * sliders (B, K) in σ, residual (B, Z) → B samples. `set` is the index of the axes in the manifest.
   *
   * Without a mode, sentences are greedy and have no confidence.
   */
  decode(
    set: number,
    sliders: number[][],
    residual: number[][],
    mode?: DecodingMode,
  ): Promise<Decoded> {
    return this.call((engine) =>
      engine.askWithTimeout((service) => service.decode(set, sliders, residual, mode)),
    )
  }

  /** The input of an encoder → its posterior mean (Z). */
  encode(input: EncoderInput): Promise<number[]> {
    return this.call((engine) => engine.ask((service) => service.encode(input)))
  }

  /** sliders (B, K) in σ, residual (B, Z) → z (B, Z). */
  toZ(set: number, sliders: number[][], residual: number[][]): Promise<number[][]> {
    return this.call((engine) => engine.ask((service) => service.toZ(set, sliders, residual)))
  }

  /** z (B, Z) → their positions on a set of axes. */
  locate(set: number, z: number[][]): Promise<Located> {
    return this.call((engine) => engine.ask((service) => service.locate(set, z)))
  }

  /** Convert latent points from one set of axes to another. */
  async changeBasis(
    from: number,
    to: number,
    points: readonly LatentPoint[],
  ): Promise<LatentPoint[]> {
    if (from === to) return [...points]
    const given = toRows(points)
    const { sliders, residual } = await this.locate(
      to,
      await this.toZ(from, given.sliders, given.residual),
    )
    return points.map((_, i) => ({
      sliders: sliders[i] as number[],
      residual: residual[i] as number[],
    }))
  }

  /** Tensors alive in the worker, weights included. */
  tensors(): Promise<number> {
    return this.call((engine) => engine.ask((service) => service.tensors()))
  }

  /** The addresses of what the worker has fetched. */
  fetched(): Promise<string[]> {
    return this.call((engine) => engine.ask((service) => service.fetched()))
  }

  /** Call the worker. A call that fails on a worker that was replaced meanwhile is repeated. */
  private async call<T>(run: (engine: Engine) => Promise<T>): Promise<T> {
    const { engine } = this
    try {
      return await run(engine)
    } catch (error) {
      if (engine === this.engine) throw error
      return this.call(run)
    }
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

/** Start a worker of another origin. Browsers refuse that, but a worker of this page may import it. */
function startForeign(url: URL): Worker {
  const importing = URL.createObjectURL(
    new Blob([`import ${JSON.stringify(url)}`], { type: 'text/javascript' }),
  )
  try {
    return new Worker(importing, { type: 'module' })
  } catch {
    throw loadError(url)
  } finally {
    setTimeout(() => URL.revokeObjectURL(importing), TIMEOUT) // read by then
  }
}

/** Return the error behind a worker's error event. Without a message, the script cannot be loaded. */
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
        'this page cannot run it',
        `${crossOriginRemedy(url)}, with “blob:”; or publish the site on the origin of this page`,
      )
    : new ZlideError(
        readableUrl(url),
        'cannot be loaded',
        `check the connection and retry, or ${REPUBLISH}`,
      )
