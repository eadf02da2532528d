import { afterEach, beforeEach, expect, test, vi } from 'vitest'
import { goldenText, serveGolden } from '../../test/golden.ts'
import { parseManifest } from '../bundle/manifest.ts'
import type { Picture } from '../samples/sample.ts'
import { fetchProbe, type Probe, reproduces } from './probe.ts'

const manifest = parseManifest(goldenText('image/manifest.json'), 'manifest.json')

beforeEach(() => void vi.stubGlobal('fetch', serveGolden))
afterEach(() => void vi.unstubAllGlobals())

/** The probe's pictures, one value of the last of them moved by so many 255ths. */
const moved = ({ pictures }: Probe, by: number): Picture[] =>
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

test('a pixel may differ by one 255th, and by no more', async () => {
  const probe = await fetchProbe(new URL('http://host/image/'), manifest)
  const sign = (probe.pictures[7]?.pixels[5] as number) > 0.5 ? -1 : 1
  expect(reproduces(moved(probe, 0), probe)).toBe(true)
  expect(reproduces(moved(probe, sign), probe)).toBe(true)
  expect(reproduces(moved(probe, 2 * sign), probe)).toBe(false)
})

test('no pictures, and too few, reproduce nothing', async () => {
  const probe = await fetchProbe(new URL('http://host/image/'), manifest)
  expect(reproduces(moved(probe, 0).slice(1), probe)).toBe(false)
  expect(reproduces([], { ...probe, pictures: [] })).toBe(false)
})
