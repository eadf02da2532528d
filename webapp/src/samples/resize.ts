import type { Picture } from './sample.ts'

/** What a pixel is made of along one side: so many from `first` on, each with its weight; the weights sum to 1. */
interface Contribution {
  first: number
  weights: number[]
}

/**
 * Scale a picture to so many pixels, as training frames were scaled: each pixel is the triangle-weighted mean of what it covers,
 * and of its neighbours where it covers less than one.
 *
 * The same as PyTorch's `F.interpolate(mode="bilinear", antialias=True, align_corners=False)`.
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
  const reach = Math.max(scale, 1) // of the triangle, to either side
  const centre = scale * (i + 0.5)
  const first = Math.max(0, Math.trunc(centre - reach + 0.5))
  const last = Math.min(from, Math.trunc(centre + reach + 0.5))
  const raw = Array.from({ length: last - first }, (_, k) =>
    Math.max(0, 1 - Math.abs((first + k - centre + 0.5) / reach)),
  )
  const sum = raw.reduce((a, b) => a + b)
  return { first, weights: raw.map((weight) => weight / sum) }
}
