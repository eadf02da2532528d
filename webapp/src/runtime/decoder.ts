import { type File, filesOf, type Manifest, readWords, type Tokens } from '../bundle/index.ts'
import type { DecodingMode } from '../decoding-mode.ts'
import { ZlideError } from '../errors.ts'
import type { Picture, Sentence } from '../samples/index.ts'
import { Painter } from './image.ts'
import { type DecodedLine, TextWriter } from './text.ts'

/** A sentence as it was decoded. */
export type DecodedSentence = Sentence & DecodedLine

/** z (B, Z), one row after the other → B samples; how sentences are written means nothing to pictures. */
export type Decoder = (
  z: Float32Array,
  count: number,
  writing?: DecodingMode,
) => Promise<(DecodedSentence | Picture)[]>

/** The files that have to arrive before anything can be decoded: the decoder's, and where the first set of axes leads to. */
export function decoderFiles(manifest: Manifest): File[] {
  const { decoder, tokens, axes } = manifest
  const graphs = decoder.kind === 'text' ? [decoder.start, decoder.step] : [decoder.image]
  return filesOf(manifest, ...graphs, axes[0].to, ...(tokens ? [tokens.vocabulary] : []))
}

/** The decoder that the manifest describes. Throws a ZlideError where a file is missing or none that TensorFlow.js can load. */
export function loadDecoder(
  { decoder, tokens }: Manifest,
  files: Map<string, Uint8Array>,
): Decoder {
  if (decoder.kind === 'image') {
    const painter = Painter.load(decoder, files)
    return (z, count) => painter.paint(z, count)
  }
  if (!tokens)
    throw new ZlideError(
      'manifest.json',
      'tokens: missing, a decoder of text needs them',
      'export the model again',
      { permanent: true },
    )
  const vocabulary = readVocabulary(tokens, files)
  const writer = TextWriter.load(decoder, tokens, files)
  const written = (line: DecodedLine): DecodedSentence => ({
    kind: 'text',
    words: line.tokens.map((id) => vocabulary[id] as string),
    ...line,
  })
  return async (z, count, writing) => writer.decode(z, count, writing).map(written)
}

function readVocabulary(tokens: Tokens, files: Map<string, Uint8Array>): string[] {
  const bytes = files.get(tokens.vocabulary)
  if (!bytes)
    throw new ZlideError(
      tokens.vocabulary,
      'the manifest does not list this file',
      'export the model again',
      { permanent: true },
    )
  return readWords(bytes)
}
