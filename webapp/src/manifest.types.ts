// Generated from manifest.schema.json by `npm run types`. Do not edit.

/**
 * `manifest.json`: all that the page must know about a model.
 */
export interface Manifest {
  format: 'zlide-bundle/1'
  name: string
  title: string
  licence: string | null
  latent: number
  decoder: TextDecoder | ImageDecoder
  encoder: TextEncoder | ImageEncoder | null
  tokens: Tokens | null
  /**
   * @minItems 1
   */
  axes: [AxesSet, ...AxesSet[]]
  examples: string | null
  posters: Poster[]
  probe: string
  rounding: 'float32' | 'float16'
  checkpoint: string | null
  files: File[]
  made: {
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
 */
export interface ImageEncoder {
  kind: 'image'
  image: Graph
}
/**
 * The vocabulary, one word a line, line number = id, and how a sentence begins and ends.
 */
export interface Tokens {
  vocabulary: string
  begin: number
  end: number
  longest: number
  lower: boolean
}
/**
 * Sliders in σ ↔ z: to: sliders (B, K), residual (B, Z) → z (B, Z); from: z → sliders, residual.
 */
export interface AxesSet {
  name: string
  shown: number
  range: number
  axes: Axis[]
  to: Graph
  from: Graph
}
export interface Axis {
  name: string
  stdev: number
  share: number | null
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
