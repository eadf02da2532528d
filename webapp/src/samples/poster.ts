import type { Manifest } from '../bundle/index.ts'
import type { Example } from './example.ts'
import { fromBytes, type Sample } from './sample.ts'
import { tokenize } from './tokenize.ts'

/** Return an example and its decoded sample, to show before the weights arrive. Its residual is 0 until the examples arrive. */
export function poster(manifest: Manifest): { example: Example; sample: Sample | null } {
  const residual = Array<number>(manifest.latent_size).fill(0)
  const [first] = manifest.posters
  if (!first)
    return {
      example: { text: '', sliders: manifest.axes[0].axes.map(() => 0), residual, sample: null },
      sample: null,
    }
  const { text, sliders, decoded } = first
  return {
    example: { text, sliders, residual, sample: sampleFromText(text, manifest) },
    sample: parseDecoded(decoded, manifest),
  }
}

/** Return the sample of an example's text; null for pictures, whose text is only a name. */
export const sampleFromText = (text: string, { tokens }: Manifest): Sample | null =>
  tokens && {
    kind: 'text',
    words: tokenize(text, tokens),
    source: { kind: 'given', text, lower: tokens.lower },
  }

/** Return the example that the poster shows; otherwise the first one, or the poster itself. */
export const exampleOfPoster = (shown: Example, examples: readonly Example[]): Example =>
  examples.find((example) => example.text === shown.text) ?? examples[0] ?? shown

function parseDecoded(decoded: string, { decoder }: Manifest): Sample {
  if (decoder.kind === 'text') return { kind: 'text', words: decoded.split(' ').filter(Boolean) }
  return fromBytes(
    Array.from(atob(decoded), (byte) => byte.charCodeAt(0)),
    decoder.size,
  )
}
