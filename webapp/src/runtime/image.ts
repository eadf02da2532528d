import {
  type ImageDecoder as ImageDecoderSpec,
  type ImageEncoder as ImageEncoderSpec,
  shapeOf,
  valueCount,
} from '../bundle/index.ts'
import { ZlideError } from '../errors.ts'
import type { Picture } from '../modalities/index.ts'
import { Graph } from './graph.ts'
import type { WorkerModality } from './modality.ts'

/** Pictures. */
export const image: WorkerModality<Picture> = {
  loadDecoder({ decoder }, files) {
    const pictures = ImageDecoder.load(decoder as ImageDecoderSpec, files)
    return (z, count) => pictures.decode(z, count)
  },
  loadEncoder({ encoder }, files) {
    const pictures = ImageEncoder.load(encoder as ImageEncoderSpec, files)
    return async (input) => {
      if (!('kind' in input))
        throw new ZlideError('the encoder', 'expected a picture, found words', '', {
          permanent: true,
        })
      return pictures.encode(input as Picture)
    }
  },
  isFinite: ({ pixels }) => pixels.every(Number.isFinite),
}

/** A decoder of pictures: one graph, z → pixels. */
export class ImageDecoder {
  private constructor(
    private readonly image: Graph,
    private readonly spec: ImageDecoderSpec,
  ) {}

  static load(spec: ImageDecoderSpec, files: Map<string, Uint8Array>): ImageDecoder {
    return new ImageDecoder(Graph.load(spec.image, files), spec)
  }

  /** z (B, Z) → B pictures. Throws a ZlideError if their size is not the manifest's. */
  async decode(z: Float32Array, count: number): Promise<Picture[]> {
    const { size, image } = this.spec
    const pixels = await this.image.call([z], count) // (B, H, W, C)
    const [expected, found] = [shapeOf(size), pixels.shape.slice(1)].map((shape) => shape.join('×'))
    if (expected !== found)
      throw new ZlideError(
        image.path,
        `expected pictures of ${expected}, found ${found}`,
        'export the model again',
        { permanent: true },
      )
    const values = pixels.values as Float32Array
    const each = valueCount(size)
    return Array.from({ length: count }, (_, i) => ({
      kind: 'image',
      size,
      pixels: values.slice(i * each, (i + 1) * each),
    }))
  }
}

/** An encoder of pictures: one graph, pixels → posterior mean. */
export class ImageEncoder {
  private constructor(
    private readonly image: Graph,
    private readonly spec: ImageEncoderSpec,
  ) {}

  static load(spec: ImageEncoderSpec, files: Map<string, Uint8Array>): ImageEncoder {
    return new ImageEncoder(Graph.load(spec.image, files), spec)
  }

  /** A picture of the encoder's size → its posterior mean (Z). Throws a ZlideError for other sizes. */
  async encode({ size, pixels }: Picture): Promise<number[]> {
    const [expected, found] = [this.spec.size, size].map((size) => shapeOf(size).join('×'))
    if (expected !== found)
      throw new ZlideError(
        this.spec.image.path,
        `expected a picture of ${expected}, found ${found}`,
        'resize it first',
        {
          permanent: true,
        },
      )
    return Array.from((await this.image.call([pixels], 1)).values)
  }
}
