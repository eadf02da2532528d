import { type ImageDecoder, type ImageEncoder, valueCount } from '../bundle/index.ts'
import { ZlideError } from '../errors.ts'
import { type Picture, shapeOf } from '../samples/index.ts'
import { Graph } from './graph.ts'

/** Paints pictures: one graph, z → pixels. */
export class Painter {
  private constructor(
    private readonly image: Graph,
    private readonly graphs: ImageDecoder,
  ) {}

  static load(graphs: ImageDecoder, files: Map<string, Uint8Array>): Painter {
    return new Painter(Graph.load(graphs.image, files), graphs)
  }

  /** z (B, Z) → B pictures. Throws a ZlideError if they are not of the size that the manifest says. */
  async paint(z: Float32Array, count: number): Promise<Picture[]> {
    const { size, image } = this.graphs
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

/** Looks at a picture, and finds its place in latent space. */
export class Looker {
  private constructor(
    private readonly image: Graph,
    private readonly graphs: ImageEncoder,
  ) {}

  static load(graphs: ImageEncoder, files: Map<string, Uint8Array>): Looker {
    return new Looker(Graph.load(graphs.image, files), graphs)
  }

  /** A picture of the encoder's size → its posterior mean (Z). Throws a ZlideError for any other size. */
  async encode({ size, pixels }: Picture): Promise<number[]> {
    const [expected, found] = [this.graphs.size, size].map((size) => shapeOf(size).join('×'))
    if (expected !== found)
      throw new ZlideError(
        this.graphs.image.path,
        `expected a picture of ${expected}, found ${found}`,
        'scale it before',
        {
          permanent: true,
        },
      )
    return Array.from((await this.image.call([pixels], 1)).values)
  }
}
