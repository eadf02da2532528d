import { fetchFiles, filesOf, type Manifest, requireFile } from '../bundle/index.ts'
import type { Distance } from './distance.ts'

const UNITS_PER_SIGMA = 1000 // in the file, of a σ

/**
 * Where encoded training samples lie on a set of axes of the bundle at `base`: a row of K sliders in σ for each. null where it carries none.
 *
 * Throws a ZlideError for a file that is missing or not what was exported.
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

/** How far a position (K) is from the middle of the training samples on a set of axes: Mahalanobis' distance. null where there are none. */
export function distanceFromMean(
  { axes }: Manifest,
  set: number,
  sliders: readonly number[],
): Distance | null {
  const points = axes[set]?.points
  if (!points) return null
  const { mean, whitening, p99, max } = points
  const centred = mean.map((middle, i) => (sliders[i] ?? 0) - middle)
  const distance = Math.hypot(
    ...whitening.map((row) =>
      row.reduce((sum, weight, i) => sum + weight * (centred[i] as number), 0),
    ),
  )
  return { distance, p99, max }
}
