import { contracts as added } from 'virtual:kinds'
import type { Contract, GraphContract } from './contract.ts'
import { image } from './image-contract.ts'
import type { Manifest } from './manifest.types.ts'
import { text } from './text-contract.ts'

/** The contracts by kind of output, which is `decoder.kind` in a manifest. */
const CONTRACTS: Readonly<Record<string, Contract>> = { ...added, image, text }

/** Return the contract of the kind of output that a manifest's decoder has. */
export const contractOf = ({ decoder }: Manifest): Contract => CONTRACTS[decoder.kind] as Contract

/** Return the contracts of the decoder's graphs. */
export const decoderGraphs = (manifest: Manifest): GraphContract[] =>
  contractOf(manifest).decoder(manifest)

/** Return the contracts of the encoder's graphs; none without an encoder. */
export const encoderGraphs = (manifest: Manifest): GraphContract[] =>
  (manifest.encoder && CONTRACTS[manifest.encoder.kind]?.encoder?.(manifest)) ?? []
