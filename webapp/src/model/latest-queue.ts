type Job = () => Promise<void>

/**
 * Runs one call at a time. In each lane only the newest call waits. Earlier lanes go first.
 *
 * A drag that is faster than the decoder still shows samples. The newest position is shown last.
 * Less important calls, such as a traversal, fill the gaps.
 */
export class LatestQueue<Lane extends string> {
  private readonly waiting = new Map<Lane, Job>()
  private busy = false

  constructor(private readonly lanes: readonly Lane[]) {}

  /**
   * Run a call in its turn, unless a newer one of its lane replaces it.
   *
   * show: gets its result. An error that it throws is not one of the call, and is thrown on.
   * fail: gets the error of the call.
   */
  enqueue<Output>(
    lane: Lane,
    run: () => Promise<Output>,
    show: (output: Output) => void,
    fail: (error: unknown) => void,
  ): void {
    this.waiting.set(lane, () => run().then(show, fail))
    if (!this.busy) void this.work()
  }

  /** Drop the calls that wait in these lanes. */
  cancel(...lanes: Lane[]): void {
    for (const lane of lanes) this.waiting.delete(lane)
  }

  private async work(): Promise<void> {
    this.busy = true
    for (let next = this.next(); next; next = this.next()) await next().catch(throwLater)
    this.busy = false
  }

  private next(): Job | undefined {
    const lane = this.lanes.find((lane) => this.waiting.has(lane))
    if (lane === undefined) return undefined
    const job = this.waiting.get(lane)
    this.waiting.delete(lane)
    return job
  }
}

/** Throw an error to the page, where consoles and tests see it, without stopping the queue. */
function throwLater(error: unknown): void {
  queueMicrotask(() => {
    throw error
  })
}
