import { defineConfig } from 'vitest/config'
import { lean } from './lean.ts'
import { licences } from './licences.ts'

const page = (name: string) => new URL(name, import.meta.url).pathname

export default defineConfig({
  base: './', // every address is relative: the site works from any sub-path
  plugins: [lean(), licences('licences.txt')],
  worker: { format: 'es', plugins: () => [lean(), licences('licences.worker.txt')] },
  build: {
    outDir: '../converter/zlide/page', // the Python package ships the built page
    emptyOutDir: true,
    target: 'es2022',
    assetsInlineLimit: 0, // a data: address would need an exception in the content security policy
    modulePreload: { polyfill: false },
    rollupOptions: { input: [page('index.html'), page('verify.html')] },
  },
  test: {
    include: ['{src,test}/**/*.test.ts'],
    // As the page has them, in modules of which some are left out; Node would be given files that hold all of TensorFlow.js.
    alias: [{ find: /^(@tensorflow\/[a-z-]+)$/, replacement: '$1/dist/index.js' }],
    server: { deps: { inline: [/@tensorflow/] } },
  },
})
