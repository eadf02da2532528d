import type { LatentPoint } from '../samples/index.ts'
import { quantize } from './quantize.ts'

/**
 * From a to b: straight, or on the sphere around z = 0 (Shoemake 1985, "Animating rotation with quaternion curves"; White 2016, "Sampling
 * Generative Networks", §2.1: a straight line leads through places that are nearer to 0 than any that the decoder has seen).
 */
export type Path =
  | { kind: 'linear'; a: LatentPoint; b: LatentPoint }
  | { kind: 'spherical'; a: LatentPoint; b: LatentPoint; origin: LatentPoint; angle: number }

/** Where the sine of an angle is nearly 0, the way over the sphere is the straight one, or none at all. */
const MIN_SINE = 1e-4

/** The angle between two z about 0, in radians; 0 where one of them is 0. */
export function angleBetween(one: readonly number[], other: readonly number[]): number {
  const dot = (a: readonly number[], b: readonly number[]) =>
    a.reduce((sum, value, i) => sum + value * (b[i] as number), 0)
  const lengths = Math.sqrt(dot(one, one) * dot(other, other))
  return lengths === 0 ? 0 : Math.acos(Math.max(-1, Math.min(1, dot(one, other) / lengths)))
}

/**
 * The spot so far along a path, 0…1: exactly its ends at 0 and 1, and in notches between them.
 *
 * Sliders and residual are affine in z, so that a mixture α·a + β·b of two z is mixed in them as well, with 1 − α − β of where z is 0.
 */
export function samplePath(path: Path, t: number): LatentPoint {
  if (t <= 0) return { sliders: path.a.sliders, residual: path.a.residual }
  if (t >= 1) return { sliders: path.b.sliders, residual: path.b.residual }
  const curved = path.kind === 'spherical' && Math.sin(path.angle) > MIN_SINE ? path : null
  const [alpha, beta] = curved
    ? [
        Math.sin((1 - t) * curved.angle) / Math.sin(curved.angle),
        Math.sin(t * curved.angle) / Math.sin(curved.angle),
      ]
    : [1 - t, t]
  const mixed = (key: 'sliders' | 'residual') =>
    path.a[key].map(
      (value, i) =>
        alpha * value +
        beta * (path.b[key][i] as number) +
        (curved ? (1 - alpha - beta) * (curved.origin[key][i] as number) : 0),
    )
  return quantize({ sliders: mixed('sliders'), residual: mixed('residual') })
}
