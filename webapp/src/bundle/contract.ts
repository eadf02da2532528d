import type { Sample } from '../sample.ts'
import type { Graph, Manifest } from './manifest.types.ts'
import type { Schema } from './schema-check.ts'

/** The width of each input or output of a graph; null if the contract leaves it open. */
type Widths = (number | null)[]

/** The contract of a graph; `name` is its key in the manifest. */
export interface GraphContract {
  name: string
  graph: Graph
  inputs: Widths
  outputs: Widths
}

/** The contract of a bundle with one kind of output, whose manifest fits the schema. */
export interface Contract {
  /** The schemas of the decoder and the encoder, if manifest.schema.json does not have the kind. */
  schema?: { decoder: Schema; encoder?: Schema }

  /** Return the contracts of the decoder's graphs. */
  decoder(manifest: Manifest): GraphContract[]

  /** Return the contracts of the encoder's graphs. Kinds without encoders leave it out. */
  encoder?(manifest: Manifest): GraphContract[]

  /** Return the bytes that a poster has in base64. Kinds whose posters are text leave it out. */
  posterBytes?(manifest: Manifest): number

  /** The numbers of a sample, which `zlide verify` compares. Kinds with tokens leave it out. */
  values?: Values

  /** Return what else is inconsistent with the files fetched yet, one line each. */
  inconsistencies?(manifest: Manifest, files: Map<string, Uint8Array>): string[]
}

/** The numbers of a sample, in order. */
export interface Values<S extends Sample = Sample> {
  of(sample: S): Float32Array

  /** Return the sample with these values, to encode it. */
  toSample(values: Float32Array, shape: readonly number[]): S
}
