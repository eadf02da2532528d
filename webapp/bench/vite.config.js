// Builds the page in which tests/bench times contenders: the site's own runtime, loaded beside its rivals.
/** @param {string} name */
const here = (name) => new URL(name, import.meta.url).pathname

export default {
  root: here('.'),
  base: './',
  build: {
    outDir: here('../../tests/bench/page'),
    emptyOutDir: true,
    target: 'es2022',
    assetsInlineLimit: 0,
  },
}
