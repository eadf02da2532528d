// The backends that the page does not start on. This module is fetched when one of them is wanted,
// and each backend's code only if the browser can run it.

import threaded from '@tensorflow/tfjs-backend-wasm/dist/tfjs-backend-wasm-threaded-simd.wasm?url'
import type { WebGPUBackend } from '@tensorflow/tfjs-backend-webgpu'
import { backend, env, ready, setBackend } from '@tensorflow/tfjs-core'
import type { BackendName } from '../backends.ts'
import { BackendError } from '../errors.ts'
import { type Check, type Load, startWasm } from './backend.ts'

type OptionalBackend = Exclude<BackendName, 'wasm'>

const UNAVAILABLE = 'does not start in this browser'
const LOST = 'was stopped by the browser'

/** Start TensorFlow.js on one of them. `load` fetches binaries. Throws a BackendError if it does not start. */
export function startOptionalBackend(
  name: OptionalBackend,
  load: Load,
  recorder: boolean,
): Promise<Check> {
  return { threads: startThreads, webgl: startWebGL, webgpu: startWebGPU }[name](load, recorder)
}

async function startThreads(load: Load, recorder: boolean): Promise<Check> {
  if (
    !(await env().getAsync('WASM_HAS_SIMD_SUPPORT')) ||
    !(await env().getAsync('WASM_HAS_MULTITHREAD_SUPPORT'))
  ) {
    throw new BackendError('threads', UNAVAILABLE)
  }
  if (!(await startWasm(await load(threaded), recorder)))
    throw new BackendError('threads', UNAVAILABLE)
  return () => {}
}

async function startWebGL(): Promise<Check> {
  const { setWebGLContext } = await import('@tensorflow/tfjs-backend-webgl')
  // TensorFlow.js refuses contexts that render in software, and silently replaces a lost context.
  const gl = new OffscreenCanvas(1, 1).getContext('webgl2', {
    alpha: false,
    antialias: false,
    depth: false,
    premultipliedAlpha: false,
  })
  if (!gl) throw new BackendError('webgl', UNAVAILABLE)
  setWebGLContext(2, gl as unknown as WebGLRenderingContext)
  if (!(await setBackend('webgl'))) throw new BackendError('webgl', UNAVAILABLE)
  await ready()
  return () => {
    if (gl.isContextLost()) throw new BackendError('webgl', LOST)
  }
}

async function startWebGPU(): Promise<Check> {
  await import('@tensorflow/tfjs-backend-webgpu')
  if (!(await setBackend('webgpu'))) throw new BackendError('webgpu', UNAVAILABLE)
  await ready()
  const { device } = backend() as WebGPUBackend
  let trouble = ''
  void device.lost.then(() => {
    trouble = LOST
  })
  device.onuncapturederror = ({ error }) => {
    trouble = `fails (${error.message})` // later results may be all zeros
  }
  return () => {
    if (trouble) throw new BackendError('webgpu', trouble)
  }
}
