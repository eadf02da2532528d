import type { Explorer } from '../explorer/index.ts'
import script from './service-worker.ts?worker&url'

/** Cache what the reader opens, for offline visits. It starts after the first decode, if the browser and the host allow it. */
export function registerServiceWorker(): void {
  const { serviceWorker } = navigator as { serviceWorker?: ServiceWorkerContainer } // missing on plain http
  if (!serviceWorker || import.meta.env.DEV) return // files of the dev server change too often
  const early = serviceWorker.controller === null // the page fetched files before the worker existed
  let begun: Promise<void> | null = null
  const known = new WeakSet<Explorer>()
  const follow = async (event: Event) => {
    const [explorer] = event.composedPath() as [Explorer]
    if (event.type === 'zlide-change' && known.has(explorer)) return
    known.add(explorer)
    const fetched = early ? await explorer.fetched() : []
    begun ??= start(serviceWorker, early)
    await begun
    await sendUrls(serviceWorker, fetched)
  }
  const listen = (event: Event) => void follow(event).catch(() => {}) // the page works without a cache
  addEventListener('zlide-change', listen) // followed once for each explorer
  addEventListener('zlide-step', listen) // a step may have fetched more files
}

/** Register the worker, which also updates it, and send it the URLs that the page fetched before. */
async function start(serviceWorker: ServiceWorkerContainer, early: boolean): Promise<void> {
  await serviceWorker.register(script)
  if (!early) return
  await sendUrls(serviceWorker, [location.href.replace(/#.*/, '')])
  const fetched = new PerformanceObserver((list) => {
    const addresses = list.getEntries().map(({ name }) => name)
    sendUrls(serviceWorker, addresses).catch(() => {})
  })
  fetched.observe({ type: 'resource', buffered: true })
}

const sent = new Set<string>()

async function sendUrls(
  serviceWorker: ServiceWorkerContainer,
  addresses: readonly string[],
): Promise<void> {
  const fresh = addresses.filter((address) => !sent.has(address))
  if (fresh.length === 0) return
  for (const address of fresh) sent.add(address)
  const { active } = await serviceWorker.ready
  const urlsToCache = fresh.map((address) => [address, { cache: 'force-cache' }]) // from the browser's cache
  active?.postMessage({ type: 'CACHE_URLS', payload: { urlsToCache } })
}
