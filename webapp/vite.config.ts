import { defineConfig } from 'vitest/config'
import { licences } from './licences.ts'

const page = (name: string) => new URL(name, import.meta.url).pathname

export default defineConfig({
  base: './', // every address is relative: the site works from any sub-path
  plugins: [licences('licences.txt')],
  worker: { format: 'es', plugins: () => [licences('licences.worker.txt')] },
  build: {
    outDir: '../converter/zlide/page', // the Python package ships the built page
    emptyOutDir: true,
    target: 'es2022',
    assetsInlineLimit: 0, // a data: address would need an exception in the content security policy
    modulePreload: { polyfill: false },
    rollupOptions: { input: [page('index.html'), page('verify.html')] },
  },
  test: { include: ['{src,test}/**/*.test.ts'] },
})
