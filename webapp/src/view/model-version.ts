import { sha256 } from '@noble/hashes/sha2.js'
import { bytesToHex, utf8ToBytes } from '@noble/hashes/utils.js'
import type { Manifest } from '../bundle/index.ts'
import type { Example } from '../samples/index.ts'

const versions = new WeakMap<readonly Example[], string>()

/**
 * Return eight digits that identify a version of a model: its graphs and the texts of its examples.
 *
 * Coordinates of examples and the probe are left out, because they differ between two machines.
 */
export function modelVersion(manifest: Manifest, examples: readonly Example[]): string {
  const known = versions.get(examples) // a view is encoded after every decode
  if (known !== undefined) return known
  const computed = [manifest.examples, manifest.probe]
  const hashes = manifest.files
    .filter(({ path }) => !computed.includes(path))
    .map(({ sha256 }) => sha256)
  const text = [...hashes, ...examples.map(({ text }) => text)].join('\n')
  const version = bytesToHex(sha256(utf8ToBytes(text))).slice(0, 8)
  versions.set(examples, version)
  return version
}
