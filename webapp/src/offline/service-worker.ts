// The service worker of the site's own pages: whatever was opened before also opens offline.

import { Route, Router } from 'workbox-routing'
import { CacheFirst, NetworkFirst, type Strategy } from 'workbox-strategies'
import { hashInUrl, staleAssets, staleFiles, staleModels } from './cache-eviction.ts'

declare const self: ServiceWorkerGlobalScope & typeof globalThis

/** The paths of the files in assets/. The build inserts them; see plugins/inject-asset-list.ts. */
declare const ASSETS: readonly string[]

/** Seconds without a response after which the cache answers; less than a download may stall. */
const NETWORK_TIMEOUT = 8

const SITE = self.registration.scope
const CACHE_NAME = `zlide ${SITE}` // sites on the same host have separate caches

/** Paths of files that a deployment may replace: they are revalidated every time. */
const MUTABLE =
  /^(?:(?:index|article)\.html|zlide\.js|models\.json|manifest\.webmanifest|icons\/[a-z0-9-]+\.(?:png|svg)|(?:[\w-]+\/)+manifest\.json)?$/

const pathOf = (url: URL) =>
  url.href.startsWith(SITE) ? url.pathname.slice(new URL(SITE).pathname.length) : null

/** Return whether a URL contains a hash, so that its content never changes. */
const isImmutable = (url: URL) =>
  (pathOf(url)?.startsWith('assets/') ?? false) ||
  (pathOf(url) !== null && hashInUrl(url.href) !== null)

const isMutable = (url: URL) => MUTABLE.test(pathOf(url) ?? '/')

/** Return whether a response has the content that its URL names; a host may send an error page instead. */
async function isExpected(address: string, response: Response): Promise<boolean> {
  if (response.status !== 200 || response.redirected) return false
  const hash = hashInUrl(address)
  if (hash === null)
    return (
      !isImmutable(new URL(address)) ||
      !response.headers.get('Content-Type')?.startsWith('text/html')
    )
  const digest = new Uint8Array(await crypto.subtle.digest('SHA-256', await response.arrayBuffer()))
  return Array.from(digest, (byte) => byte.toString(16).padStart(2, '0'))
    .join('')
    .startsWith(hash)
}

/** Return whether a JSON file is valid: a captive portal sends its own page instead. */
async function isReadable(address: string, response: Response): Promise<boolean> {
  if (!new URL(address).pathname.endsWith('.json')) return true
  return response.json().then(
    () => true,
    () => false,
  )
}

/** Delete the cached files that a new manifest or a new list of models no longer names. */
async function deleteStale(address: string, response: Response): Promise<void> {
  const { pathname } = new URL(address)
  if (pathname.endsWith('/manifest.json')) {
    const { files } = await response.json()
    await deleteEntries((kept) => staleFiles(kept, address, files))
  } else if (pathname.endsWith('/models.json')) {
    const { models } = await response.json()
    await deleteEntries((kept) =>
      staleModels(
        kept,
        address,
        models.map(({ path }: { path: string }) => path),
      ),
    )
  }
}

async function deleteEntries(stale: (kept: string[]) => string[]): Promise<void> {
  const cache = await caches.open(CACHE_NAME)
  const kept = (await cache.keys()).map(({ url }) => url)
  await Promise.all(stale(kept).map((address) => cache.delete(address, { ignoreVary: true })))
}

const options = { cacheName: CACHE_NAME, matchOptions: { ignoreVary: true } }

const cacheFirst = new CacheFirst({
  ...options,
  plugins: [
    {
      cacheWillUpdate: async ({ request, response }) =>
        (await isExpected(request.url, response.clone())) ? response : null,
    },
  ],
})

const networkFirst = new NetworkFirst({
  ...options,
  networkTimeoutSeconds: NETWORK_TIMEOUT,
  plugins: [
    {
      cacheKeyWillBeUsed: async ({ request }) => request.url.replace(/[?#].*$/, ''), // a page is the same for every query
      cacheWillUpdate: async ({ request, response }) =>
        (await isExpected(request.url, response)) &&
        (await isReadable(request.url, response.clone()))
          ? response
          : null,
      cacheDidUpdate: async ({ request, newResponse }) =>
        deleteStale(request.url, newResponse.clone()).catch(() => {}), // the page reports what is wrong with it
    },
  ],
})

/** Fall back to the network if nothing can be cached. */
const orNetwork = (strategy: Strategy) => (options: Parameters<Strategy['handle']>[0]) =>
  strategy.handle(options).catch(() => fetch(options.request as Request))

const router = new Router()
router.registerRoute(new Route(({ url }) => isImmutable(url), orNetwork(cacheFirst)))
router.registerRoute(new Route(({ url }) => isMutable(url), orNetwork(networkFirst)))
router.addFetchListener()
router.addCacheListener() // for files fetched before this worker started

// Assets of an earlier build are deleted on activation, not before: its open pages may still need them.
self.addEventListener('activate', (event) => {
  event.waitUntil(
    deleteEntries((kept) => staleAssets(kept, SITE, ASSETS)).finally(() => self.clients.claim()),
  )
})
