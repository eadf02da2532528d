import {
  type DecodedTokens,
  readWords,
  requireFile,
  type TextDecoder as TextDecoderSpec,
  type TextEncoder as TextEncoderSpec,
} from '../bundle/index.ts'
import { ZlideError } from '../errors.ts'
import type { Sentence } from '../modalities/index.ts'
import type { WorkerModality } from './modality.ts'
import { SentenceDecoder } from './sentence-decoder.ts'
import { SentenceEncoder } from './sentence-encoder.ts'

/** A decoded sentence: its words, and its tokens with their confidence. */
type DecodedSentence = Sentence & DecodedTokens

/** Sentences. */
export const text: WorkerModality<DecodedSentence> = {
  loadDecoder({ decoder, tokens }, files) {
    if (!tokens)
      throw new ZlideError(
        'manifest.json',
        'tokens: expected a vocabulary for a text decoder, found none',
        'export the model again',
        { permanent: true },
      )
    const vocabulary = readWords(requireFile(files, tokens.vocabulary))
    const sentences = SentenceDecoder.load(decoder as TextDecoderSpec, tokens, files)
    const toSentence = (line: DecodedTokens): DecodedSentence => ({
      kind: 'text',
      words: line.tokens.map((id) => vocabulary[id] as string),
      ...line,
    })
    return async (z, count, mode) => sentences.decode(z, count, mode).map(toSentence)
  },
  loadEncoder({ encoder }, files) {
    const sentences = SentenceEncoder.load(encoder as TextEncoderSpec, files)
    return async (input) => {
      if ('kind' in input)
        throw new ZlideError(
          'the encoder',
          `expected words, found a sample of kind ${input.kind}`,
          '',
          {
            permanent: true,
          },
        )
      return sentences.encode(input)
    }
  },
  isFinite: ({ confidence = [], ending = 0 }) => [...confidence, ending].every(Number.isFinite),
}
