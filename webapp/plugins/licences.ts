import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import type { Plugin } from 'vite'

/** Write the licences of the packages that went into a build to a file. Vite's own `build.license` leaves out what is in a worker. */
export function licences(nameOf: (entry: string) => string): Plugin {
  return {
    name: 'licences',
    apply: 'build',
    generateBundle(_, bundle) {
      const entry =
        Object.values(bundle).find((part) => part.type === 'chunk' && part.isEntry)?.name ?? ''
      const modules = Object.values(bundle).flatMap((part) =>
        part.type === 'chunk' ? Object.keys(part.modules) : [],
      )
      const folders = new Set(modules.map(packageOf).filter((folder) => folder !== null))
      this.emitFile({
        type: 'asset',
        fileName: nameOf(entry),
        source: [...folders].sort().map(licence).join('\n\n'),
      })
    },
  }
}

function packageOf(module: string): string | null {
  return module.match(/^\0?(.*\/node_modules\/(?:@[^/]+\/)?[^/]+)\//)?.[1] ?? null
}

function licence(folder: string): string {
  const { name, version, license } = JSON.parse(readFileSync(join(folder, 'package.json'), 'utf8'))
  const file = readdirSync(folder).find((file) => /^licen[cs]e/i.test(file))
  return `${name} ${version} (${license})\n${file ? `\n${readFileSync(join(folder, file), 'utf8').trim()}\n` : ''}`
}
