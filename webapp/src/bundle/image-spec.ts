import type { Sample } from '../sample.ts'
import type { ImageDecoder, ImageEncoder, Size } from './manifest.types.ts'
import { valueCount } from './picture-size.ts'
import type { Spec, Values } from './spec.ts'

/** The values of a picture, row by row. */
const values: Values<Sample & { size: Size; pixels: Float32Array }> = {
  of: ({ pixels }) => pixels,
  toSample: (pixels, [height = 0, width = 0, channels]) => ({
    kind: 'image',
    size: { height, width, channels: channels as Size['channels'] },
    pixels,
  }),
}

/** One graph from z to pixels, and one back. A poster has a byte for each value of the picture. */
export const image: Spec = {
  decoder({ decoder, latent_size: latent }) {
    const { image } = decoder as ImageDecoder
    return [{ name: 'decoder.image', graph: image, inputs: [latent], outputs: [null] }]
  },
  encoder({ encoder, latent_size: latent }) {
    const { image } = encoder as ImageEncoder
    return [{ name: 'encoder.image', graph: image, inputs: [null], outputs: [latent] }]
  },
  values,
  posterBytes: ({ decoder }) => valueCount((decoder as ImageDecoder).size),
}
