import { defineConfig } from 'vitest/config'
import { devSite } from './plugins/dev-site.ts'
import { knowing } from './plugins/knowing.ts'
import { lasting } from './plugins/lasting.ts'
import { lean } from './plugins/lean.ts'
import { licences } from './plugins/licences.ts'
import { threads } from './plugins/threads.ts'

const source = (name: string) => new URL(name, import.meta.url).pathname

export default defineConfig({
  base: './', // every address is relative: the site works from any sub-path
  plugins: [
    devSite(process.env.ZLIDE_SITE, { '/zlide.js': '/src/pages/embed.ts' }),
    lean(),
    threads(),
    licences(() => 'licences.txt'),
    lasting('zlide'),
    knowing('offline.js'),
  ],
  // The dev server sends TensorFlow.js as the plugins change it. Packages that are not ES modules are bundled.
  optimizeDeps: {
    exclude: [
      '@tensorflow/tfjs-backend-wasm',
      '@tensorflow/tfjs-backend-webgl',
      '@tensorflow/tfjs-backend-webgpu',
      '@tensorflow/tfjs-converter',
      '@tensorflow/tfjs-core',
    ],
    include: ['@tensorflow/tfjs-core > long', '@tensorflow/tfjs-core > seedrandom'],
  },
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
