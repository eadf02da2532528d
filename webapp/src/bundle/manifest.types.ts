// Generated from manifest.schema.json by `npm run types`. Do not edit.

/**
 * `manifest.json`: all that the page must know about a model.
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
  files: File[]
  versions: {
    [k: string]: string
  }
}
/**
 * start: z → state…; step: token, state… → logits, greedy token, state…
 */
export interface TextDecoder {
  kind: 'text'
  start: Graph
  step: Graph
}
/**
 * A TensorFlow.js graph model: where it is, and its inputs and outputs in the order of the contract.
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
 * Of a picture: pixels high and wide, and channels: 1 for grey, 3 for red, green, blue.
 */
export interface Size {
  height: number
  width: number
  channels: 1 | 3
}
/**
 * start: token → state… (of the token only the batch counts); read: forward token, backward token, state… → state…;
 * finish: state… → posterior mean (B, Z). The page reads the words alone, without begin and end.
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
 * Whatever a reader gives is cropped around its centre to `aspect`, width by height, and scaled to `size`, as the training frames were:
 * each pixel is the triangle-weighted mean of what it covers.
 */
export interface ImageEncoder {
  kind: 'image'
  image: Graph
  size: Size
  aspect: number
}
/**
 * The vocabulary, one word a line, line number = id, and how a sentence begins and ends.
 */
export interface Tokens {
  vocabulary: string
  begin: number
  end: number
  max_length: number
  lower: boolean
}
/**
 * Sliders in σ ↔ z: to: sliders (B, K), residual (B, Z) → z (B, Z); from: z → sliders, residual.
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
export interface Axis {
  name: string
  note: string | null
  stdev: number
  share: number | null
}
/**
 * Where encoded training samples lie on a set of K axes, and how far from them a position is.
 *
 * path: a row of K whole numbers for each of `count` samples: little-endian, 16 bits with a sign, in thousandths of σ; no numbers lie
 * beyond ±32.767 σ. A position is as far out as the vector `whitening` · (sliders − mean) is long, which is its Mahalanobis distance.
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
 * What an example decodes to: something to look at before the weights arrive.
 */
export interface Poster {
  text: string
  decoded: string
  sliders: number[]
}
export interface File {
  path: string
  bytes: number
  sha256: string
}
