// The article's own code: it gives its explorers their models, and follows the first one in a caption.

import { registerServiceWorker } from '../offline/index.ts'
import type { Change } from '../store/index.ts'

interface ListedModel {
  path: string
}

/** Fetch the models of this site from models.json. */
async function fetchModels(): Promise<ListedModel[]> {
  const answer = await fetch('models.json', { cache: 'no-cache' })
  if (!answer.ok) throw new Error(`models.json: the server answered ${answer.status}`)
  return (await answer.json()).models
}

/** Describe the state of the first explorer. */
function describe({ sliders, text }: Change): string {
  if (text !== null) return `Now it says: “${text}”`
  return `Now its first slider is at ${(sliders[0] ?? 0).toFixed(2).replace('-', '−')} σ.`
}

/** Replace a template by its explorer. */
function embed(template: HTMLTemplateElement, bundle: string): Element {
  const explorer = template.content.firstElementChild?.cloneNode() as Element
  explorer.setAttribute('bundle', bundle)
  template.replaceWith(explorer)
  return explorer
}

const templates = [...document.querySelectorAll<HTMLTemplateElement>('template[data-model]')]
const caption = document.querySelector('#says') as HTMLElement
const lines = document.querySelector('#lines') as HTMLElement

registerServiceWorker()
try {
  const models = await fetchModels()
  // The second explorer shows the site's second model, or the first again if there is only one.
  const bundles = templates.map(
    ({ dataset }) => models[Number(dataset.model) % models.length]?.path as string,
  )
  const [first] = templates.map((template, i) => embed(template, bundles[i] as string))
  first?.addEventListener('zlide-change', (event) => {
    caption.textContent = describe((event as CustomEvent<Change>).detail)
  })
  lines.textContent = lines.textContent?.replace('models/sentences/', bundles[0] as string) ?? ''
} catch {
  for (const template of templates)
    template.replaceWith(
      'The list of models cannot be fetched; check the connection, and reload the page.',
    )
}
