import { expect, test } from 'vitest'
import { staleAssets, staleFiles, staleModels } from './cache-eviction.ts'

const SITE = 'https://host/blog/zlide/'
const one = `${SITE}models/one/decoder/model.json?sha256=0123456789abcdef`
const old = `${SITE}models/one/decoder/model.json?sha256=ffffffffffffffff`
const gone = `${SITE}models/one/gone.bin?sha256=0123456789abcdef`
const other = `${SITE}models/other/decoder/model.json?sha256=ffffffffffffffff`
const manifests = [`${SITE}models/one/manifest.json`, `${SITE}models/other/manifest.json`]
const kept = [
  SITE,
  `${SITE}assets/a-1.js`,
  `${SITE}assets/b-2.js`,
  ...manifests,
  one,
  old,
  gone,
  other,
]

test('evicts files that the manifest lists with another hash, or not at all', () => {
  const files = [{ path: 'decoder/model.json', sha256: `0123456789abcdef${'0'.repeat(48)}` }]
  expect(staleFiles(kept, `${SITE}models/one/manifest.json`, files)).toEqual([old, gone])
})

test('evicts all files of a model that is no longer listed, its manifest too', () => {
  expect(staleModels(kept, `${SITE}models.json`, ['models/one/'])).toEqual([
    `${SITE}models/other/manifest.json`,
    other,
  ])
  expect(staleModels(kept, `${SITE}models.json`, ['models/one/', 'models/other/'])).toEqual([])
})

test('evicts assets of another build', () => {
  expect(staleAssets(kept, SITE, ['assets/b-2.js'])).toEqual([`${SITE}assets/a-1.js`])
})

test('keeps the files of another site on the same host', () => {
  const neighbour = kept.map((address) => address.replace('/zlide/', '/zlide-two/'))
  expect(staleFiles(neighbour, `${SITE}models/one/manifest.json`, [])).toEqual([])
  expect(staleAssets(neighbour, SITE, [])).toEqual([])
})
