import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import type { Plugin } from 'vite'

/** Writes the licenses of the packages in a build to a file. Vite's `build.license` omits workers. */
export function licenses(nameOf: (entry: string) => string): Plugin {
  return {
    name: 'licenses',
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
        source: [...folders].sort().map(licenseOf).join('\n\n'),
      })
    },
  }
}

function packageOf(module: string): string | null {
  return module.match(/^\0?(.*\/node_modules\/(?:@[^/]+\/)?[^/]+)\//)?.[1] ?? null
}

function licenseOf(folder: string): string {
  const { name, version, license } = JSON.parse(readFileSync(join(folder, 'package.json'), 'utf8'))
  const file = readdirSync(folder).find((file) => /^licen[cs]e/i.test(file))
  return `${name} ${version} (${license})\n${file ? `\n${readFileSync(join(folder, file), 'utf8').trim()}\n` : ''}`
}
