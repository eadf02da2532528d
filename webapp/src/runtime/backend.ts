import { type BackendWasm, setWasmPaths } from '@tensorflow/tfjs-backend-wasm'
import scalar from '@tensorflow/tfjs-backend-wasm/dist/tfjs-backend-wasm.wasm?url'
import simd from '@tensorflow/tfjs-backend-wasm/dist/tfjs-backend-wasm-simd.wasm?url'
import { backend, env, ready, setBackend } from '@tensorflow/tfjs-core'
import { ZlideError } from '../errors.ts'
import { Recorder } from './recorder.ts'

/** Throws once a backend has stopped: values read from it since then are worthless. */
export type Check = () => void

/** Fetch the bytes at an address. */
export type Load = (address: string) => Promise<Uint8Array>

/**
 * Start TensorFlow.js on WebAssembly with one thread. `load` fetches the binary that suits this browser.
 *
 * Without `recorder`, TensorFlow.js runs every graph itself. Throws a ZlideError if the browser has no
 * WebAssembly or does not start it.
 */
export async function startBackend(load: Load, recorder = true): Promise<Check> {
  if (typeof WebAssembly === 'undefined') {
    throw new ZlideError(
      'this browser',
      'the decoder needs WebAssembly, which is missing',
      'try another browser, or allow it in the settings',
      { permanent: true },
    )
  }
  env().set('WASM_HAS_MULTITHREAD_SUPPORT', false) // threads need special headers and are tried later
  const address = (await env().getAsync('WASM_HAS_SIMD_SUPPORT')) ? simd : scalar
  if (!(await startWasm(await load(address), recorder))) {
    throw new ZlideError(
      'this browser',
      'WebAssembly does not start',
      'retry, or try another browser',
    )
  }
  return () => {}
}

/**
 * Start a WebAssembly binary that was fetched already, and return whether it started.
 *
 * TensorFlow.js would wait forever if a fetch of its own failed.
 */
export async function startWasm(binary: Uint8Array, recorder: boolean): Promise<boolean> {
  env().platform.fetch = async () => new Response(binary as BodyInit)
  setWasmPaths('/', true) // true: use the platform's fetch, for any address
  if (!(await setBackend('wasm'))) return false
  await ready()
  if (recorder) Recorder.attach(backend() as BackendWasm)
  return true
}
