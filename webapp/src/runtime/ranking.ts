/**
 * Ids by falling value, equal values by rising id; each is returned once.
 *
 * A heap, because usually only a few of thousands are asked for.
 */
export class Ranking {
  private readonly heap: Int32Array
  private size: number

  constructor(private readonly values: Float32Array) {
    this.size = values.length
    this.heap = new Int32Array(this.size)
    for (let id = 0; id < this.size; id += 1) this.heap[id] = id // 20 times as fast as from(values.keys())
    for (let at = (this.size >> 1) - 1; at >= 0; at -= 1) this.siftDown(at)
  }

  /** Return the next id. There must be one. */
  next(): number {
    const { heap } = this
    const id = heap[0] as number
    this.size -= 1
    heap[0] = heap[this.size] as number
    this.siftDown(0)
    return id
  }

  /** Move the id at this index down until no id below precedes it. */
  private siftDown(at: number): void {
    const { heap, size } = this
    const id = heap[at] as number
    for (let below = 2 * at + 1; below < size; below = 2 * at + 1) {
      if (below + 1 < size && this.precedes(heap[below + 1] as number, heap[below] as number))
        below += 1
      if (!this.precedes(heap[below] as number, id)) break
      heap[at] = heap[below] as number
      at = below
    }
    heap[at] = id
  }

  private precedes(one: number, other: number): boolean {
    const [a, b] = [this.values[one] as number, this.values[other] as number]
    return a > b || (a === b && one < other)
  }
}
