import { defineConfig } from 'vitest/config'
import { knowing } from './plugins/knowing.ts'
import { lasting } from './plugins/lasting.ts'
import { lean } from './plugins/lean.ts'
import { licences } from './plugins/licences.ts'
import { minifyStyles } from './plugins/minify-styles.ts'
import { threads } from './plugins/threads.ts'

const source = (name: string) => new URL(name, import.meta.url).pathname

export default defineConfig({
  base: './', // every address is relative: the site works from any sub-path
  plugins: [
    minifyStyles(),
    lean(),
    threads(),
    licences(() => 'licences.txt'),
    lasting('zlide'),
    knowing('offline.js'),
  ],
  worker: {
    format: 'es',
    plugins: () => [lean(), threads(), licences((worker) => `licences.${worker}.txt`)],
    // A service worker rules over what lies beside it, and is looked for under the same name again.
    rollupOptions: {
      output: {
        entryFileNames: ({ name }) =>
          name === 'service-worker' ? 'offline.js' : 'assets/[name]-[hash].js',
      },
    },
  },
  build: {
    outDir: '../converter/zlide/page', // the Python package ships the built page
    emptyOutDir: true,
    target: 'es2022',
    assetsInlineLimit: 0, // a data: address would need an exception in the content security policy
    modulePreload: { polyfill: false },
    rollupOptions: {
      input: {
        index: source('index.html'),
        article: source('article.html'),
        verify: source('verify.html'),
        zlide: source('src/pages/embed.ts'),
      },
      output: { experimentalMinChunkSize: 4000 }, // of several small files each would be compressed apart
    },
  },
  test: {
    include: ['{src,test}/**/*.test.ts'],
    // As the page has them, in modules of which some are left out; Node would be given files that hold all of TensorFlow.js.
    alias: [{ find: /^(@tensorflow\/[a-z-]+)$/, replacement: '$1/dist/index.js' }],
    server: { deps: { inline: [/@tensorflow/] } },
  },
})
