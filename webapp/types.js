// `npm run types`: generates the page's types from the schema that the Python package writes.

import { readFile, writeFile } from 'node:fs/promises'
import { fileURLToPath } from 'node:url'
import { compile } from 'json-schema-to-typescript'

const here = (/** @type {string} */ path) => new URL(path, import.meta.url)

/** @returns {Promise<string>} the text of `src/bundle/manifest.types.ts` */
export async function generate() {
  const schema = JSON.parse(await readFile(here('manifest.schema.json'), 'utf8'))
  for (const part of [schema, ...Object.values(schema.$defs)]) nameOnlyParts(part)
  return compile(schema, 'Manifest', {
    bannerComment: '// Generated from manifest.schema.json by `npm run types`. Do not edit.',
    style: { semi: false, singleQuote: true, printWidth: 140 },
  })
}

/** Delete titles of properties, each of which would become a type: `Name1`, `Name2`, … @param {{properties: Record<string, {title?: string}>}} part */
function nameOnlyParts(part) {
  for (const property of Object.values(part.properties)) delete property.title
}

if (process.argv[1] === fileURLToPath(import.meta.url))
  await writeFile(here('src/bundle/manifest.types.ts'), await generate())
