import { defineConfig } from 'vitest/config'

const page = (name: string) => new URL(name, import.meta.url).pathname

export default defineConfig({
  base: './', // every address is relative: the site works from any sub-path
  worker: { format: 'es' },
  build: {
    outDir: '../converter/zlide/page', // the Python package ships the built page
    emptyOutDir: true,
    target: 'es2022',
    assetsInlineLimit: 0, // a data: address would need an exception in the content security policy
    modulePreload: { polyfill: false },
    rollupOptions: { input: [page('index.html'), page('verify.html')] },
  },
  test: { include: ['src/**/*.test.ts'] },
})
