import { setWasmPaths } from '@tensorflow/tfjs-backend-wasm'
import simple from '@tensorflow/tfjs-backend-wasm/dist/tfjs-backend-wasm.wasm?url'
import simd from '@tensorflow/tfjs-backend-wasm/dist/tfjs-backend-wasm-simd.wasm?url'
import { env, ready, setBackend } from '@tensorflow/tfjs-core'
import { ZlideError } from '../errors.ts'

/** Start tfjs on WebAssembly. `load` gets the address of the binary that suits this browser, and gives its bytes. */
export async function startBackend(load: (address: string) => Promise<Uint8Array>): Promise<void> {
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
}
