import { specs as added } from 'virtual:kinds'
import { image } from './image-spec.ts'
import type { Manifest } from './manifest.types.ts'
import type { GraphWidths, Spec } from './spec.ts'
import { text } from './text-spec.ts'

/** The specs by kind of output, which is `decoder.kind` in a manifest. */
const SPECS: Readonly<Record<string, Spec>> = { ...added, image, text }

/** Return the spec of the kind of output that a manifest's decoder has. */
export const specOf = ({ decoder }: Manifest): Spec => SPECS[decoder.kind] as Spec

/** Return the decoder's graphs and their widths. */
export const decoderGraphs = (manifest: Manifest): GraphWidths[] =>
  specOf(manifest).decoder(manifest)

/** Return the encoder's graphs and their widths; none without an encoder. */
export const encoderGraphs = (manifest: Manifest): GraphWidths[] =>
  (manifest.encoder && specOf(manifest).encoder?.(manifest)) ?? []
