import type { Manifest } from '../bundle/index.ts'
import type { Sample } from '../sample.ts'
import type { Example } from './example.ts'
import type { SampleReader } from './sample-reader.ts'

/** Return an example and its decoded sample, to show before the weights arrive. Its residual is 0 until the examples arrive. */
export function poster(
  manifest: Manifest,
  reader: SampleReader,
): { example: Example; sample: Sample | null } {
  const residual = Array<number>(manifest.latent_size).fill(0)
  const [first] = manifest.posters
  if (!first)
    return {
      example: { text: '', sliders: manifest.axes[0].axes.map(() => 0), residual, sample: null },
      sample: null,
    }
  const { text, sliders, decoded } = first
  return {
    example: { text, sliders, residual, sample: reader.sampleOf(text) },
    sample: reader.parsePoster(decoded),
  }
}

/** Return the example that the poster shows; otherwise the first one, or the poster itself. */
export const exampleOfPoster = (shown: Example, examples: readonly Example[]): Example =>
  examples.find((example) => example.text === shown.text) ?? examples[0] ?? shown
