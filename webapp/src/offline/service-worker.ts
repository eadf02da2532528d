// The service worker of the site's own pages: what was opened before is shown without a network.

import { Route, Router } from 'workbox-routing'
import { CacheFirst, NetworkFirst, type Strategy } from 'workbox-strategies'
import { hashInUrl, staleAssets, staleFiles, staleModels } from './cache-eviction.ts'

declare const self: ServiceWorkerGlobalScope & typeof globalThis

/** The paths of what the build put into assets/, which writes them here. */
declare const ASSETS: readonly string[]

/** A network that brings nothing for so long is taken for none. Seconds; less than a download may stall. */
const NETWORK_TIMEOUT = 8

const SITE = self.registration.scope
const CACHE_NAME = `zlide ${SITE}` // sites that share a host do not share what they keep

/** What a later deployment replaces under the same address: these are asked for anew every time. */
const MUTABLE =
  /^(?:(?:index|article)\.html|zlide\.js|models\.json|manifest\.webmanifest|icons\/[a-z0-9-]+\.(?:png|svg)|(?:[\w-]+\/)+manifest\.json)?$/

const pathOf = (url: URL) =>
  url.href.startsWith(SITE) ? url.pathname.slice(new URL(SITE).pathname.length) : null

/** Whether its address carries a hash, so that what it holds never changes. */
const isImmutable = (url: URL) =>
  (pathOf(url)?.startsWith('assets/') ?? false) ||
  (pathOf(url) !== null && hashInUrl(url.href) !== null)

const isMutable = (url: URL) => MUTABLE.test(pathOf(url) ?? '/')

/** Keep only what the address promises: a host may send another file for a moment, or a page that says that there is none. */
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

/** Keep JSON only if it is: the page of a hotel that wants a room number is none. */
async function isReadable(address: string, response: Response): Promise<boolean> {
  if (!new URL(address).pathname.endsWith('.json')) return true
  return response.json().then(
    () => true,
    () => false,
  )
}

/** After a manifest, or the list of models, has been loaded anew: what neither names any more is dropped. */
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
      cacheKeyWillBeUsed: async ({ request }) => request.url.replace(/[?#].*$/, ''), // a page is the same, whatever its address asks it to do
      cacheWillUpdate: async ({ request, response }) =>
        (await isExpected(request.url, response)) &&
        (await isReadable(request.url, response.clone()))
          ? response
          : null,
      cacheDidUpdate: async ({ request, newResponse }) =>
        deleteStale(request.url, newResponse.clone()).catch(() => {}), // the page says what is wrong with it
    },
  ],
})

/** Where nothing can be kept, everything is as it would be without this worker. */
const orNetwork = (strategy: Strategy) => (asked: Parameters<Strategy['handle']>[0]) =>
  strategy.handle(asked).catch(() => fetch(asked.request as Request))

const router = new Router()
router.registerRoute(new Route(({ url }) => isImmutable(url), orNetwork(cacheFirst)))
router.registerRoute(new Route(({ url }) => isMutable(url), orNetwork(networkFirst)))
router.addFetchListener()
router.addCacheListener() // for what was fetched before this worker was there

// An earlier build's worker serves its pages until the last of them is closed: they may still have to fetch parts that this build lacks.
self.addEventListener('activate', (event) => {
  event.waitUntil(
    deleteEntries((kept) => staleAssets(kept, SITE, ASSETS)).finally(() => self.clients.claim()),
  )
})
