/** So long after the last of some moves they are over, if nothing says so earlier. Milliseconds. */
const PAUSE = 500

/** Moves as they come, told at most once a frame, and once more when they are over. */
export class Moves<Position> {
  private next: Position | null = null // what the next frame tells
  private frame = 0
  private told = false
  private pause: ReturnType<typeof setTimeout> | undefined

  constructor(
    private readonly moved: (place: Position) => void,
    private readonly settled: () => void,
  ) {}

  /** What is not told yet. */
  get pending(): Position | null {
    return this.next
  }

  move(place: Position): void {
    this.next = place
    this.frame ||= requestAnimationFrame(this.tell)
  }

  /** Keys do not say when they have come to an end. */
  settleAfterPause(): void {
    clearTimeout(this.pause)
    this.pause = setTimeout(this.settle, PAUSE)
  }

  readonly settle = (): void => {
    this.tell()
    if (this.told) this.settled()
    this.told = false
    clearTimeout(this.pause)
  }

  /** Tell no more. */
  stop(): void {
    cancelAnimationFrame(this.frame)
    clearTimeout(this.pause)
    this.frame = 0
    this.next = null
    this.told = false
  }

  private readonly tell = (): void => {
    cancelAnimationFrame(this.frame)
    this.frame = 0
    if (this.next === null) return
    const place = this.next
    this.next = null
    this.told = true
    this.moved(place)
  }
}
