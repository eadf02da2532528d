import { expect, test } from 'vitest'
import { crop } from './import-picture.ts'
import { readHeader } from './picture-header.ts'

test('crops to the aspect, around the center', () => {
  expect(crop({ width: 160, height: 120 }, 1.6)).toEqual({ width: 160, height: 100, x: 0, y: 10 })
  expect(crop({ width: 96, height: 96 }, 96 / 84)).toEqual({ width: 96, height: 84, x: 0, y: 6 })
  expect(crop({ width: 301, height: 100 }, 1)).toEqual({ width: 100, height: 100, x: 100, y: 0 })
  expect(crop({ width: 64, height: 64 }, 1)).toEqual({ width: 64, height: 64, x: 0, y: 0 })
  expect(crop({ width: 1, height: 500 }, 1.6)).toEqual({ width: 1, height: 1, x: 0, y: 249 })
})

const bytes = (...parts: (string | number[])[]) =>
  Uint8Array.from(
    parts.flatMap((part) =>
      typeof part === 'string' ? Array.from(part, (letter) => letter.charCodeAt(0)) : part,
    ),
  )
const zeros = (count: number) => Array<number>(count).fill(0)
const wide = { width: 20_000, height: 300 } // 0x4e20, 0x012c

test.each([
  ['PNG', bytes([0x89], 'PNG', zeros(12), [0, 0, 0x4e, 0x20, 0, 0, 0x01, 0x2c])],
  ['GIF', bytes('GIF89a', [0x20, 0x4e, 0x2c, 0x01, 0, 0, 0, 0x2c], zeros(4), [1, 0, 1, 0])],
  [
    'GIF with a larger frame',
    bytes(
      'GIF89a',
      [1, 0, 1, 0, 0x80, 0, 0],
      zeros(6),
      [0x21, 0xf9, 4],
      zeros(5),
      [0x2c, 0x10, 0, 2, 0, 0x10, 0x4e, 0x2a, 0x01],
    ),
  ],
  ['BMP', bytes('BM', zeros(16), [0x20, 0x4e, 0, 0, 0xd4, 0xfe, 0xff, 0xff])], // its height may be negative
  [
    'JPEG',
    bytes([
      0xff, 0xd8, 0xff, 0xe0, 0, 4, 1, 2, 0xff, 0xff, 0xff, 0xc2, 0, 11, 8, 0x01, 0x2c, 0x4e, 0x20,
    ]),
  ],
  ['WebP', bytes('RIFF', zeros(4), 'WEBPVP8X', zeros(8), [0x1f, 0x4e, 0, 0x2b, 0x01, 0])],
  [
    'AVIF',
    bytes(
      zeros(4),
      'ftypavif',
      zeros(8),
      'ispe',
      zeros(4),
      [0, 0, 0, 9, 0, 0, 0, 9],
      'ispe',
      zeros(4),
      [0, 0, 0x4e, 0x20, 0, 0, 0x01, 0x2c],
    ),
  ],
])('reads the size of a %s', (_, head) => {
  expect(readHeader(head)).toEqual(wide)
})

test('reads the size of a WebP without extensions', () => {
  const bits = 99 | (299 << 14)
  const four = [0, 8, 16, 24].map((shift) => (bits >> shift) & 255)
  expect(readHeader(bytes('RIFF', zeros(4), 'WEBPVP8L', zeros(4), [0x2f], four))).toEqual({
    width: 100,
    height: 300,
  })
  expect(
    readHeader(bytes('RIFF', zeros(4), 'WEBPVP8 ', zeros(10), [100, 0x40, 0x2c, 0x81])),
  ).toEqual({ width: 100, height: 300 })
})

test('finds no size in a header that is too short or not of a picture', () => {
  for (const head of [
    bytes(),
    bytes([0x89], 'PNG'),
    bytes([0xff, 0xd8]),
    bytes('some words, and no picture at all'),
  ])
    expect(readHeader(head)).toBeNull()
})
