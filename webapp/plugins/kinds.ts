import { existsSync } from 'node:fs'
import { dirname, resolve } from 'node:path'
import { fileURLToPath } from 'node:url'
import type { Plugin } from 'vite'

const WEBAPP = fileURLToPath(new URL('../', import.meta.url))

/** The module that names the kinds of output from outside; see src/virtual-kinds.d.ts. */
const KINDS = 'virtual:kinds'

/** The same without any. */
const NONE = '\0no-kinds'

/** `zlide/theme`: the door of a room, or a module of the root, for code outside this folder. */
const DOOR = /^zlide\/(\w+)$/

/** The name of a package, rather than a path or a virtual module. */
const PACKAGE = /^(?:@[\w-]+\/)?[\w-]+(?:\/|$)/

/**
 * Adds kinds of output from outside the page: those that `file` exports, or none.
 *
 * Their code may lie anywhere. It imports rooms of the page as `zlide/<room>`, and the packages that
 * the page has installed.
 */
export function kinds(file: string | undefined): Plugin {
  const path = file && resolve(file)
  if (path && !existsSync(path))
    throw new Error(`ZLIDE_KINDS: expected a file, found none at ${path}; give its absolute path`)
  return {
    name: 'kinds',
    enforce: 'pre',
    config: () => (path ? { server: { fs: { allow: [WEBAPP, dirname(path)] } } } : undefined),
    resolveId(source, importer) {
      if (source === KINDS) return path ?? NONE
      const door = DOOR.exec(source)
      if (door)
        return [`${door[1]}/index.ts`, `${door[1]}.ts`]
          .map((name) => `${WEBAPP}src/${name}`)
          .find(existsSync)
      const isOutside = importer?.startsWith('/') && !importer.startsWith(WEBAPP)
      if (!isOutside || !PACKAGE.test(source)) return undefined
      return this.resolve(source, `${WEBAPP}index.html`, { skipSelf: true })
    },
    load: (id) =>
      id === NONE
        ? 'export const specs = null, modalities = null, workerModalities = null'
        : undefined,
  }
}
