/**
 * Wait for `work`, but not forever: reject with what `late` says once nothing was heard for so many milliseconds.
 *
 * `work` gets a function to call whenever something is heard. What it does after it was given up is nobody's business.
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
