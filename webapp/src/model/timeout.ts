/**
 * Wait for `work`, and reject with `late()` if it is not heard from for that many milliseconds.
 *
 * `work` gets a function to call as a sign of life. Its result after the timeout is ignored.
 */
export function withTimeout<T>(
  milliseconds: number,
  late: () => Error,
  work: (heard: () => void) => Promise<T>,
): Promise<T> {
  return new Promise((resolve, reject) => {
    const wait = () => setTimeout(() => reject(late()), milliseconds)
    let timer = wait()
    const heard = () => {
      clearTimeout(timer)
      timer = wait()
    }
    work(heard)
      .then(resolve, reject)
      .finally(() => clearTimeout(timer))
  })
}
