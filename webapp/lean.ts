import { fileURLToPath } from 'node:url'
import type { Plugin } from 'vite'

/** What TensorFlow.js starts threads with. */
const THREADS = /tfjs-backend-wasm-threaded-simd(\.worker)?\.js$/

/** What TensorFlow.js computes the nodes of a graph with: all of its operations, unless a build says otherwise. */
const OPERATIONS = '@tensorflow/tfjs-core/dist/ops/ops_for_converter'

const PORTABLE = fileURLToPath(new URL('src/runtime/operations.ts', import.meta.url))

/**
 * Leaves out of TensorFlow.js what the page never calls: threads, which a strict content security policy refuses, and operations that the
 * exporter lets into no graph.
 */
export const lean = (): Plugin => ({
  name: 'lean',
  enforce: 'pre',
  resolveId: (source) => (THREADS.test(source) ? '\0no-threads' : source === OPERATIONS ? PORTABLE : undefined),
  load: (id) => (id === '\0no-threads' ? 'export default null; export const wasmWorkerContents = ""' : undefined),
})
