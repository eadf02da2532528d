import { encoderGraphs, type Graph as GraphSpec, type Manifest } from '../bundle/index.ts'
import { ZlideError } from '../errors.ts'
import { loadWorkerModality } from './modalities.ts'
import type { Encoder } from './modality.ts'

/**
 * Load the encoder; `fetch` gets its graphs.
 *
 * Throws a ZlideError if the model has no encoder. The encoder throws one for an input of another kind.
 */
export async function loadEncoder(
  manifest: Manifest,
  fetch: (...graphs: GraphSpec[]) => Promise<Map<string, Uint8Array>>,
): Promise<Encoder> {
  const kind = manifest.encoder?.kind
  const { loadEncoder: load } = kind ? await loadWorkerModality(kind) : {}
  if (!load)
    throw new ZlideError('the encoder', 'this model has no encoder', '', { permanent: true })
  return load(manifest, await fetch(...encoderGraphs(manifest).map(({ graph }) => graph)))
}
