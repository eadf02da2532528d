import schema from '../../manifest.schema.json'
import { ZlideError } from '../errors.ts'
import { inconsistenciesWithin } from './consistency.ts'
import type { File, Graph, Manifest } from './manifest.types.ts'
import { type Schema, schemaProblems } from './schema-check.ts'

export type * from './manifest.types.ts'

/** The only format that this page reads. */
export const FORMAT: string = schema.properties.format.const

const REMEDY = 'export the model and publish this page with the same version of zlide'

/**
 * Read the text of a `manifest.json`, which came from `where`, and refuse what the schema does not allow, or what contradicts itself.
 *
 * Throws a ZlideError: lasting if the format is another one, since no retry makes an old page read a new bundle.
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
  throwProblems(where, schemaProblems(data, schema as Schema), REMEDY)
  throwProblems(where, inconsistenciesWithin(data as Manifest), 'export the model again')
  return data as Manifest
}

/** Throw a ZlideError that names these problems of `where`, if there are any. */
export function throwProblems(where: string, found: string[], remedy: string): void {
  if (found.length === 0) return
  const named =
    found.slice(0, 5).join(', ') + (found.length > 5 ? `, and ${found.length - 5} more` : '')
  throw new ZlideError(where, named, remedy, { permanent: true })
}

/** Parse JSON, or say in words that `where` is none. */
export function parseJson(text: string, where: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    throw new ZlideError(
      where,
      `expected JSON, found ${JSON.stringify(text.slice(0, 30))}…`,
      'does this address lead to the file itself?',
    )
  }
}

/** The files of some graphs (each model.json and the shards beside it) and of single paths, as the manifest lists them. */
export function filesOf(manifest: Manifest, ...parts: (Graph | string)[]): File[] {
  const wanted = (path: string) =>
    parts.some((part) =>
      typeof part === 'string' ? path === part : folder(path) === folder(part.path),
    )
  return manifest.files.filter((file) => wanted(file.path))
}

const folder = (path: string) => path.slice(0, path.lastIndexOf('/') + 1)
