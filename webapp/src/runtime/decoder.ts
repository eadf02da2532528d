import { type File, filesOf, type Manifest, readWords, requireFile } from '../bundle/index.ts'
import type { DecodingMode } from '../decoding-mode.ts'
import { ZlideError } from '../errors.ts'
import type { Picture, Sentence } from '../samples/index.ts'
import { ImageDecoder } from './image.ts'
import { type DecodedLine, SentenceDecoder } from './sentence-decoder.ts'

/** A decoded sentence: its words, and its tokens with their confidence. */
export type DecodedSentence = Sentence & DecodedLine

/** z (B, Z), row by row → B samples. Decoders of pictures ignore the mode. */
export type Decoder = (
  z: Float32Array,
  count: number,
  mode?: DecodingMode,
) => Promise<(DecodedSentence | Picture)[]>

/** Return the files needed for the first decode: the decoder's and those of the first axes. */
export function decoderFiles(manifest: Manifest): File[] {
  const { decoder, tokens, axes } = manifest
  const graphs = decoder.kind === 'text' ? [decoder.start, decoder.step] : [decoder.image]
  return filesOf(manifest, ...graphs, axes[0].to, ...(tokens ? [tokens.vocabulary] : []))
}

/** Load the decoder. Throws a ZlideError for a file that is missing or that TensorFlow.js cannot load. */
export function loadDecoder(
  { decoder, tokens }: Manifest,
  files: Map<string, Uint8Array>,
): Decoder {
  if (decoder.kind === 'image') {
    const pictures = ImageDecoder.load(decoder, files)
    return (z, count) => pictures.decode(z, count)
  }
  if (!tokens)
    throw new ZlideError(
      'manifest.json',
      'tokens: expected a vocabulary for a text decoder, found none',
      'export the model again',
      { permanent: true },
    )
  const vocabulary = readWords(requireFile(files, tokens.vocabulary))
  const sentences = SentenceDecoder.load(decoder, tokens, files)
  const toSentence = (line: DecodedLine): DecodedSentence => ({
    kind: 'text',
    words: line.tokens.map((id) => vocabulary[id] as string),
    ...line,
  })
  return async (z, count, mode) => sentences.decode(z, count, mode).map(toSentence)
}
