import schema from '../../manifest.schema.json'
import { ZlideError } from '../errors.ts'
import { inconsistenciesWithin } from './consistency.ts'
import type { File, Graph, Manifest } from './manifest.types.ts'
import { type Schema, schemaProblems } from './schema-check.ts'
import type { Spec } from './spec.ts'
import { addedSpecs } from './specs.ts'

export type * from './manifest.types.ts'

/** The format that this page reads. */
export const FORMAT: string = schema.properties.format.const

const REMEDY = 'rebuild the site and its bundles with one version of “zlide build”'

/**
 * Parse a manifest that came from `where`, and check it against the schema and for consistency.
 *
 * Throws a ZlideError, which is permanent if the format is another one.
 */
export function parseManifest(text: string, where: string): Manifest {
  const data = parseJson(text, where)
  const format = (data as { format?: unknown } | null)?.format
  if (format !== FORMAT) {
    throw new ZlideError(
      where,
      `this page reads ${FORMAT}, found ${format === undefined ? 'no format' : String(format)}`,
      REMEDY,
      {
        permanent: true,
      },
    )
  }
  throwProblems(where, schemaProblems(data, withKinds(schema as Schema, addedSpecs())), REMEDY)
  throwProblems(where, inconsistenciesWithin(data as Manifest), 'export the model again')
  return data as Manifest
}

/** Add the schemas of kinds of output that the schema of the manifest does not have. */
function withKinds(schema: Schema, specs: [string, Spec][]): Schema {
  const whole = structuredClone(schema)
  const { decoder, encoder } = whole.properties as Record<string, Schema>
  for (const [kind, added] of specs) {
    if (!added.schema) continue
    Object.assign(whole.$defs as object, { [kind]: added.schema.decoder })
    Object.assign(decoder?.discriminator?.mapping as object, { [kind]: `#/$defs/${kind}` })
    if (added.schema.encoder) encoder?.anyOf?.push(added.schema.encoder)
  }
  return whole
}

/** Throw a ZlideError with the first five problems, if there are any. */
export function throwProblems(where: string, problems: string[], remedy: string): void {
  const { length } = problems
  if (length === 0) return
  const listed = problems.slice(0, 5).join(', ') + (length > 5 ? `, and ${length - 5} more` : '')
  throw new ZlideError(where, listed, remedy, { permanent: true })
}

/** Parse JSON that came from `where`. Throws a ZlideError if it is invalid. */
export function parseJson(text: string, where: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    throw new ZlideError(
      where,
      `expected JSON, found ${JSON.stringify(text.slice(0, 30))}…`,
      'check that this address serves the file itself',
    )
  }
}

/** Return the listed files of graphs (model.json and the shards beside it) and of single paths. */
export function filesOf(manifest: Manifest, ...parts: (Graph | string)[]): File[] {
  const isPart = (path: string) =>
    parts.some((part) =>
      typeof part === 'string' ? path === part : folder(path) === folder(part.path),
    )
  return manifest.files.filter((file) => isPart(file.path))
}

const folder = (path: string) => path.slice(0, path.lastIndexOf('/') + 1)
