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
    private readonly onSelect: () => void,
  ) {}

  /** Drop a request that has not been answered yet. */
  clear(): void {
    this.request = null
  }

  /** Show the view on another set of axes, as a step. Moves during the computation are kept. */
  async select(set: number): Promise<void> {
    this.onSelect()
    const request = {}
    this.request = request
    for (;;) {
      const { view } = this.navigation.state
      if (!view || set === view.position.set) return
      const found = await this.convert(view, set)
      if (!found || this.request !== request) return
      if (this.navigation.state.view !== view) continue // the reader moved meanwhile
      this.coordinates.replace(found.coordinates)
      this.navigation.changeAxes(viewOn(found.coordinates, view, found.points))
      return
    }
  }

  /** Return the points of a view and of the examples on another set of axes. */
  private convert(view: View, set: number) {
    const { position, interpolation } = view
    const ends = [interpolation.a, interpolation.b].filter((end) => end !== null)
    const examples = [position.example, ...this.session.state.examples]
    return this.session.ask(async (model) => ({
      points: await model.changeBasis(position.set, set, [position, ...ends]),
      coordinates: await computeCoordinates(model, set, examples),
    }))
  }
}

/** Return a view on another set of axes, where `converted` are its point and the ends it has. */
function viewOn({ set, points }: Coordinates, view: View, converted: readonly LatentPoint[]): View {
  const { position, interpolation } = view
  const [here, ...ends] = converted as [LatentPoint, ...LatentPoint[]]
  const exampleCoordinates = points.get(position.example) ?? here
  const { sliders, residual } = isUnmoved(position) ? exampleCoordinates : here
  const quantized = ends.map(quantize)
  const convert = (end: Endpoint | null): Endpoint | null =>
    end && { ...end, ...(quantized.shift() as LatentPoint) }
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
