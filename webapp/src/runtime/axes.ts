import { type Tensor2D, tensor2d } from '@tensorflow/tfjs-core'
import type { AxesSet } from '../manifest.ts'
import { Graph } from './graph.ts'

/** A set of axes: where the sliders stand, in σ, becomes z. */
export class Axes {
  private constructor(private readonly to: Graph) {}

  static load(set: AxesSet, files: Map<string, Uint8Array>): Axes {
    return new Axes(Graph.load(set.to, files))
  }

  /** sliders (B, K) in σ, residual (B, Z) → z (B, Z) float32. Call it within `tidy`. */
  toZ(sliders: number[][], residual: number[][]): Tensor2D {
    const [z] = this.to.run([tensor2d(sliders), tensor2d(residual)])
    return z as Tensor2D
  }
}
