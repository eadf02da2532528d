import { afterEach, beforeEach, expect, test, vi } from 'vitest'
import { goldenText, serveGolden } from '../../test/golden.ts'
import { parseManifest } from '../bundle/manifest.ts'
import type { Picture } from '../samples/sample.ts'
import { fetchProbe, type Probe, reproduces } from './probe.ts'

const manifest = parseManifest(goldenText('image/manifest.json'), 'manifest.json')

beforeEach(() => void vi.stubGlobal('fetch', serveGolden))
afterEach(() => void vi.unstubAllGlobals())

/** Return the probe's pictures, with one value of the last one changed by `by` / 255. */
const changed = ({ pictures }: Probe, by: number): Picture[] =>
  pictures.map((picture, i) =>
    i < pictures.length - 1
      ? picture
      : { ...picture, pixels: picture.pixels.with(5, (picture.pixels[5] as number) + by / 255) },
  )

test('reads positions and pictures', async () => {
  const probe = await fetchProbe(new URL('http://host/image/'), manifest)
  expect(probe.pictures.map(({ pixels }) => pixels.length)).toEqual(Array(8).fill(12 * 16 * 3))
  expect(new Set(probe.pictures.map(({ pixels }) => String(pixels))).size).toBe(8)
  expect(probe.sliders.map((row) => row.length)).toEqual(
    Array(8).fill(manifest.axes[0].axes.length),
  )
  expect(probe.residual.map((row) => row.length)).toEqual(Array(8).fill(manifest.latent_size))
})

test('a pixel may differ by 1/255 but not by 2/255', async () => {
  const probe = await fetchProbe(new URL('http://host/image/'), manifest)
  const sign = (probe.pictures[7]?.pixels[5] as number) > 0.5 ? -1 : 1
  expect(reproduces(changed(probe, 0), probe)).toBe(true)
  expect(reproduces(changed(probe, sign), probe)).toBe(true)
  expect(reproduces(changed(probe, 2 * sign), probe)).toBe(false)
})

test('no pictures, or too few, do not reproduce the probe', async () => {
  const probe = await fetchProbe(new URL('http://host/image/'), manifest)
  expect(reproduces(changed(probe, 0).slice(1), probe)).toBe(false)
  expect(reproduces([], { ...probe, pictures: [] })).toBe(false)
})
