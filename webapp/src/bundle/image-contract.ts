import type { Contract } from './contract.ts'
import type { ImageDecoder, ImageEncoder } from './manifest.types.ts'
import { valueCount } from './picture-size.ts'

/** One graph from z to pixels, and one back. A poster has a byte for each value of the picture. */
export const image: Contract = {
  decoder({ decoder, latent_size: latent }) {
    const { image } = decoder as ImageDecoder
    return [{ name: 'decoder.image', graph: image, inputs: [latent], outputs: [null] }]
  },
  encoder({ encoder, latent_size: latent }) {
    const { image } = encoder as ImageEncoder
    return [{ name: 'encoder.image', graph: image, inputs: [null], outputs: [latent] }]
  },
  posterBytes: ({ decoder }) => valueCount((decoder as ImageDecoder).size),
}
