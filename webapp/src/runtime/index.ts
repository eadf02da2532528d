export type { Given } from './encoder.ts'
export type { Decoded, Located } from './runtime.ts'
export type { Line } from './text.ts'
export type { Service } from './worker.ts'
