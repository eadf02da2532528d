export type { BackendSelector } from './backend-selector.ts'
export { LatestQueue } from './latest-queue.ts'
export { type BackendName, type Decoded, type Located, Model } from './model.ts'
