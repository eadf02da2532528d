export { Graph } from './graph.ts'
export type { WorkerModality } from './modality.ts'
export type { Decoded, Located } from './runtime.ts'
export type { Service } from './worker.ts'
