/** The output of a decoder. Each kind of output adds its own data. */
export interface Sample {
  readonly kind: string // `decoder.kind` in the manifest
}

/** An input of an encoder: the token ids of one sentence, without begin and end, or a sample. */
export type EncoderInput = readonly number[] | Sample
