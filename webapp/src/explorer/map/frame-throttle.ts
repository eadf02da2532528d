/** Milliseconds without a move after which moves by keys count as settled. */
const PAUSE = 500

/** Reports moves at most once a frame, and when they have settled. */
export class FrameThrottle<Position> {
  private next: Position | null = null // reported at the next frame
  private frame = 0
  private hasMoved = false
  private timer: ReturnType<typeof setTimeout> | undefined

  constructor(
    private readonly onMove: (position: Position) => void,
    private readonly onSettle: () => void,
  ) {}

  /** The move that is not reported yet. */
  get pending(): Position | null {
    return this.next
  }

  move(position: Position): void {
    this.next = position
    this.frame ||= requestAnimationFrame(this.report)
  }

  /** Settle after a pause, because keys have no release that ends a series of moves. */
  settleAfterPause(): void {
    clearTimeout(this.timer)
    this.timer = setTimeout(this.settle, PAUSE)
  }

  readonly settle = (): void => {
    this.report()
    if (this.hasMoved) this.onSettle()
    this.hasMoved = false
    clearTimeout(this.timer)
  }

  /** Drop what is not reported yet. */
  stop(): void {
    cancelAnimationFrame(this.frame)
    clearTimeout(this.timer)
    this.frame = 0
    this.next = null
    this.hasMoved = false
  }

  private readonly report = (): void => {
    cancelAnimationFrame(this.frame)
    this.frame = 0
    if (this.next === null) return
    const position = this.next
    this.next = null
    this.hasMoved = true
    this.onMove(position)
  }
}
