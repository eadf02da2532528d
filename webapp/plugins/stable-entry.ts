import type { Plugin } from 'vite'

/**
 * Gives an entry a stable URL for other pages, `NAME.js`.
 *
 * That file only imports the script with the hash in its name, so a cached copy cannot mix two builds.
 */
export const stableEntry = (entry: string): Plugin => ({
  name: 'stable-entry',
  apply: 'build',
  generateBundle(_, bundle) {
    const script = Object.values(bundle).find(
      (part) => part.type === 'chunk' && part.isEntry && part.name === entry,
    )
    if (script?.type !== 'chunk') throw new Error(`the build has no entry ${entry}`)
    const scripts = [...script.imports, script.fileName] // import all, so that they load in parallel
    this.emitFile({
      type: 'asset',
      fileName: `${entry}.js`,
      source: scripts.map((name) => `import './${name}'\n`).join(''),
    })
  },
})
