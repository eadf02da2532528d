import { specs as added } from 'virtual:kinds'
import { findKind } from '../find-kind.ts'
import { image } from './image-spec.ts'
import type { Manifest } from './manifest.types.ts'
import type { GraphWidths, Spec } from './spec.ts'
import { text } from './text-spec.ts'

const SPECS: Readonly<Record<string, Spec>> = { image, text }

/** Return the specs from outside, each with its kind. Throws a ZlideError for one that the page has. */
export const addedSpecs = (): [string, Spec][] =>
  Object.keys(added ?? {}).map((kind) => [kind, findKind(kind, SPECS, added, 'specs')])

/** Return the spec of the kind of output that a manifest's decoder has. */
export const specOf = ({ decoder: { kind } }: Manifest): Spec =>
  findKind(kind, SPECS, added, 'specs')

/** Return the decoder's graphs and their widths. */
export const decoderGraphs = (manifest: Manifest): GraphWidths[] =>
  specOf(manifest).decoder(manifest)

/** Return the encoder's graphs and their widths; none without an encoder. */
export const encoderGraphs = (manifest: Manifest): GraphWidths[] =>
  (manifest.encoder && specOf(manifest).encoder?.(manifest)) ?? []
