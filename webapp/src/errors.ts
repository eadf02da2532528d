/**
 * A mistake said in words: where it is, what is wrong, what to do. One line, as in the Python package.
 *
 * `lasting` means that the same request would fail again, so no Retry is offered. It travels in the error's name,
 * because that is what survives the way out of a worker; other properties do not.
 */
export class ZlideError extends Error {
  constructor(where: string, problem: string, remedy = '', { lasting = false } = {}) {
    super(`${where}: ${problem}${remedy && `; ${remedy}`}`)
    this.name = lasting ? 'LastingError' : 'ZlideError'
  }
}

/** WebGL does not start, or was taken away: WebAssembly can go on in its place. */
export class WebGLError extends ZlideError {
  constructor(problem: string) {
    super('WebGL', problem, 'decode on WebAssembly')
    this.name = 'WebGLError'
  }
}

/** Whether trying once more can help. */
export const isLasting = (error: unknown): boolean => error instanceof Error && error.name === 'LastingError'

/** Whether it is WebGL that failed. */
export const isOfWebGL = (error: unknown): boolean => error instanceof Error && error.name === 'WebGLError'

/** What to tell a reader about anything that was thrown. */
export const inWords = (error: unknown): string => (error instanceof Error ? error.message : String(error))
