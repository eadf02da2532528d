import { BACKENDS, type BackendName } from './backends.ts'

/**
 * An error in one line, `where: problem; remedy`, as in the Python package.
 *
 * `permanent` means that a retry would fail again, so the page offers none. It is part of the error's
 * name, because the name survives a message from a worker and other properties do not.
 */
export class ZlideError extends Error {
  constructor(where: string, problem: string, remedy = '', { permanent = false } = {}) {
    super(`${where}: ${problem}${remedy && `; ${remedy}`}`)
    this.name = permanent ? 'PermanentError' : 'ZlideError'
  }
}

/** A backend does not start, fails, or was stopped by the browser. WebAssembly can replace it. */
export class BackendError extends ZlideError {
  constructor(backend: Exclude<BackendName, 'wasm'>, problem: string) {
    super(BACKENDS[backend], problem, 'decode on WebAssembly')
    this.name = 'BackendError'
  }
}

/** Return whether a retry is pointless. */
export const isPermanent = (error: unknown): boolean =>
  error instanceof Error && error.name === 'PermanentError'

/** Return whether a backend failed, rather than the model. */
export const isBackendError = (error: unknown): boolean =>
  error instanceof Error && error.name === 'BackendError'

/** Return the message of anything that was thrown. */
export const errorMessage = (error: unknown): string =>
  error instanceof Error ? error.message : String(error)
