import { ZlideError } from './errors.ts'

/**
 * Return the part of a kind of output, built in or from outside.
 *
 * name: the export of the file in `ZLIDE_KINDS` that has the parts from outside. Throws a ZlideError
 * for a kind without a part, and for one from outside with the name of a kind that is built in.
 */
export function findKind<T>(
  kind: string,
  builtIn: Readonly<Record<string, T>>,
  added: Readonly<Record<string, T>> | null | undefined,
  name: string,
): T {
  const [own, other] = [builtIn, added].map((parts) =>
    parts && Object.hasOwn(parts, kind) ? parts[kind] : undefined,
  )
  const found = own ?? other
  if (found && !(own && other)) return found
  throw new ZlideError(
    'ZLIDE_KINDS',
    found
      ? `expected a new kind in the export ${name}, found "${kind}", which the page has`
      : `expected "${kind}" in the export ${name}, found none`,
    `${found ? 'rename' : 'add'} it, and build the page again`,
    { permanent: true },
  )
}
