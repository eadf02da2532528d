import type { LatentPoint } from '../samples/index.ts'
import { defaultMapAxes, type Endpoint, quantize, type View } from '../view/index.ts'
import {
  type Coordinates,
  computeCoordinates,
  type ExampleCoordinates,
} from './example-coordinates.ts'
import { isUnmoved, type Navigation } from './navigation.ts'
import type { Session } from './session.ts'

/** The choice of another set of axes, on which the same z is shown. */
export class AxesSelection {
  private request: object | null = null // the newest one, until it is answered

  constructor(
    private readonly session: Session,
    private readonly coordinates: ExampleCoordinates,
    private readonly navigation: Navigation,
  ) {}

  /** Drop a request that has not been answered yet. */
  clear(): void {
    this.request = null
  }

  /** Show the view on another set of axes, as a step. Moves during the computation are kept. */
  async select(set: number): Promise<void> {
    const request = {}
    this.request = request
    for (;;) {
      const { view } = this.navigation.state
      if (!view || set === view.position.set) return
      const found = await this.convert(view, set)
      if (!found || this.request !== request) return
      if (this.navigation.state.view !== view) continue // the reader moved meanwhile
      this.coordinates.replace(found.coordinates)
      this.navigation.changeAxes(found.view)
      return
    }
  }

  /** Return a view on another set of axes, and the coordinates of the examples there. */
  private convert(view: View, set: number) {
    const { position, interpolation } = view
    const ends = [interpolation.a, interpolation.b].filter((end) => end !== null)
    return this.session.ask(async (model) => {
      const [here, ...points] = (await model.changeBasis(position.set, set, [
        position,
        ...ends,
      ])) as [LatentPoint, ...LatentPoint[]]
      const coordinates = await computeCoordinates(model, set, this.navigation.examplesWith())
      return { coordinates, view: viewOn(coordinates, view, here, points) }
    })
  }
}

/** Return a view at a point of another set of axes. `ends`: of the interpolation that are chosen. */
function viewOn(
  { set, points }: Coordinates,
  view: View,
  here: LatentPoint,
  ends: readonly LatentPoint[],
): View {
  const { position, interpolation } = view
  const exampleCoordinates = points.get(position.example) as LatentPoint
  const { sliders, residual } = isUnmoved(position) ? exampleCoordinates : here
  const converted = ends.map(quantize)
  const convert = (end: Endpoint | null): Endpoint | null =>
    end && { ...end, ...(converted.shift() as LatentPoint) }
  return {
    ...view,
    position: { set, example: position.example, exampleCoordinates, sliders, residual },
    interpolation: {
      ...interpolation,
      a: convert(interpolation.a),
      b: convert(interpolation.b),
      t: null,
    },
    mapAxes: defaultMapAxes(sliders.length),
  }
}
