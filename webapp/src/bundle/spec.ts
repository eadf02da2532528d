import type { Sample } from '../sample.ts'
import type { Graph, Manifest } from './manifest.types.ts'
import type { Schema } from './schema-check.ts'

/** The width of each input or output of a graph; null if the spec leaves it open. */
type Widths = (number | null)[]

/** A graph and the widths of its inputs and outputs; `name` is its key in the manifest. */
export interface GraphWidths {
  name: string
  graph: Graph
  inputs: Widths
  outputs: Widths
}

/** The spec of one kind of output: what its bundles have to hold. */
export interface Spec {
  /** The schemas of the decoder and the encoder, if manifest.schema.json does not have the kind. */
  schema?: { decoder: Schema; encoder?: Schema }

  /** Return the decoder's graphs and their widths. */
  decoder(manifest: Manifest): GraphWidths[]

  /** Return the encoder's graphs and their widths. Kinds without encoders leave it out. */
  encoder?(manifest: Manifest): GraphWidths[]

  /** Return the bytes that a poster has in base64. Kinds whose posters are text leave it out. */
  posterBytes?(manifest: Manifest): number

  /** The numbers of a sample, which `zlide verify` compares. Kinds of sentences leave it out. */
  values?: Values

  /** Return the tokens of a sample, which `zlide verify` compares. Kinds with values leave it out. */
  tokensOf?(sample: Sample): DecodedTokens

  /** Return what else is inconsistent with the files fetched yet, one line each. */
  inconsistencies?(manifest: Manifest, files: Map<string, Uint8Array>): string[]
}

/** A sentence as token ids, without begin and end. */
export interface DecodedTokens {
  tokens: number[]
  confidence?: number[] // of each token, if a mode was given
  ending?: number // confidence of the end token, if the sentence reached it
  margins?: number[] // of each draw, the end token's included: its distance from another token
}

/** The numbers of a sample, in order. */
export interface Values<S extends Sample = Sample> {
  of(sample: S): Float32Array

  /** Return the sample with these values, to encode it. */
  toSample(values: Float32Array, shape: readonly number[]): S
}
