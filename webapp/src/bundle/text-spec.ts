import type { Sample } from '../sample.ts'
import { readModel, widthOf } from './graph-model.ts'
import type { Manifest, TextDecoder as TextDecoderSpec, TextEncoder } from './manifest.types.ts'
import type { DecodedTokens, Spec } from './spec.ts'
import { readWords } from './vocabulary.ts'

/** Graphs that carry a state from token to token, and a vocabulary. */
export const text: Spec = {
  decoder({ decoder, latent_size: latent }) {
    const { start, step } = decoder as TextDecoderSpec
    const state = open(start.outputs)
    return [
      { name: 'decoder.start', graph: start, inputs: [latent], outputs: state },
      {
        name: 'decoder.step',
        graph: step,
        inputs: [null, ...state],
        outputs: [null, null, ...state],
      },
    ]
  },
  encoder({ encoder, latent_size: latent }) {
    const { start, read, finish } = encoder as TextEncoder
    const state = open(start.outputs)
    return [
      { name: 'encoder.start', graph: start, inputs: [null], outputs: state },
      { name: 'encoder.read', graph: read, inputs: [null, null, ...state], outputs: state },
      { name: 'encoder.finish', graph: finish, inputs: state, outputs: [latent] },
    ]
  },
  tokensOf: (sample) => sample as Sample & DecodedTokens,
  inconsistencies,
}

const open = (names: string[]): null[] => names.map(() => null)

/** Compare the vocabulary with the logits and the special tokens. */
function inconsistencies({ decoder, tokens }: Manifest, files: Map<string, Uint8Array>): string[] {
  const bytes = tokens && files.get(tokens.vocabulary)
  if (!bytes) return []
  const count = readWords(bytes).length
  const { step } = decoder as TextDecoderSpec
  const model = readModel(step, files)
  const width = model && widthOf(step.outputs[0] as string, model)
  if (width !== null && width !== count)
    return [
      `${tokens.vocabulary}: expected ${width} words, one per logit of ${step.path}, found ${count}`,
    ]
  return (['begin', 'end'] as const).flatMap((name) =>
    tokens[name] < count
      ? []
      : [
          `tokens.${name}: expected an id below ${count}, the words of ${tokens.vocabulary}, found ${tokens[name]}`,
        ],
  )
}
