import { readFileSync } from 'node:fs'
import { expect, test } from 'vitest'
import { goldenText } from '../../test/golden.ts'
import { generate } from '../../types.js'
import { isPermanent } from '../errors.ts'
import { FORMAT, filesOf, parseManifest } from './manifest.ts'

const golden = goldenText('text/manifest.json')
const changed = (change: (manifest: Record<string, unknown>) => void) => {
  const manifest = JSON.parse(golden)
  change(manifest)
  return JSON.stringify(manifest)
}

test('parses an exported manifest', () => {
  const manifest = parseManifest(golden, 'manifest.json')
  expect(manifest.format).toBe(FORMAT)
  expect(manifest.decoder.kind).toBe('text')
})

test.each(Object.keys(JSON.parse(golden)).filter((key) => key !== 'format'))(
  'refuses a manifest with another name for %s',
  (key) => {
    const renamed = changed((manifest) => {
      manifest[`${key}s`] = manifest[key]
      delete manifest[key]
    })
    expect(() => parseManifest(renamed, 'm.json')).toThrow(`${key}: missing, ${key}s: not expected`)
  },
)

test('names a nested key that is missing and one that is unexpected', () => {
  const renamed = golden.replace('"stdev"', '"deviation"')
  expect(() => parseManifest(renamed, 'm.json')).toThrow(
    'm.json: axes.0.axes.0.stdev: missing, axes.0.axes.0.deviation: not expected; ',
  )
})

test('refuses a decoder without a kind', () => {
  const silent = changed((manifest) => {
    manifest.decoder = { ...(manifest.decoder as object), kind: undefined }
  })
  expect(() => parseManifest(silent, 'm.json')).toThrow(
    'decoder: expected kind to be one of image, text, found ',
  )
})

test('refuses values that the schema does not allow', () => {
  const wrong = changed((manifest) => {
    manifest.latent_size = 0
    manifest.precision = 'uint2'
    manifest.checkpoint = 'abc'
    manifest.axes = []
    manifest.decoder = { kind: 'sound' }
  })
  const message = [
    'latent_size: expected at least 1, found 0',
    'decoder: expected kind to be one of image, text, found {"kind":"sound"}',
    'axes: expected length at least 1, found 0',
    'precision: expected one of float32, float16, uint8, found "uint2"',
  ]
  for (const line of message) expect(() => parseManifest(wrong, 'm.json')).toThrow(line)
})

test('names both formats and how to rebuild, and offers no retry, for an older manifest', () => {
  const other = changed((manifest) => {
    manifest.format = 'zlide-bundle/1'
  })
  const error = thrown(() => parseManifest(other, 'm.json'))
  expect(error.message).toMatch(/^m\.json: .*zlide-bundle\/2, found zlide-bundle\/1; .*zlide build/)
  expect(isPermanent(error)).toBe(true)
})

test('refuses a file that is not JSON', () => {
  expect(() => parseManifest('<!doctype html>', 'm.json')).toThrow(
    'm.json: expected JSON, found "<!doctype html>"',
  )
})

test('lists the files of a graph with its shards', () => {
  const manifest = parseManifest(golden, 'm.json')
  expect(filesOf(manifest, manifest.axes[0].to).map((file) => file.path)).toEqual([
    'axes/pca/to/group1-shard1of1.bin',
    'axes/pca/to/model.json',
  ])
  expect(filesOf(manifest, 'vocabulary.txt').map((file) => file.path)).toEqual(['vocabulary.txt'])
})

test('the committed types match the schema', async () => {
  expect(
    readFileSync(new URL('./manifest.types.ts', import.meta.url), 'utf8'),
    'run `npm run types`',
  ).toBe(await generate())
})

function thrown(call: () => unknown): Error {
  try {
    call()
  } catch (error) {
    return error as Error
  }
  throw new Error('nothing was thrown')
}
