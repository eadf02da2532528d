import type { LatentPoint } from '../samples/index.ts'
import { quantize } from './quantize.ts'

/**
 * A path from a to b: linear, or spherical around z = 0.
 *
 * A straight line passes closer to 0 than anything that the decoder was trained on (White 2016,
 * "Sampling Generative Networks", §2.1). Spherical: Shoemake 1985, "Animating rotation with
 * quaternion curves".
 */
export type Path =
  | { kind: 'linear'; a: LatentPoint; b: LatentPoint }
  | { kind: 'spherical'; a: LatentPoint; b: LatentPoint; origin: LatentPoint; angle: number }

/** Below this sine of the angle, the spherical path is the linear one, or not defined. */
const MIN_SINE = 1e-4

/** Return the angle between two z, in radians; 0 if one of them is 0. */
export function angleBetween(one: readonly number[], other: readonly number[]): number {
  const dot = (a: readonly number[], b: readonly number[]) =>
    a.reduce((sum, value, i) => sum + value * (b[i] as number), 0)
  const lengths = Math.sqrt(dot(one, one) * dot(other, other))
  return lengths === 0 ? 0 : Math.acos(Math.max(-1, Math.min(1, dot(one, other) / lengths)))
}

/**
 * Return the latent point at t, 0…1: exactly a at 0 and b at 1, quantized between them.
 *
 * Sliders and residual are affine in z. Those of α·a + β·b are the same mixture of those of a and b,
 * plus 1 − α − β times those of z = 0.
 */
export function samplePath(path: Path, t: number): LatentPoint {
  if (t <= 0) return { sliders: path.a.sliders, residual: path.a.residual }
  if (t >= 1) return { sliders: path.b.sliders, residual: path.b.residual }
  const sphere = path.kind === 'spherical' && Math.sin(path.angle) > MIN_SINE ? path : null
  const [alpha, beta] = sphere
    ? [
        Math.sin((1 - t) * sphere.angle) / Math.sin(sphere.angle),
        Math.sin(t * sphere.angle) / Math.sin(sphere.angle),
      ]
    : [1 - t, t]
  const mixed = (key: 'sliders' | 'residual') =>
    path.a[key].map(
      (value, i) =>
        alpha * value +
        beta * (path.b[key][i] as number) +
        (sphere ? (1 - alpha - beta) * (sphere.origin[key][i] as number) : 0),
    )
  return quantize({ sliders: mixed('sliders'), residual: mixed('residual') })
}
