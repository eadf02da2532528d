// Generated from manifest.schema.json by `npm run types`. Do not edit.

/**
 * `manifest.json`: the description of a bundle.
 */
export interface Manifest {
  format: 'zlide-bundle/2'
  name: string
  title: string
  license: string | null
  latent_size: number
  decoder: TextDecoder | ImageDecoder
  encoder: TextEncoder | ImageEncoder | null
  tokens: Tokens | null
  /**
   * @minItems 1
   */
  axes: [AxesSet, ...AxesSet[]]
  examples: string | null
  pictures: string | null
  posters: Poster[]
  probe: string
  precision: 'float32' | 'float16' | 'uint8'
  checkpoint: string | null
  reference: string | null
  files: File[]
  versions: {
    [k: string]: string
  }
}
/**
 * The graphs of a text decoder.
 *
 * start: z → state…. step: token, state… → logits, greedy token, state….
 */
export interface TextDecoder {
  kind: 'text'
  start: Graph
  step: Graph
}
/**
 * A TensorFlow.js graph model, with its inputs and outputs in the order of the contract.
 */
export interface Graph {
  path: string
  inputs: string[]
  outputs: string[]
}
/**
 * image: z → pixels (B, H, W, C) in [0, 1].
 */
export interface ImageDecoder {
  kind: 'image'
  image: Graph
  size: Size
}
/**
 * The size of a picture in pixels, and its channels: 1 for grey, 3 for RGB.
 */
export interface Size {
  height: number
  width: number
  channels: 1 | 3
}
/**
 * The graphs of a text encoder, which reads words without begin and end.
 *
 * start: token → state…, of which only the batch size matters.
 * read: forward token, backward token, state… → state….
 * finish: state… → posterior mean (B, Z).
 */
export interface TextEncoder {
  kind: 'text'
  start: Graph
  read: Graph
  finish: Graph
}
/**
 * image: pixels (B, H, W, C) in [0, 1] → posterior mean (B, Z).
 *
 * The page crops an imported picture around its centre to `aspect`, width by height, and scales it
 * to `size`, as training frames were. Each pixel is a triangle-weighted mean of those it covers.
 */
export interface ImageEncoder {
  kind: 'image'
  image: Graph
  size: Size
  aspect: number
}
/**
 * The vocabulary file, one word a line in the order of ids, and the special tokens.
 */
export interface Tokens {
  vocabulary: string
  begin: number
  end: number
  max_length: number
  lower: boolean
}
/**
 * A set of axes and its graphs.
 *
 * to: sliders (B, K) in σ, residual (B, Z) → z (B, Z). from: z → sliders, residual.
 */
export interface AxesSet {
  name: string
  default_count: number
  range: number
  axes: Axis[]
  to: Graph
  from: Graph
  points: Points | null
}
/**
 * An axis and the text of its slider's row.
 */
export interface Axis {
  name: string
  note: string | null
  stdev: number
  share: number | null
}
/**
 * Positions of training samples on a set of K axes, for the map.
 *
 * path: `count` rows of K numbers, 16-bit signed little-endian, in thousandths of σ, clipped to
 * ±32.767 σ. The distance of a position from the mean is the length of
 * `whitening` · (sliders − mean), its Mahalanobis distance.
 */
export interface Points {
  path: string
  count: number
  mean: number[]
  whitening: number[][]
  p99: number
  max: number
}
/**
 * The decoded sample of an example, which the page shows before the weights arrive.
 */
export interface Poster {
  text: string
  decoded: string
  sliders: number[]
}
/**
 * A file of the bundle.
 */
export interface File {
  path: string
  bytes: number
  sha256: string
}
