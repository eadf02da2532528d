import { mergeConfig } from 'vite'
import { defineConfig } from 'vitest/config'
import page from './vite.config.ts'

export default mergeConfig(
  page,
  defineConfig({
    test: {
      include: ['{src,test}/**/*.test.ts'],
      testTimeout: 30_000, // a busy machine is slow
      // Use modules, like the page. Node would otherwise load files with all of TensorFlow.js.
      alias: [{ find: /^(@tensorflow\/[a-z-]+)$/, replacement: '$1/dist/index.js' }],
      server: { deps: { inline: [/@tensorflow/] } },
    },
  }),
)
