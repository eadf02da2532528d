import {
  fetchFiles,
  filesOf,
  type Manifest,
  parseJson,
  requireFile,
  type Schema,
  schemaProblems,
  throwProblems,
} from '../bundle/index.ts'
import type { Example } from './example.ts'
import type { SampleReader } from './sample-reader.ts'

/**
 * Fetch the examples of a bundle with their pictures, in order; an empty list if it has none.
 *
 * Throws a ZlideError if they cannot be fetched or do not fit the manifest.
 */
export async function fetchExamples(
  base: URL,
  manifest: Manifest,
  reader: SampleReader,
): Promise<Example[]> {
  const { examples: path, pictures } = manifest
  if (path === null) return []
  const files = await fetchFiles(base, filesOf(manifest, path, ...(pictures ? [pictures] : [])))
  const data = parseJson(new TextDecoder().decode(requireFile(files, path)), path)
  throwProblems(
    path,
    schemaProblems(data, schemaFor(manifest.axes[0].axes.length, manifest.latent_size)),
    'export the model again',
  )
  const { examples } = data as { examples: Omit<Example, 'sample'>[] }
  const samples =
    pictures && reader.splitPictures
      ? await reader.splitPictures(pictures, requireFile(files, pictures), examples.length)
      : examples.map(({ text }) => reader.sampleOf(text))
  return examples.map((example, i) => ({ ...example, sample: samples[i] ?? null }))
}

function schemaFor(sliders: number, latent: number): Schema {
  const numbers = (count: number): Schema => ({
    type: 'array',
    items: { type: 'number' },
    minItems: count,
    maxItems: count,
  })
  const example: Schema = {
    type: 'object',
    required: ['text', 'sliders', 'residual'],
    properties: { text: { type: 'string' }, sliders: numbers(sliders), residual: numbers(latent) },
  }
  return {
    type: 'object',
    required: ['examples'],
    properties: { examples: { type: 'array', items: example, minItems: 1 } },
  }
}
