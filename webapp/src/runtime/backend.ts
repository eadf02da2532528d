import { type BackendWasm, setWasmPaths } from '@tensorflow/tfjs-backend-wasm'
import simple from '@tensorflow/tfjs-backend-wasm/dist/tfjs-backend-wasm.wasm?url'
import simd from '@tensorflow/tfjs-backend-wasm/dist/tfjs-backend-wasm-simd.wasm?url'
import { backend, env, ready, setBackend } from '@tensorflow/tfjs-core'
import { ZlideError } from '../errors.ts'
import { Recorder } from './recorder.ts'

/** Throws once a backend does not run any more: what was read from it since then is worth nothing. */
export type Check = () => void

/** An address → what lies there. */
export type Load = (address: string) => Promise<Uint8Array>

/** Start tfjs on WebAssembly, on one thread. `load` gets the address of the binary that suits this browser, and gives its bytes. */
export async function startBackend(load: Load): Promise<Check> {
  if (typeof WebAssembly === 'undefined') {
    throw new ZlideError(
      'this browser',
      'it has no WebAssembly, which the decoder needs',
      'try another browser, or allow it in the settings',
      { permanent: true },
    )
  }
  env().set('WASM_HAS_MULTITHREAD_SUPPORT', false) // they need headers that a static server does not send, and are tried later
  const address = (await env().getAsync('WASM_HAS_SIMD_SUPPORT')) ? simd : simple
  if (!(await startWasm(await load(address)))) {
    throw new ZlideError(
      'this browser',
      'WebAssembly does not start here',
      'retry, or try another browser',
    )
  }
  return () => {}
}

/** Start a binary of WebAssembly that has arrived: when its own fetch fails, tfjs waits forever. Whether it starts. */
export async function startWasm(binary: Uint8Array): Promise<boolean> {
  env().platform.fetch = async () => new Response(binary as BodyInit)
  setWasmPaths('/', true) // true: by the platform's fetch, whatever the address
  if (!(await setBackend('wasm'))) return false
  await ready()
  Recorder.attach(backend() as BackendWasm)
  return true
}
