export type { EncoderInput } from './encoder.ts'
export type { Decoded, Located } from './runtime.ts'
export type { DecodedLine } from './sentence-decoder.ts'
export type { Service } from './worker.ts'
