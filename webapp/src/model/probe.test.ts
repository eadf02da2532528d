import { afterEach, beforeEach, expect, test, vi } from 'vitest'
import { goldenText, serveGolden } from '../../test/golden.ts'
import { parseManifest } from '../bundle/manifest.ts'
import { createImage } from '../modalities/image/index.ts'
import { fromBytes, type Picture } from '../modalities/image/picture.ts'
import type { Parity } from '../modalities/modality.ts'
import { fetchProbe, type Probe, reproduces } from './probe.ts'

const manifest = parseManifest(goldenText('image/manifest.json'), 'manifest.json')
const parity = createImage(manifest).parity as Parity<Picture>
const base = new URL('http://host/image/')
const size = { height: 12, width: 16, channels: 3 } as const

const picturesOf = ({ expected }: Probe) => expected.map((bytes) => fromBytes(bytes, size))

beforeEach(() => void vi.stubGlobal('fetch', serveGolden))
afterEach(() => void vi.unstubAllGlobals())

/** Return the probe's pictures, with one value of the last one changed by `by` / 255. */
const changed = (probe: Probe, by: number): Picture[] =>
  picturesOf(probe).map((picture, i, { length }) =>
    i < length - 1
      ? picture
      : { ...picture, pixels: picture.pixels.with(5, (picture.pixels[5] as number) + by / 255) },
  )

test('reads positions and pictures', async () => {
  const probe = await fetchProbe(base, manifest, parity.tensor)
  expect(picturesOf(probe).map(({ pixels }) => pixels.length)).toEqual(Array(8).fill(12 * 16 * 3))
  expect(new Set(picturesOf(probe).map(({ pixels }) => String(pixels))).size).toBe(8)
  expect(probe.sliders.map((row) => row.length)).toEqual(
    Array(8).fill(manifest.axes[0].axes.length),
  )
  expect(probe.residual.map((row) => row.length)).toEqual(Array(8).fill(manifest.latent_size))
})

test('a pixel may differ by 1/255 but not by 2/255', async () => {
  const probe = await fetchProbe(base, manifest, parity.tensor)
  const sign = (picturesOf(probe)[7]?.pixels[5] as number) > 0.5 ? -1 : 1
  expect(reproduces(changed(probe, 0), probe, parity)).toBe(true)
  expect(reproduces(changed(probe, sign), probe, parity)).toBe(true)
  expect(reproduces(changed(probe, 2 * sign), probe, parity)).toBe(false)
})

test('no pictures, or too few, do not reproduce the probe', async () => {
  const probe = await fetchProbe(base, manifest, parity.tensor)
  expect(reproduces(changed(probe, 0).slice(1), probe, parity)).toBe(false)
  expect(reproduces([], { ...probe, expected: [] }, parity)).toBe(false)
})
