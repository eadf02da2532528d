import { type BackendWasm, setWasmPaths } from '@tensorflow/tfjs-backend-wasm'
import simple from '@tensorflow/tfjs-backend-wasm/dist/tfjs-backend-wasm.wasm?url'
import simd from '@tensorflow/tfjs-backend-wasm/dist/tfjs-backend-wasm-simd.wasm?url'
import { backend, env, ready, setBackend } from '@tensorflow/tfjs-core'
import { WebGLError, ZlideError } from '../errors.ts'
import { Recorder } from './recorder.ts'

/** Where decoding runs. WebAssembly is everywhere, and fast enough; WebGL has to be asked for, and can be taken away. */
export type BackendName = 'wasm' | 'webgl'

/** Throws once a backend does not run any more: what was read from it since then is worth nothing. */
export type Check = () => void

/** Start tfjs on WebAssembly. `load` gets the address of the binary that suits this browser, and gives its bytes. */
export async function startBackend(load: (address: string) => Promise<Uint8Array>): Promise<Check> {
  if (typeof WebAssembly === 'undefined') {
    throw new ZlideError(
      'this browser',
      'it has no WebAssembly, which the decoder needs',
      'try another browser, or allow it in the settings',
      { lasting: true },
    )
  }
  // Threads start a worker from a blob, which a strict content security policy refuses, and need headers that a static server does not send.
  env().set('WASM_HAS_MULTITHREAD_SUPPORT', false)
  const address = (await env().getAsync('WASM_HAS_SIMD_SUPPORT')) ? simd : simple
  const binary = await load(address)
  // When its own fetch fails, tfjs waits forever. So it is handed a binary that has arrived already.
  env().platform.fetch = async () => new Response(binary as BodyInit)
  setWasmPaths(address, true) // true: by the platform's fetch
  if (!(await setBackend('wasm'))) throw new ZlideError('this browser', 'WebAssembly does not start here', 'retry, or try another browser')
  await ready()
  Recorder.listen(backend() as BackendWasm)
  return () => {}
}

/** Start tfjs on WebGL, whose code is fetched only now. Throws a WebGLError where there is none. */
export async function startWebGL(): Promise<Check> {
  const { setWebGLContext } = await import('@tensorflow/tfjs-backend-webgl')
  // A context of our own: tfjs refuses one that is painted in software, and makes a new one, without a word, when one is lost.
  const gl = new OffscreenCanvas(1, 1).getContext('webgl2', { alpha: false, antialias: false, depth: false, premultipliedAlpha: false })
  if (!gl) throw new WebGLError('does not start in this browser')
  setWebGLContext(2, gl as unknown as WebGLRenderingContext)
  if (!(await setBackend('webgl'))) throw new WebGLError('does not start in this browser')
  await ready()
  return () => {
    if (gl.isContextLost()) throw new WebGLError('was taken away by the browser')
  }
}
