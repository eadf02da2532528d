import type { Manifest } from '../bundle/index.ts'
import type { DecodingMode } from '../decoding-mode.ts'
import type { EncoderInput, Sample } from '../sample.ts'

/** z (B, Z), row by row → B samples. Decoders that cannot sample ignore the mode. */
export type Decoder<S extends Sample = Sample> = (
  z: Float32Array,
  count: number,
  mode?: DecodingMode,
) => Promise<S[]>

/** The input of an encoder → its posterior mean (Z). */
export type Encoder = (input: EncoderInput) => Promise<number[]>

/** The worker's part of one kind of output. */
export interface WorkerModality<S extends Sample = Sample> {
  /**
   * Load the decoder; `files` has its graphs and the vocabulary.
   *
   * Throws a ZlideError for a file that is missing or that TensorFlow.js cannot load.
   */
  loadDecoder(manifest: Manifest, files: Map<string, Uint8Array>): Decoder<S>

  /** Load the encoder; `files` has its graphs. Kinds without encoders leave it out. */
  loadEncoder?(manifest: Manifest, files: Map<string, Uint8Array>): Encoder

  /** Return whether the numbers of a sample are finite. */
  isFinite(sample: S): boolean
}
