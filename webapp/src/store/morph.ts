import type { LatentPoint } from '../samples/index.ts'
import { angleBetween, type Interpolation, type Path, samplePath, toRows } from '../view/index.ts'
import type { Session } from './session.ts'
import type { LoadedModel } from './source.ts'

/** The ends and the shape of a path, on a set of axes. They determine it. */
export interface Route extends Pick<Interpolation, 'a' | 'b' | 'shape'> {
  set: number
}

/** The path from A to B. A spherical one needs the model, so it arrives later than its ends. */
export class Morph {
  private route: Route | null = null
  private found: Path | null = null
  private search: Promise<Path | null> | null = null // until it is answered

  constructor(
    private readonly session: Session,
    private readonly onPath: () => void,
  ) {}

  /** The path; null if an end is missing, or until it is computed. */
  get path(): Path | null {
    return this.found
  }

  clear(): void {
    this.route = null
    this.found = null
    this.search = null
  }

  /** Use a path that was computed elsewhere. */
  adopt(route: Route, path: Path | null): void {
    this.route = route
    this.found = path
    this.search = null
  }

  /**
   * Find the path of a route, unless it is known or searched already. The newest route counts.
   *
   * Returns null if an end is missing, if another route follows, or without a model that answers.
   */
  follow(route: Route): Promise<Path | null> {
    const isSame = this.route !== null && isSameRoute(route, this.route)
    if (isSame && (this.found || !route.a || !route.b)) return Promise.resolve(this.found)
    if (isSame && this.search) return this.search
    this.adopt(route, null)
    this.search = this.find(route)
    return this.search
  }

  private async find(route: Route): Promise<Path | null> {
    const path =
      route.shape === 'linear'
        ? await findPath(null, route)
        : await this.session.ask((model) => findPath(model, route))
    if (this.route !== route) return null // superseded
    this.found = path
    this.search = null
    this.onPath()
    return path
  }

  /** Return the point at a fraction t of the path, 0…1; null without a path. */
  pointAt(t: number): LatentPoint | null {
    return this.found && samplePath(this.found, t)
  }
}

const isSameRoute = (one: Route, other: Route) =>
  one.a === other.a && one.b === other.b && one.shape === other.shape && one.set === other.set

/** Return the path of a route. A spherical one needs the model, which knows where z is 0. */
export async function findPath(
  model: LoadedModel | null,
  { a, b, shape, set }: Route,
): Promise<Path | null> {
  if (!a || !b) return null
  if (shape === 'linear') return { kind: 'linear', a, b }
  if (!model) return null
  const rows = toRows([a, b])
  const [one, other] = (await model.toZ(set, rows.sliders, rows.residual)) as [number[], number[]]
  const { sliders, residual } = await model.locate(set, [one.map(() => 0)])
  const origin = { sliders: sliders[0] as number[], residual: residual[0] as number[] }
  return { kind: 'spherical', a, b, origin, angle: angleBetween(one, other) }
}
