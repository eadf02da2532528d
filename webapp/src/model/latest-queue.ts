/** What waits for its turn. */
type Job = () => Promise<void>

/**
 * Calls one after the other: one is in flight at any time, and of each lane only the newest waits. Lanes that are named first go first.
 *
 * So a drag that is faster than the decoder still moves what it decodes, the newest position is always the last to be shown, and what is
 * worth less, as the neighbourhood of the position, takes the gaps.
 */
export class LatestQueue<Lane extends string> {
  private readonly waiting = new Map<Lane, Job>()
  private busy = false

  constructor(private readonly lanes: readonly Lane[]) {}

  /** `run` in its turn, unless another of the same lane comes before that; `show` gets what came of it, `fail` its error. */
  enqueue<Output>(
    lane: Lane,
    run: () => Promise<Output>,
    show: (output: Output) => void,
    fail: (error: unknown) => void,
  ): void {
    this.waiting.set(lane, async () => {
      try {
        show(await run())
      } catch (error) {
        fail(error)
      }
    })
    if (!this.busy) void this.work()
  }

  /** Nobody wants what waits in these lanes any more. */
  cancel(...lanes: Lane[]): void {
    for (const lane of lanes) this.waiting.delete(lane)
  }

  private async work(): Promise<void> {
    this.busy = true
    for (let next = this.next(); next; next = this.next()) await next()
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
