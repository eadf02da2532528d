import { modalities as added } from 'virtual:kinds'
import type { Manifest } from '../bundle/index.ts'
import { findKind } from '../find-kind.ts'
import { createImage } from './image/index.ts'
import type { CreateModality, Modality } from './modality.ts'
import { createText } from './text/index.ts'

export type { Picture } from './image/picture.ts'
export type * from './modality.ts'
export type { Sentence } from './text/sentence.ts'

/** The modalities by kind of output, which is `decoder.kind` in a manifest. */
const MODALITIES: Readonly<Record<string, () => Promise<CreateModality>>> = {
  image: async () => createImage,
  text: async () => createText,
}

/**
 * Return the modality of the bundle at `base`. The code of kinds from outside is fetched now.
 *
 * Throws a ZlideError for a kind without a modality.
 */
export async function loadModality(manifest: Manifest, base: URL): Promise<Modality> {
  const load = findKind(manifest.decoder.kind, MODALITIES, added, 'modalities')
  return (await load())(manifest, base)
}
