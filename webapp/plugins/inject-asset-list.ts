import type { Plugin } from 'vite'

/** Replaces `ASSETS` in the script of a service worker by the list of the files in assets/. */
export const injectAssetList = (worker: string): Plugin => ({
  name: 'inject-asset-list',
  apply: 'build',
  enforce: 'post', // workers are built before
  generateBundle: {
    order: 'post',
    handler(_, bundle) {
      const script = bundle[worker]
      if (script?.type !== 'asset') throw new Error(`the build has no ${worker}`)
      const paths = Object.keys(bundle).filter((path) => path.startsWith('assets/'))
      const source = String(script.source)
      const injected = source.replace(/\bASSETS\b/, () => JSON.stringify(paths.sort()))
      if (injected === source) throw new Error(`${worker} does not mention ASSETS`)
      script.source = injected
    },
  },
})
