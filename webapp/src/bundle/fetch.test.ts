import { afterEach, expect, test, vi } from 'vitest'
import { serveGolden } from '../../test/golden.ts'
import { errorMessage } from '../errors.ts'
import { createText } from '../modalities/text/index.ts'
import { fetchExamples } from '../samples/examples.ts'
import { fetchFiles, fetchManifest } from './fetch.ts'

const base = new URL('http://site.test/text/')
const serve = (fetch: typeof globalThis.fetch) => vi.stubGlobal('fetch', vi.fn(fetch))
const message = (promise: Promise<unknown>) => promise.then(() => 'no error', errorMessage)

afterEach(() => {
  vi.unstubAllGlobals()
  vi.useRealTimers()
})

test('fetches every file of the golden bundle and counts its bytes', async () => {
  serve(serveGolden)
  const manifest = await fetchManifest(base)
  const seen: number[] = []
  const files = await fetchFiles(base, manifest.files, ({ received }) => seen.push(received))
  const total = manifest.files.reduce((sum, file) => sum + file.bytes, 0)
  expect(files.size).toBe(manifest.files.length)
  expect(seen[0]).toBe(0)
  expect(seen.at(-1)).toBe(total)
  expect(
    (await fetchExamples(base, manifest, createText(manifest, base))).map(({ text }) => text),
  ).toContain(manifest.posters[0]?.text)
})

test('names a missing file and how to publish it', async () => {
  serve(async (input) =>
    String(input).includes('step/group1')
      ? new Response('', { status: 404, statusText: 'Not Found' })
      : serveGolden(input as URL),
  )
  const manifest = await fetchManifest(base)
  expect(await message(fetchFiles(base, manifest.files))).toMatch(
    /^\/text\/decoder\/step\/group1-shard1of1\.bin: .*404 Not Found; publish /,
  )
})

test('bypasses a cache that is older than the manifest', async () => {
  const stale = new Uint8Array(3)
  serve(async (input, options) =>
    String(input).includes('vocabulary') && options?.cache !== 'reload'
      ? new Response(stale)
      : serveGolden(input as URL),
  )
  const { files } = await fetchManifest(base)
  expect((await fetchFiles(base, files)).get('vocabulary.txt')).not.toEqual(stale)
})

test('refuses a file whose hash or length is not the exported one', async () => {
  serve(serveGolden)
  const { files } = await fetchManifest(base)
  const [file] = files.filter((file) => file.path === 'vocabulary.txt')
  if (!file) throw new Error('no vocabulary')
  expect(await message(fetchFiles(base, [{ ...file, sha256: '0'.repeat(64) }]))).toMatch(
    /^\/text\/vocabulary.txt: expected SHA-256 000000000000…, found [0-9a-f]{12}…; /,
  )
  expect(await message(fetchFiles(base, [{ ...file, bytes: 5 }]))).toContain(
    `/text/vocabulary.txt: expected 5 bytes, found ${file.bytes}; `,
  )
})

test('fetches nothing from outside the bundle', async () => {
  serve(serveGolden)
  const file = { bytes: 1, sha256: '0'.repeat(64) }
  expect(await message(fetchFiles(base, [{ ...file, path: '../other/secret' }]))).toContain(
    '../other/secret: leads out of the bundle',
  )
  expect(
    await message(fetchFiles(base, [{ ...file, path: 'https://elsewhere.test/x' }])),
  ).toContain('leads out of the bundle')
  expect(fetch).not.toHaveBeenCalled()
})

test('reports a failed connection and a stalled one', async () => {
  serve(async () => {
    throw new TypeError('Failed to fetch')
  })
  expect(await message(fetchManifest(base))).toMatch(
    /^\/text\/manifest\.json: cannot be fetched; .*connection/,
  )

  vi.useFakeTimers()
  serve(
    (_, options) =>
      new Promise((_, reject) =>
        options?.signal?.addEventListener('abort', () => reject(options.signal?.reason)),
      ),
  )
  const stalled = message(fetchManifest(base))
  await vi.advanceTimersByTimeAsync(20_000)
  expect(await stalled).toMatch(/^\/text\/manifest\.json: .* 20 seconds; .*connection/)
})

test('refuses examples whose lengths are not those of the axes', async () => {
  serve(serveGolden)
  const manifest = await fetchManifest(base)
  const reader = createText(manifest, base)
  expect(await message(fetchExamples(base, { ...manifest, latent_size: 9 }, reader))).toMatch(
    /^examples.json: examples.0.residual: expected length 9, found 8, /,
  )
  expect(await fetchExamples(base, { ...manifest, examples: null }, reader)).toEqual([])
})
