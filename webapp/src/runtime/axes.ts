import type { AxesSet } from '../bundle/index.ts'
import { Graph } from './graph.ts'

/** A set of axes: sliders and residual → z. */
export class Axes {
  private constructor(private readonly to: Graph) {}

  static load(set: AxesSet, files: Map<string, Uint8Array>): Axes {
    return new Axes(Graph.load(set.to, files))
  }

  /** sliders (B, K) in σ, residual (B, Z) → z (B, Z), row by row. */
  async toZ(sliders: number[][], residual: number[][]): Promise<Float32Array> {
    return (await this.to.call([sliders.flat(), residual.flat()], sliders.length))
      .values as Float32Array
  }
}
