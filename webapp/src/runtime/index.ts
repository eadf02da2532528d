export type { EncoderInput } from './encoder.ts'
export type { Decoded, Located } from './runtime.ts'
export type { DecodedLine } from './text.ts'
export type { Service } from './worker.ts'
