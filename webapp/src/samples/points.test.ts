import { afterEach, beforeEach, expect, test, vi } from 'vitest'
import { goldenBytes, goldenText, serveGolden } from '../../test/golden.ts'
import { fetchManifest } from '../bundle/fetch.ts'
import type { Manifest, Points } from '../bundle/manifest.ts'
import { errorMessage } from '../errors.ts'
import { distanceFromMean, fetchPoints } from './points.ts'

const base = new URL('http://site.test/text/')
const distance = (manifest: Manifest, set: number, sliders: readonly number[]) =>
  distanceFromMean(manifest, set, sliders)?.distance ?? null
const reach = (manifest: Manifest, set: number) => distanceFromMean(manifest, set, [])?.max ?? null
const rows = (flat: Float32Array, width: number) =>
  Array.from({ length: flat.length / width }, (_, i) => [
    ...flat.subarray(i * width).slice(0, width),
  ])

beforeEach(() => {
  vi.stubGlobal('fetch', vi.fn(serveGolden))
})
afterEach(() => {
  vi.unstubAllGlobals()
})

// Made with NumPy by tests/golden/points.py; the converter is tested against the same file.
const golden = JSON.parse(goldenText('points.json')) as {
  distances: { mean: number[]; whitening: number[][]; sliders: number[][]; distances: number[] }[]
  files: { bytes: string; sliders: number[][] }[]
}

test.each(golden.distances)('distances are those of NumPy', async (expected) => {
  const manifest = await withPoints({ mean: expected.mean, whitening: expected.whitening })
  for (const [i, sliders] of expected.sliders.entries())
    expect(distance(manifest, 0, sliders)).toBeCloseTo(expected.distances[i] as number, 9)
})

test.each(golden.files)('reads the file $bytes', async ({ bytes, sliders }) => {
  const file = Uint8Array.from(Buffer.from(bytes, 'hex'))
  const manifest = await withPoints({ path: 'points.bin', count: sliders.length })
  const digest = Buffer.from(await crypto.subtle.digest('SHA-256', file)).toString('hex')
  manifest.files.push({ path: 'points.bin', bytes: file.length, sha256: digest })
  vi.stubGlobal('fetch', async () => new Response(file))
  const points = (await fetchPoints(base, manifest, 0)) as Float32Array
  expect(rows(points, (sliders[0] as number[]).length)).toEqual(
    sliders.map((row) => row.map(Math.fround)),
  )
})

/** Return the manifest of the golden bundle with some fields of its points replaced. */
async function withPoints(fields: Partial<Points>): Promise<Manifest> {
  const manifest = await fetchManifest(base)
  const points = manifest.axes[0].points ?? expect.unreachable()
  manifest.axes[0].points = { ...points, ...fields }
  return manifest
}

test('fetches the points that were exported, in one request', async () => {
  const manifest = await fetchManifest(base)
  const points = (await fetchPoints(base, manifest, 0)) as Float32Array
  const { path, count, mean } = manifest.axes[0].points ?? expect.unreachable()
  expect(fetch).toHaveBeenCalledTimes(2) // the manifest, and one file
  expect(points.length).toBe(count * mean.length)
  const stored = new Int16Array(goldenBytes(`text/${path}`).buffer)
  expect([...points]).toEqual([...Float32Array.from(stored, (value) => value / 1000)])
  for (const [i, middle] of mean.entries()) {
    const along = rows(points, mean.length).map((row) => row[i] as number)
    expect(along.reduce((sum, value) => sum + value, 0) / count).toBeCloseTo(middle, 3)
  }
})

test('the largest distance of a point and the 99th percentile are those of the manifest', async () => {
  const manifest = await fetchManifest(base)
  const { p99, mean } = manifest.axes[0].points ?? expect.unreachable()
  const points = rows((await fetchPoints(base, manifest, 0)) as Float32Array, mean.length)
  const out = points.map((row) => distance(manifest, 0, row) as number)
  expect(Math.max(...out)).toBeCloseTo(reach(manifest, 0) as number, 2)
  const [at, above] = out.toSorted((a, b) => a - b).slice(296) as [number, number] // of 300
  expect(p99).toBeGreaterThan(at - 0.005)
  expect(p99).toBeLessThan(above + 0.005)
  expect(out.reduce((sum, far) => sum + far ** 2, 0)).toBeCloseTo(
    mean.length * (points.length - 1),
    -1,
  ) // as for any whitened sample
})

test('the mean has distance 0, and a position far from it is beyond all points', async () => {
  const manifest = await fetchManifest(base)
  const { mean } = manifest.axes[0].points ?? expect.unreachable()
  expect(distance(manifest, 0, mean)).toBe(0)
  const beyond = mean.map((value, i) => value + (i === 0 ? 30 : 0))
  expect(distance(manifest, 0, beyond)).toBeGreaterThan(reach(manifest, 0) as number)
})

test('fetches nothing for a bundle without points', async () => {
  const image = new URL('../image/', base)
  const manifest = await fetchManifest(image)
  expect([
    await fetchPoints(image, manifest, 0),
    distance(manifest, 1, [0, 0, 0]),
    reach(manifest, 0),
  ]).toEqual([null, null, null])
  expect(fetch).toHaveBeenCalledTimes(1)
})

test('refuses points that are damaged or not listed', async () => {
  const manifest = await fetchManifest(base)
  const { path } = manifest.axes[0].points ?? expect.unreachable()
  const files = manifest.files.map((file) =>
    file.path === path ? { ...file, sha256: '0'.repeat(64) } : file,
  )
  expect(
    await fetchPoints(base, { ...manifest, files }, 0).then(() => 'no error', errorMessage),
  ).toMatch('/text/axes/pca/points.bin: expected SHA-256 000000000000…')
  const unlisted = fetchPoints(
    base,
    { ...manifest, files: files.filter((file) => file.path !== path) },
    0,
  )
  expect(await unlisted.then(() => 'no error', errorMessage)).toMatch(
    /^axes\/pca\/points\.bin: the manifest .*export/,
  )
})
