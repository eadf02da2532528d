import { defineConfig } from 'vite'
import { devSite } from './plugins/dev-site.ts'
import { injectAssetList } from './plugins/inject-asset-list.ts'
import { kinds } from './plugins/kinds.ts'
import { licenses } from './plugins/licenses.ts'
import { minifyStyles } from './plugins/minify-styles.ts'
import { slimSchema } from './plugins/slim-schema.ts'
import { stableEntry } from './plugins/stable-entry.ts'
import { stripTfjs } from './plugins/strip-tfjs.ts'
import { threads } from './plugins/threads.ts'

const outside = () => kinds(process.env.ZLIDE_KINDS)
const source = (name: string) => new URL(name, import.meta.url).pathname

export default defineConfig({
  base: './', // relative URLs, so that the site works under any path
  plugins: [
    devSite(process.env.ZLIDE_SITE, { '/zlide.js': '/src/pages/embed.ts' }),
    outside(),
    minifyStyles(),
    slimSchema(),
    stripTfjs(),
    threads(),
    licenses(() => 'licences.txt'),
    stableEntry('zlide'),
    injectAssetList('offline.js'),
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
    plugins: () => [
      outside(),
      stripTfjs(),
      threads(),
      licenses((worker) => `licences.${worker}.txt`),
    ],
    // A service worker controls the files beside it, and needs a stable name for updates.
    rollupOptions: {
      output: {
        entryFileNames: ({ name }) =>
          name === 'service-worker' ? 'offline.js' : 'assets/[name]-[hash].js',
      },
    },
  },
  build: {
    outDir: '../converter/zlide/page', // part of the Python package
    emptyOutDir: true,
    target: 'es2022',
    assetsInlineLimit: 0, // data: URLs would need an exception in the content security policy
    modulePreload: { polyfill: false },
    rollupOptions: {
      input: {
        index: source('index.html'),
        article: source('article.html'),
        verify: source('verify.html'),
        zlide: source('src/pages/embed.ts'),
      },
      output: { experimentalMinChunkSize: 4000 }, // small files compress worse
    },
  },
})
