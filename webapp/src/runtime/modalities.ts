import { workerModalities as added } from 'virtual:kinds'
import { findKind } from '../find-kind.ts'
import { image } from './image.ts'
import type { WorkerModality } from './modality.ts'
import { text } from './text.ts'

/** The worker's modalities by kind of output, which is `decoder.kind` in a manifest. */
const MODALITIES: Readonly<Record<string, () => Promise<WorkerModality>>> = {
  image: async () => image,
  text: async () => text,
}

/**
 * Return the worker's modality of a kind. The code of kinds from outside is fetched now.
 *
 * Throws a ZlideError for a kind without one.
 */
export const loadWorkerModality = async (kind: string): Promise<WorkerModality> =>
  findKind(kind, MODALITIES, added, 'workerModalities')()
