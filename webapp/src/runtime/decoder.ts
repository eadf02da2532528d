import { ZlideError } from '../errors.ts'
import { type File, filesOf, type Manifest, type Tokens } from '../manifest.ts'
import { readWords } from '../misfits.ts'
import type { Picture, Sentence } from '../sample.ts'
import { Painter } from './image.ts'
import { TextWriter } from './text.ts'

/** A sentence as it was decoded: its token ids too, without begin and end. */
export interface Written extends Sentence {
  tokens: number[]
}

/** z (B, Z), one row after the other → B samples. */
export type Decoder = (z: Float32Array, count: number) => (Written | Picture)[]

/** The files that have to arrive before anything can be decoded: the decoder's, and where the first set of axes leads to. */
export function decoderFiles(manifest: Manifest): File[] {
  const { decoder, tokens, axes } = manifest
  const graphs = decoder.kind === 'text' ? [decoder.start, decoder.step] : [decoder.image]
  return filesOf(manifest, ...graphs, axes[0].to, ...(tokens ? [tokens.vocabulary] : []))
}

/** The decoder that the manifest describes. Throws a ZlideError where a file is missing or none that TensorFlow.js can load. */
export function loadDecoder({ decoder, tokens }: Manifest, files: Map<string, Uint8Array>): Decoder {
  if (decoder.kind === 'image') {
    const painter = Painter.load(decoder, files)
    return (z, count) => painter.paint(z, count)
  }
  if (!tokens)
    throw new ZlideError('manifest.json', 'tokens: missing, a decoder of text needs them', 'export the model again', { lasting: true })
  const vocabulary = readVocabulary(tokens, files)
  const writer = TextWriter.load(decoder, tokens, files)
  const written = (tokens: number[]): Written => ({ kind: 'text', tokens, words: tokens.map((id) => vocabulary[id] as string) })
  return (z, count) => writer.write(z, count).map(written)
}

function readVocabulary(tokens: Tokens, files: Map<string, Uint8Array>): string[] {
  const bytes = files.get(tokens.vocabulary)
  if (!bytes) throw new ZlideError(tokens.vocabulary, 'the manifest does not list this file', 'export the model again', { lasting: true })
  return readWords(bytes)
}
