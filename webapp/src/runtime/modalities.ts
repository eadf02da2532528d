import { workerModalities as added } from 'virtual:kinds'
import { image } from './image.ts'
import type { WorkerModality } from './modality.ts'
import { text } from './text.ts'

/** The worker's modalities by kind of output, which is `decoder.kind` in a manifest. */
const MODALITIES: Readonly<Record<string, WorkerModality>> = { image, text }

/** Return the worker's modality of a kind. The code of kinds from outside is fetched now. */
export const loadWorkerModality = async (kind: string): Promise<WorkerModality> =>
  (MODALITIES[kind] ?? (await added?.[kind]?.())) as WorkerModality
