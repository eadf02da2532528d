// The page: the models that models.json lists, each in its tab.

import { isBackend } from '../backends.ts'
import { download, parseJson, shown } from '../bundle/index.ts'
import { ZlideError } from '../errors.ts'
import type { ErrorNotice } from '../explorer/index.ts'
import { registerServiceWorker } from '../offline/index.ts'
import type { Listed, Tabs } from './tabs.ts'
import './tabs.ts'

/** A folder inside the site: relative, of plain names, with a slash at its end. */
const FOLDER = /^(?:[a-zA-Z0-9_-]+\/)+$/

const isListed = (model: Partial<Listed> | null): model is Listed =>
  typeof model?.path === 'string' && FOLDER.test(model.path) && typeof model.title === 'string'

/** The site's bundles, their addresses relative to the page. */
async function fetchModels(): Promise<Listed[]> {
  const url = new URL('models.json', document.baseURI)
  const data = parseJson(
    new TextDecoder().decode(await download(url, { cache: 'no-cache' })),
    shown(url),
  )
  const models = (data as { models?: unknown } | null)?.models
  if (Array.isArray(models) && models.length && models.every(isListed)) return models
  const expected = '{"models": [{"path": "models/<name>/", "title": "…"}, …]}'
  throw new ZlideError(
    shown(url),
    `expected ${expected}, found no such list`,
    'build the site with “zlide build”',
  )
}

async function show(place: HTMLElement): Promise<void> {
  try {
    const tabs = document.createElement('zlide-tabs') as Tabs
    tabs.models = await fetchModels()
    const asked = new URLSearchParams(location.search).get('backend') ?? ''
    tabs.backend = isBackend(asked) ? asked : 'automatic'
    place.replaceChildren(tabs)
  } catch (error) {
    const notice = document.createElement('zlide-error-notice') as ErrorNotice
    notice.error = error
    notice.onRetry = () => void show(place)
    place.replaceChildren(notice)
  }
}

registerServiceWorker()
await show(document.querySelector('#models') as HTMLElement)
