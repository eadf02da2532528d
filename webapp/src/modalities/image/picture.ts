import { type Size, valueCount } from '../../bundle/index.ts'
import type { Sample } from '../../sample.ts'
import { isSameKind } from '../../samples/index.ts'

/** A decoded picture, or the picture of an example. */
export interface Picture extends Sample {
  kind: 'image'
  size: Size
  pixels: Float32Array // (H, W, C) in [0, 1], row by row
}

/** Describe how a picture differs from the example; empty if they cannot be compared. */
export function describePictureDifference(picture: Picture, example: Sample): string {
  if (!isSameKind(picture, example) || picture.pixels.length !== example.pixels.length) return ''
  const difference = meanDifference(picture, example)
  return difference < 0.05
    ? 'Pixel for pixel the example'
    : `Pixels differ by ${difference.toFixed(1)} of 255`
}

/** Return the mean absolute difference of all values, 0…255. */
function meanDifference(one: Picture, other: Picture): number {
  const sum = one.pixels.reduce(
    (sum, value, i) => sum + Math.abs(value - (other.pixels[i] as number)),
    0,
  )
  return (255 * sum) / one.pixels.length
}

/**
 * Make a picture from bytes, row by row, `stride` per pixel; an alpha channel is ignored.
 *
 * Color becomes grey by its luma (ITU-R BT.601).
 */
export function fromBytes(
  bytes: ArrayLike<number>,
  size: Size,
  stride: number = size.channels,
): Picture {
  const pixels = new Float32Array(valueCount(size))
  const grey = size.channels === 1 && stride >= 3
  for (let i = 0; i < size.height * size.width; i += 1) {
    const at = (channel: number) => (bytes[i * stride + channel] as number) / 255
    if (grey) pixels[i] = 0.299 * at(0) + 0.587 * at(1) + 0.114 * at(2)
    else
      for (let channel = 0; channel < size.channels; channel += 1)
        pixels[i * size.channels + channel] = at(channel)
  }
  return { kind: 'image', size, pixels }
}

/** A picture → red, green, blue and alpha, 0…255, for a canvas. */
export function toRGBA({ size, pixels }: Picture): Uint8ClampedArray<ArrayBuffer> {
  const { height, width, channels } = size
  const bytes = new Uint8ClampedArray(4 * height * width)
  for (let i = 0; i < height * width; i += 1) {
    for (let channel = 0; channel < 3; channel += 1)
      bytes[4 * i + channel] = 255 * (pixels[i * channels + (channel % channels)] as number) // rounded by the array
    bytes[4 * i + 3] = 255
  }
  return bytes
}
