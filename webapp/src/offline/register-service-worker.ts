import type { Session } from '../explorer/index.ts'
import script from './service-worker.ts?worker&url'

/** Keep for a visit without a network what a reader opens on this page. It begins after the first decode, and only where browser and host let it. */
export function registerServiceWorker(): void {
  const { serviceWorker } = navigator as { serviceWorker?: ServiceWorkerContainer } // missing on plain http
  if (!serviceWorker || import.meta.env.DEV) return // the dev server's files change too often to keep
  const early = serviceWorker.controller === null // much is fetched before the worker is there
  let begun: Promise<void> | null = null
  const known = new WeakSet<Session>()
  const follow = async (event: Event) => {
    const [explorer] = event.composedPath() as [Session]
    if (event.type === 'zlide-change' && known.has(explorer)) return
    known.add(explorer)
    const fetched = early ? await explorer.fetched() : []
    begun ??= begin(serviceWorker, early)
    await begun
    await hand(serviceWorker, fetched)
  }
  const listen = (event: Event) => void follow(event).catch(() => {}) // the page does without
  addEventListener('zlide-change', listen) // once of each explorer
  addEventListener('zlide-step', listen) // decoders fetch what only now is asked for
}

/** Start the worker, or have it look for a new version of itself, and hand it what the page was made of before. */
async function begin(serviceWorker: ServiceWorkerContainer, early: boolean): Promise<void> {
  await serviceWorker.register(script)
  if (!early) return
  await hand(serviceWorker, [location.href.replace(/#.*/, '')])
  const fetched = new PerformanceObserver((list) => {
    const addresses = list.getEntries().map(({ name }) => name)
    hand(serviceWorker, addresses).catch(() => {})
  })
  fetched.observe({ type: 'resource', buffered: true })
}

const handed = new Set<string>()

async function hand(
  serviceWorker: ServiceWorkerContainer,
  addresses: readonly string[],
): Promise<void> {
  const fresh = addresses.filter((address) => !handed.has(address))
  if (fresh.length === 0) return
  for (const address of fresh) handed.add(address)
  const { active } = await serviceWorker.ready
  const urlsToCache = fresh.map((address) => [address, { cache: 'force-cache' }]) // they are here: nothing travels twice
  active?.postMessage({ type: 'CACHE_URLS', payload: { urlsToCache } })
}
