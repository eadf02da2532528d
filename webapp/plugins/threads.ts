import { readFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { fileURLToPath } from 'node:url'
import type { Plugin } from 'vite'

/** The modules with which TensorFlow.js starts threads. */
const THREADS = /tfjs-backend-wasm-threaded-simd\.js$/
const THREAD = /tfjs-backend-wasm-threaded-simd\.worker\.js$/

/** Where the dev server has the files that a build writes to assets/. */
const GLUE = '/@threads/threads.js'
const THREAD_SCRIPT = '/@threads/thread.js'

const ours = (path: string) => fileURLToPath(new URL(path, import.meta.url))
const require = createRequire(import.meta.url)
const theirs = (kind: 'js' | 'worker.js') =>
  `@tensorflow/tfjs-backend-wasm/wasm-out/tfjs-backend-wasm-threaded-simd.${kind}`

/** Moves the code of threads to files of their own, which are loaded when threads are tried. */
export const threads = (): Plugin => ({
  name: 'threads',
  enforce: 'pre',
  resolveId(source) {
    if (THREAD.test(source)) return '\0no-blob'
    if (THREADS.test(source)) return ours('../src/runtime/threads.ts')
    return source === 'virtual:threads' ? `\0${source}` : undefined
  },
  load(id) {
    if (id === '\0no-blob') return 'export const wasmWorkerContents = ""'
    if (id !== '\0virtual:threads') return undefined
    if (this.environment.mode === 'dev')
      return `export const glue = '${GLUE}'; export const thread = '${THREAD_SCRIPT}'`
    const file = (name: string, source: string) =>
      `import.meta.ROLLUP_FILE_URL_${this.emitFile({ type: 'asset', name, source })}`
    return `export const glue = ${file('threads.js', glue())}; export const thread = ${file('thread.js', thread())}`
  },
  configureServer(server) {
    const serve = (path: string, source: () => string) =>
      server.middlewares.use(path, (_, response) => {
        response.setHeader('Content-Type', 'text/javascript')
        response.end(source())
      })
    serve(GLUE, glue)
    serve(THREAD_SCRIPT, thread)
  },
})

/** Return Emscripten's script, for the worker and its threads, with its function made global for modules. */
const glue = () =>
  `${readFileSync(require.resolve(theirs('js')), 'utf8')}\nglobalThis.WasmBackendModuleThreadedSimd = WasmBackendModuleThreadedSimd\n`

/** Return the script of a thread. TensorFlow.js has it as a string whose line breaks were escapes of inner strings. */
const thread = (): string => require(theirs('worker.js')).wasmWorkerContents.replaceAll('\n', '\\n')
