import { modalities as added } from 'virtual:kinds'
import type { Manifest } from '../bundle/index.ts'
import { createImage } from './image/index.ts'
import type { CreateModality, Modality } from './modality.ts'
import { createText } from './text/index.ts'

export type { Picture } from './image/picture.ts'
export type * from './modality.ts'
export type { Sentence } from './text/sentence.ts'

/** The modalities by kind of output, which is `decoder.kind` in a manifest. */
const MODALITIES: Readonly<Record<string, CreateModality>> = {
  image: createImage,
  text: createText,
}

/** Return the modality of the bundle at `base`. The code of kinds from outside is fetched now. */
export async function loadModality(manifest: Manifest, base: URL): Promise<Modality> {
  const { kind } = manifest.decoder
  const create = MODALITIES[kind] ?? (await added?.[kind]?.())
  return (create as CreateModality)(manifest, base)
}
