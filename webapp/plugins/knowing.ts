import type { Plugin } from 'vite'

/** Tell a service worker what the build put into assets/: in its script, `ASSETS` becomes the list of their paths. */
export const knowing = (worker: string): Plugin => ({
  name: 'knowing',
  apply: 'build',
  enforce: 'post', // workers are built by then
  generateBundle: {
    order: 'post',
    handler(_, bundle) {
      const script = bundle[worker]
      if (script?.type !== 'asset') throw new Error(`the build has no ${worker}`)
      const paths = Object.keys(bundle).filter((path) => path.startsWith('assets/'))
      const text = String(script.source)
      const told = text.replace(/\bASSETS\b/, () => JSON.stringify(paths.sort()))
      if (told === text) throw new Error(`${worker} does not ask for ASSETS`)
      script.source = told
    },
  },
})
