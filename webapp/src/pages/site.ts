// The site's page: a tab for each model in models.json.

import { isBackend } from '../backends.ts'
import { download, parseJson, readableUrl } from '../bundle/index.ts'
import { ZlideError } from '../errors.ts'
import type { ErrorNotice } from '../explorer/index.ts'
import { registerServiceWorker } from '../offline/index.ts'
import type { ListedModel, Tabs } from './tabs.ts'
import './tabs.ts'

/** A relative path of a folder in the site, with plain names and a final slash. */
const FOLDER = /^(?:[a-zA-Z0-9_-]+\/)+$/

const isListed = (model: Partial<ListedModel> | null): model is ListedModel =>
  typeof model?.path === 'string' && FOLDER.test(model.path) && typeof model.title === 'string'

/** Fetch the list of models. Throws a ZlideError if it is missing or invalid. */
async function fetchModels(): Promise<ListedModel[]> {
  const url = new URL('models.json', document.baseURI)
  const data = parseJson(
    new TextDecoder().decode(await download(url, { cache: 'no-cache' })),
    readableUrl(url),
  )
  const models = (data as { models?: unknown } | null)?.models
  if (Array.isArray(models) && models.length && models.every(isListed)) return models
  const expected = '{"models": [{"path": "models/<name>/", "title": "…"}, …]}'
  throw new ZlideError(
    readableUrl(url),
    `expected ${expected}, found no such list`,
    'build the site with “zlide build”',
  )
}

async function show(container: HTMLElement): Promise<void> {
  try {
    const tabs = document.createElement('zlide-tabs') as Tabs
    tabs.models = await fetchModels()
    const backend = new URLSearchParams(location.search).get('backend') ?? ''
    tabs.backend = isBackend(backend) ? backend : 'automatic'
    container.replaceChildren(tabs)
  } catch (error) {
    const notice = document.createElement('zlide-error-notice') as ErrorNotice
    notice.error = error
    notice.addEventListener('bundle-retry', (event) => {
      event.stopPropagation() // it is this page's own
      void show(container)
    })
    container.replaceChildren(notice)
  }
}

registerServiceWorker()
await show(document.querySelector('#models') as HTMLElement)
