import { BACKENDS, type BackendName } from './backends.ts'

/**
 * A mistake said in words: where it is, what is wrong, what to do. One line, as in the Python package.
 *
 * `lasting` means that the same request would fail again, so no Retry is offered. It travels in the error's name,
 * because that is what survives the way out of a worker; other properties do not.
 */
export class ZlideError extends Error {
  constructor(where: string, problem: string, remedy = '', { permanent = false } = {}) {
    super(`${where}: ${problem}${remedy && `; ${remedy}`}`)
    this.name = permanent ? 'PermanentError' : 'ZlideError'
  }
}

/** A backend does not start, fails, or was taken away: WebAssembly on one thread can go on in its place. */
export class BackendError extends ZlideError {
  constructor(backend: Exclude<BackendName, 'wasm'>, problem: string) {
    super(BACKENDS[backend], problem, 'decode on WebAssembly')
    this.name = 'BackendError'
  }
}

/** Whether trying once more can help. */
export const isPermanent = (error: unknown): boolean =>
  error instanceof Error && error.name === 'PermanentError'

/** Whether it is a backend that failed, and not the model. */
export const isBackendError = (error: unknown): boolean =>
  error instanceof Error && error.name === 'BackendError'

/** What to tell a reader about anything that was thrown. */
export const errorMessage = (error: unknown): string =>
  error instanceof Error ? error.message : String(error)
