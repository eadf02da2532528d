import type { Picture } from './picture.ts'

/** The source pixels of one pixel along one side, from `first` on, with weights that sum to 1. */
interface Contribution {
  first: number
  weights: number[]
}

/**
 * Resize a picture like the training frames: each pixel is the triangle-weighted mean of the pixels
 * that it covers, and at least of its neighbors.
 *
 * Equals PyTorch's `F.interpolate(mode="bilinear", antialias=True, align_corners=False)`.
 */
export function resize(picture: Picture, to: { height: number; width: number }): Picture {
  const { height, width, channels } = picture.size
  const across = resizeAxis(picture.pixels, height, width, channels, to.width)
  const pixels = resizeAxis(across, 1, height, to.width * channels, to.height)
  return { kind: 'image', size: { ...to, channels }, pixels }
}

/** (outer, from, inner) → (outer, to, inner) */
function resizeAxis(
  values: Float32Array,
  outer: number,
  from: number,
  inner: number,
  to: number,
): Float32Array {
  const result = new Float32Array(outer * to * inner)
  const shares = Array.from({ length: to }, (_, i) => contributionTo(i, from, to))
  for (let row = 0; row < outer; row += 1)
    for (const [i, { first, weights }] of shares.entries())
      for (let j = 0; j < inner; j += 1) {
        let sum = 0
        for (let k = 0; k < weights.length; k += 1)
          sum += (weights[k] as number) * (values[(row * from + first + k) * inner + j] as number)
        result[(row * to + i) * inner + j] = sum
      }
  return result
}

function contributionTo(i: number, from: number, to: number): Contribution {
  const scale = from / to
  const reach = Math.max(scale, 1) // half the width of the triangle
  const center = scale * (i + 0.5)
  const first = Math.max(0, Math.trunc(center - reach + 0.5))
  const last = Math.min(from, Math.trunc(center + reach + 0.5))
  const raw = Array.from({ length: last - first }, (_, k) =>
    Math.max(0, 1 - Math.abs((first + k - center + 0.5) / reach)),
  )
  const sum = raw.reduce((a, b) => a + b)
  return { first, weights: raw.map((weight) => weight / sum) }
}
