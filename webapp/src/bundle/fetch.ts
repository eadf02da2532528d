import { sha256 } from '@noble/hashes/sha2.js' // crypto.subtle is missing on plain http
import { bytesToHex } from '@noble/hashes/utils.js'
import { ZlideError } from '../errors.ts'
import { download, readableUrl } from './download.ts'
import { type File, type Manifest, parseManifest } from './manifest.ts'

/** The progress of a download, in bytes. */
export interface Progress {
  received: number
  total: number
}

/** Number of parallel downloads. Browsers open six connections to a host, and a queued one would look stalled. */
const CONNECTIONS = 4

/**
 * Fetch and check `manifest.json` of the bundle at `base`.
 *
 * It is revalidated every time; the other files have a hash in their URL. Throws a ZlideError.
 */
export async function fetchManifest(base: URL): Promise<Manifest> {
  const url = new URL('manifest.json', base)
  const bytes = await download(url, { cache: 'no-cache' })
  return parseManifest(new TextDecoder().decode(bytes), readableUrl(url))
}

/**
 * Fetch files of the bundle at `base`, check their length and SHA-256, and return their bytes by path.
 *
 * Throws a ZlideError for the first file that is missing, stalled or damaged, and aborts the others.
 */
export async function fetchFiles(
  base: URL,
  files: File[],
  progress: (progress: Progress) => void = () => {},
): Promise<Map<string, Uint8Array>> {
  const stop = new AbortController()
  const total = files.reduce((sum, file) => sum + file.bytes, 0)
  const found = new Map<string, Uint8Array>()
  const queue = files.values() // shared by the connections
  let received = 0
  const fetchQueued = async () => {
    for (const file of queue) {
      const url = fileUrl(base, file)
      const bytes = await download(url, { signal: stop.signal }, (bytes) => {
        received += bytes
        progress({ received, total })
      })
      found.set(file.path, await check(bytes, file, url, stop.signal))
    }
  }
  progress({ received, total })
  try {
    await Promise.all(Array.from({ length: CONNECTIONS }, fetchQueued))
  } finally {
    stop.abort()
  }
  return found
}

/** Return a fetched file. Throws a ZlideError if the manifest names it but does not list it. */
export function requireFile(files: Map<string, Uint8Array>, path: string): Uint8Array {
  const bytes = files.get(path)
  if (!bytes)
    throw new ZlideError(path, 'the manifest does not list this file', 'export the model again', {
      permanent: true,
    })
  return bytes
}

/** Return the bytes if they are the exported ones; otherwise fetch them again, past caches that may be stale. */
async function check(
  bytes: Uint8Array,
  file: File,
  url: URL,
  signal: AbortSignal,
): Promise<Uint8Array> {
  if (mismatch(bytes, file) === null) return bytes
  const again = await download(url, { signal, cache: 'reload' })
  const problem = mismatch(again, file)
  if (problem === null) return again
  throw new ZlideError(
    readableUrl(url),
    problem,
    'retry, or publish the file and the manifest of one export',
  )
}

/** Return how the bytes differ from the manifest, or null. */
function mismatch(bytes: Uint8Array, file: File): string | null {
  if (bytes.length !== file.bytes) return `expected ${file.bytes} bytes, found ${bytes.length}`
  const hash = bytesToHex(sha256(bytes))
  return hash === file.sha256
    ? null
    : `expected SHA-256 ${file.sha256.slice(0, 12)}…, found ${hash.slice(0, 12)}…`
}

/** Return a file's URL. It contains the hash, so no cache can return the file of an earlier export. */
function fileUrl(base: URL, file: File): URL {
  const url = new URL(file.path, base)
  if (!url.href.startsWith(base.href))
    throw new ZlideError(file.path, 'leads out of the bundle', 'export the model again', {
      permanent: true,
    })
  url.searchParams.set('sha256', file.sha256.slice(0, 16))
  return url
}
