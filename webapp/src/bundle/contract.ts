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

/** What the manifest says about one kind of output. Its part of the manifest fits the schema. */
export interface Contract {
  /** The schemas of the decoder and the encoder, if manifest.schema.json does not have the kind. */
  schema?: { decoder: Schema; encoder?: Schema }

  /** Return the contracts of the decoder's graphs. */
  decoder(manifest: Manifest): GraphContract[]

  /** Return the contracts of the encoder's graphs. Kinds without encoders leave it out. */
  encoder?(manifest: Manifest): GraphContract[]

  /** Return the bytes that a poster has in base64. Kinds whose posters are text leave it out. */
  posterBytes?(manifest: Manifest): number

  /** Return what else is inconsistent with the files fetched yet, one line each. */
  inconsistencies?(manifest: Manifest, files: Map<string, Uint8Array>): string[]
}
