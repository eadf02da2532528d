import type { Manifest } from './manifest.ts'
import type { Example } from './state.ts'

/** What can be shown before the weights arrive: an example, and what it decodes to. Its residual comes with the examples. */
export function poster(manifest: Manifest): { example: Example; words: string[] } {
  const residual = Array<number>(manifest.latent).fill(0)
  const [first] = manifest.posters
  if (!first) return { example: { text: '', sliders: manifest.axes[0].axes.map(() => 0), residual }, words: [] }
  return { example: { text: first.text, sliders: first.sliders, residual }, words: first.decoded.split(' ').filter(Boolean) }
}

/** The example that the poster shows, with everything that belongs to it; the poster itself if the bundle has no such example. */
export const complete = (shown: Example, examples: readonly Example[]): Example =>
  examples.find((example) => example.text === shown.text) ?? examples[0] ?? shown
