// The golden image bundle on WebAssembly, against what PyTorch decoded.

import { readFileSync } from 'node:fs'
import { memory } from '@tensorflow/tfjs-core'
import { beforeAll, expect, test } from 'vitest'
import { goldenBytes, goldenText, tensor } from '../../test/golden.ts'
import { parseManifest } from '../bundle/manifest.ts'
import { valueCount } from '../bundle/picture-size.ts'
import { type Picture, toRGBA } from '../modalities/image/picture.ts'
import { startBackend } from './backend.ts'
import { loadEncoder } from './encoder.ts'
import { ImageDecoder, ImageEncoder } from './image.ts'

const manifest = parseManifest(goldenText('image/manifest.json'), 'manifest.json')
const files = new Map(manifest.files.map((file) => [file.path, goldenBytes(`image/${file.path}`)]))
const probe = goldenBytes(`image/${manifest.probe}`)
const { decoder, encoder } = manifest
if (decoder.kind !== 'image' || encoder?.kind !== 'image')
  throw new Error('the golden bundle is an image model with an encoder')
const z = tensor('z', probe)

beforeAll(
  async () =>
    void (await startBackend(
      async (address) => new Uint8Array(readFileSync(new URL(`../..${address}`, import.meta.url))),
    )),
)

test('decodes the same pictures as PyTorch, alone and in a batch', async () => {
  const pictures = ImageDecoder.load(decoder, files)
  const expected = tensor('pixels', probe)
  const all = await pictures.decode(Float32Array.from(z.flat()), z.length)
  expect(all).toHaveLength(expected.length)
  for (const [i, row] of z.entries()) {
    const [alone] = await pictures.decode(Float32Array.from(row), 1)
    for (const picture of [all[i], alone]) {
      if (!picture) throw new Error(`no picture ${i}`)
      const bytes = toRGBA(picture).filter((_, at) => at % 4 !== 3)
      expect(bytes).toHaveLength(valueCount(decoder.size))
      expect(
        Math.max(...bytes.map((value, at) => Math.abs(value - (expected[i]?.[at] as number)))),
      ).toBeLessThanOrEqual(1)
    }
  }
})

test('leaks no tensors', async () => {
  const pictures = ImageDecoder.load(decoder, files)
  const pictureEncoder = ImageEncoder.load(encoder, files)
  const [picture] = await pictures.decode(Float32Array.from(z.flat()), z.length)
  if (!picture) throw new Error('no picture')
  await pictureEncoder.encode(picture)
  const before = memory().numTensors
  for (let i = 0; i < 20; i += 1) {
    await pictures.decode(Float32Array.from(z.flat()), z.length)
    expect(await pictureEncoder.encode(picture)).toHaveLength(manifest.latent_size)
  }
  expect(memory().numTensors).toBe(before)
})

test('refuses pictures whose size is not that of the manifest', async () => {
  const taller = { ...decoder.size, height: 13 }
  const pictures = ImageDecoder.load({ ...decoder, size: taller }, files)
  await expect(pictures.decode(Float32Array.from(z.flat()), z.length)).rejects.toThrow(
    /^decoder\/image\/model\.json: .*13×16×3, found 12×16×3/,
  )
  const encode = await loadEncoder(manifest, async () => files)
  const pixels = new Float32Array(valueCount(taller))
  const tall: Picture = { kind: 'image', size: taller, pixels }
  await expect(encode(tall)).rejects.toThrow(
    /^encoder\/image\/model\.json: .*12×16×3, found 13×16×3/,
  )
  await expect(encode([2, 3])).rejects.toThrow(/^the encoder: .*found words/)
})
