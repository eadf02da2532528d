import { existsSync, readFileSync, statSync } from 'node:fs'
import { extname, join, resolve } from 'node:path'
import type { Plugin } from 'vite'

/** The bundles under version control, from which the page can be worked on without any export. */
const GOLDEN = new URL('../../tests/golden/', import.meta.url).pathname

/** Emscripten's script for WebAssembly on one thread, which is not an ES module; a build makes it one. */
const GLUE = /tfjs-backend-wasm\/wasm-out\/tfjs-backend-wasm\.js(\?|$)/

/** Headers that let WebAssembly start threads. */
const ISOLATED = [
  ['Cross-Origin-Opener-Policy', 'same-origin'],
  ['Cross-Origin-Embedder-Policy', 'require-corp'],
] as const

const TYPES: Record<string, string> = {
  '.json': 'application/json',
  '.png': 'image/png',
}

/**
 * Complete the dev server with what a built site has beside the page: `models.json`, the bundles in `models/`, and `NAME.js` for each entry.
 *
 * The bundles are those of the site in the folder `site`, or the golden ones.
 */
export function devSite(site: string | undefined, entries: Record<string, string>): Plugin {
  return {
    name: 'dev-site',
    enforce: 'pre', // its headers are set before another plugin answers
    apply: (_, { command, mode }) => command === 'serve' && mode !== 'test',
    transform: (code, id) =>
      GLUE.test(id)
        ? { code: `${code}\nexport default WasmBackendModule\n`, map: null }
        : undefined,
    configureServer(server) {
      const folder = site ? resolve(site) : GOLDEN
      if (site && !existsSync(join(folder, 'models.json'))) {
        throw new Error(`${folder}: expected a site with models.json; build one with "zlide build"`)
      }
      server.middlewares.use((request, response, next) => {
        for (const [name, value] of ISOLATED) response.setHeader(name, value)
        const { pathname } = new URL(request.url ?? '/', 'http://localhost')
        const path = decodeURI(pathname)
        const send = (type: string, body: string | Buffer) => {
          response.setHeader('Content-Type', type)
          response.setHeader('Cache-Control', 'no-cache')
          response.end(body)
        }
        const entry = entries[path]
        if (entry) return send('text/javascript', `import '${entry}'\n`)
        if (path === '/models.json')
          return send('application/json', site ? readFileSync(join(folder, path)) : goldenModels())
        if (!path.startsWith('/models/')) return next()
        const file = join(folder, site ? path : path.slice('/models/'.length))
        if (statSync(file, { throwIfNoEntry: false })?.isFile())
          return send(TYPES[extname(file)] ?? 'application/octet-stream', readFileSync(file))
        response.statusCode = 404
        response.end()
      })
    },
  }
}

/** The golden bundles as a site's models.json lists its own, the sentences first. */
function goldenModels(): string {
  const models = ['text', 'image'].map((name) => {
    const { title } = JSON.parse(readFileSync(join(GOLDEN, name, 'manifest.json'), 'utf8'))
    return { path: `models/${name}/`, title }
  })
  return JSON.stringify({ models })
}
