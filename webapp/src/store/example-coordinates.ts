import type { Example, LatentPoint } from '../samples/index.ts'
import { Observed } from './observed.ts'
import type { Session } from './session.ts'
import type { LoadedModel } from './source.ts'

/** The latent points of examples on one set of axes. */
export interface Coordinates {
  set: number
  points: ReadonlyMap<Example, LatentPoint>
}

/** A request for coordinates that is not answered yet. */
interface Request {
  set: number
  model: LoadedModel | null
  answer: Promise<boolean>
}

const NONE: Coordinates = { set: 0, points: new Map() }

/** The latent points of the examples on the set of axes in use, which the model computes. */
export class ExampleCoordinates {
  private readonly observed: Observed<Coordinates>
  private request: Request | null = null // the newest one

  constructor(
    private readonly session: Session,
    onChange: () => void,
  ) {
    this.observed = new Observed(NONE, onChange)
  }

  get state(): Readonly<Coordinates> {
    return this.observed.value
  }

  clear(): void {
    this.replace(NONE)
  }

  /** Return the point of an example on a set of axes; null if it is not computed yet. */
  of(example: Example, set: number): LatentPoint | null {
    const point = set === this.state.set ? this.state.points.get(example) : undefined
    return point ?? (set === 0 ? example : null) // the bundle has those of the first set
  }

  replace(coordinates: Coordinates): void {
    this.request = null
    this.observed.set(coordinates)
  }

  /** Add the point of a further example. Points on another set are dropped. */
  add(example: Example, set: number, point: LatentPoint): void {
    const { points } = set === this.state.set ? this.state : NONE
    this.replace({ set, points: new Map(points).set(example, point) })
  }

  /** Compute the points of examples on a set of axes, unless it is the one whose points are known. */
  follow(set: number, getExamples: () => readonly Example[]): void {
    if (set !== this.state.set) void this.find(set, getExamples())
    else this.request = null // of another set
  }

  /**
   * Compute the points of examples on a set of axes, unless that set is asked for already.
   *
   * Returns false without a model that answers, or if another set is asked for meanwhile.
   */
  find(set: number, examples: readonly Example[]): Promise<boolean> {
    const { model } = this.session.state
    if (this.request?.set === set && this.request.model === model) return this.request.answer
    const answer = this.compute(set, examples)
    this.request = { set, model, answer }
    return answer
  }

  private async compute(set: number, examples: readonly Example[]): Promise<boolean> {
    const found = await this.session.ask((model) => computeCoordinates(model, set, examples))
    const isCurrent = this.request?.set === set
    if (found && isCurrent) this.replace(found)
    else if (isCurrent) this.request = null
    return found !== null && isCurrent
  }
}

/** Compute the latent points of examples on a set of axes. */
export async function computeCoordinates(
  model: LoadedModel,
  set: number,
  examples: readonly Example[],
): Promise<Coordinates> {
  const distinct = [...new Set(examples)]
  const points = await model.changeBasis(0, set, distinct)
  return {
    set,
    points: new Map(distinct.map((example, i) => [example, points[i] as LatentPoint])),
  }
}
