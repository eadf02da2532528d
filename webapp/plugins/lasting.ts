import type { Plugin } from 'vite'

/**
 * Give an entry an address that stays, `NAME.js` beside the pages, for other pages to name.
 *
 * All that it says is which script to run, whose name carries its hash: no copy of it can be of another build than what it leads to.
 */
export const lasting = (entry: string): Plugin => ({
  name: 'lasting',
  apply: 'build',
  generateBundle(_, bundle) {
    const script = Object.values(bundle).find(
      (part) => part.type === 'chunk' && part.isEntry && part.name === entry,
    )
    if (script?.type !== 'chunk') throw new Error(`the build has no entry ${entry}`)
    const scripts = [...script.imports, script.fileName] // named all at once, they are fetched all at once
    this.emitFile({
      type: 'asset',
      fileName: `${entry}.js`,
      source: scripts.map((name) => `import './${name}'\n`).join(''),
    })
  },
})
