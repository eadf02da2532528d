import { fetchFiles } from './bundle.ts'
import { ZlideError } from './errors.ts'
import { filesOf, type Manifest, parseJson, refuse } from './manifest.ts'
import { problems, type Schema } from './schema.ts'
import type { Example } from './state.ts'

/** The examples of a bundle, in its order; none if it carries none. Throws a ZlideError if they do not fit the manifest. */
export async function fetchExamples(base: URL, manifest: Manifest): Promise<Example[]> {
  const path = manifest.examples
  if (path === null) return []
  const bytes = (await fetchFiles(base, filesOf(manifest, path))).get(path)
  if (!bytes) throw new ZlideError(path, 'the manifest does not list this file', 'export the model again', { lasting: true })
  const data = parseJson(new TextDecoder().decode(bytes), path)
  refuse(path, problems(data, schemaFor(manifest.axes[0].axes.length, manifest.latent)), 'export the model again')
  return (data as { examples: Example[] }).examples
}

function schemaFor(sliders: number, latent: number): Schema {
  const numbers = (count: number): Schema => ({ type: 'array', items: { type: 'number' }, minItems: count, maxItems: count })
  const example: Schema = {
    type: 'object',
    required: ['text', 'sliders', 'residual'],
    properties: { text: { type: 'string' }, sliders: numbers(sliders), residual: numbers(latent) },
  }
  return { type: 'object', required: ['examples'], properties: { examples: { type: 'array', items: example, minItems: 1 } } }
}
