import type { Manifest } from '../bundle/index.ts'
import type { Example } from './example.ts'
import { fromBytes, type Sample } from './sample.ts'
import { tokenize } from './tokenize.ts'

/** What can be shown before the weights arrive: an example, and what it decodes to. Its residual comes with the examples. */
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

/** What the text of an example says about it: of sentences everything, of pictures only what they are called. */
export const sampleFromText = (text: string, { tokens }: Manifest): Sample | null =>
  tokens && {
    kind: 'text',
    words: tokenize(text, tokens),
    source: { kind: 'given', text, lower: tokens.lower },
  }

/** The example that the poster shows, with everything that belongs to it; the poster itself if the bundle has no such example. */
export const exampleOfPoster = (shown: Example, examples: readonly Example[]): Example =>
  examples.find((example) => example.text === shown.text) ?? examples[0] ?? shown

function parseDecoded(decoded: string, { decoder }: Manifest): Sample {
  if (decoder.kind === 'text') return { kind: 'text', words: decoded.split(' ').filter(Boolean) }
  return fromBytes(
    Array.from(atob(decoded), (byte) => byte.charCodeAt(0)),
    decoder.size,
  )
}
