/**
 * Call `run` for the newest input only: one call in flight, at most one input waiting, older ones forgotten.
 *
 * Each result is shown as it arrives, so that a drag which is faster than the decoder still moves the sentence, and the
 * newest input is always the last to be shown. An error goes to `fail`; what waits behind it still runs.
 */
export function latest<Input, Output>(
  run: (input: Input) => Promise<Output>,
  show: (output: Output, input: Input) => void,
  fail: (error: unknown) => void,
): (input: Input) => void {
  let waiting: { input: Input } | null = null
  let busy = false

  async function work() {
    busy = true
    while (waiting) {
      const { input } = waiting
      waiting = null
      try {
        show(await run(input), input)
      } catch (error) {
        fail(error)
      }
    }
    busy = false
  }

  return (input) => {
    waiting = { input }
    if (!busy) void work()
  }
}
