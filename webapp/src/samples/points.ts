import { fetchFiles, filesOf, type Manifest, requireFile } from '../bundle/index.ts'
import type { Distance } from './distance.ts'

const UNITS_PER_SIGMA = 1000 // the file has integers

/**
 * Fetch the points of a set of axes: K sliders in σ for each, row by row. null if there are none.
 *
 * Throws a ZlideError for a file that is missing or damaged.
 */
export async function fetchPoints(
  base: URL,
  manifest: Manifest,
  set: number,
): Promise<Float32Array | null> {
  const points = manifest.axes[set]?.points
  if (!points) return null
  const bytes = requireFile(await fetchFiles(base, filesOf(manifest, points.path)), points.path)
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength)
  return Float32Array.from(
    { length: bytes.length / 2 },
    (_, i) => view.getInt16(2 * i, true) / UNITS_PER_SIGMA,
  )
}

/**
 * Return the Mahalanobis distance of sliders (K) from the mean of the points; null without points.
 *
 * The same is in converter/zlide/bundle/points.py; both are tested against tests/golden/points.json.
 */
export function distanceFromMean(
  { axes }: Manifest,
  set: number,
  sliders: readonly number[],
): Distance | null {
  const points = axes[set]?.points
  if (!points) return null
  const { mean, whitening, p99, max } = points
  const centered = mean.map((value, i) => (sliders[i] ?? 0) - value)
  const distance = Math.hypot(
    ...whitening.map((row) =>
      row.reduce((sum, weight, i) => sum + weight * (centered[i] as number), 0),
    ),
  )
  return { distance, p99, max }
}
