import { expect, test } from 'vitest'
import { goldenText } from '../../../test/golden.ts'
import type { Size } from '../../bundle/manifest.ts'
import type { Picture } from './picture.ts'
import { resize } from './resize.ts'

interface Case {
  size: [number, number, Size['channels']]
  to: [number, number]
  pixels: number[]
}

// Made with PyTorch by tests/golden/resize.py.
const { cases } = JSON.parse(goldenText('resize.json')) as { cases: Case[] }

function picture([height, width, channels]: Case['size']): Picture {
  const pixels = Float32Array.from(
    { length: height * width * channels },
    (_, i) => ((i * 7919) % 256) / 255,
  )
  return { kind: 'image', size: { height, width, channels }, pixels }
}

test.each(cases)('resizes $size to $to like PyTorch', ({ size, to: [height, width], pixels }) => {
  const small = resize(picture(size), { height, width })
  expect(small.size).toEqual({ height, width, channels: size[2] })
  expect(small.pixels).toHaveLength(pixels.length)
  expect(
    Math.max(...pixels.map((value, i) => Math.abs(value - (small.pixels[i] as number)))),
  ).toBeLessThan(2e-6)
})

test('does not change a picture that already has the size', () => {
  const same = picture([6, 5, 3])
  expect(resize(same, same.size).pixels).toEqual(same.pixels)
})
