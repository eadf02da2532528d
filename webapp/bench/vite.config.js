// Builds the page in which tests/bench compares the site's runtime with its rivals.
import { kinds } from '../plugins/kinds.ts'

/** @param {string} name */
const here = (name) => new URL(name, import.meta.url).pathname

export default {
  root: here('.'),
  base: './',
  plugins: [kinds(undefined)],
  build: {
    outDir: here('../../tests/bench/page'),
    emptyOutDir: true,
    target: 'es2022',
    assetsInlineLimit: 0,
  },
}
