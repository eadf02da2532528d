// The page: one explorer for the first model that models.json lists.

import { download, shown } from './download.ts'
import { ZlideError } from './errors.ts'
import './explorer/explorer.ts'
import type { Notice } from './explorer/notice.ts'
import { parseJson } from './manifest.ts'

/** A folder inside the site: relative, of plain names, with a slash at its end. */
const FOLDER = /^(?:[a-zA-Z0-9_-]+\/)+$/

/** Addresses of the site's bundles, relative to the page. */
async function fetchModels(): Promise<string[]> {
  const url = new URL('models.json', document.baseURI)
  const data = parseJson(new TextDecoder().decode(await download(url, { cache: 'no-cache' })), shown(url))
  const models = (data as { models?: unknown } | null)?.models
  if (Array.isArray(models) && models.length && models.every((model) => typeof model === 'string' && FOLDER.test(model))) return models
  throw new ZlideError(shown(url), 'expected {"models": ["models/<name>/", …]}, found no such list', 'build the site with “zlide build”')
}

async function show(place: HTMLElement): Promise<void> {
  try {
    const [first] = await fetchModels()
    const explorer = document.createElement('zlide-explorer')
    explorer.setAttribute('bundle', first as string)
    place.replaceChildren(explorer)
  } catch (error) {
    const notice = document.createElement('zlide-notice') as Notice
    notice.error = error
    notice.retry = () => void show(place)
    place.replaceChildren(notice)
  }
}

await show(document.querySelector('#models') as HTMLElement)
