// Where the packages of TensorFlow.js lie.

import { fileURLToPath } from 'node:url'

/** @typedef {'core' | 'converter' | 'backend-wasm' | 'backend-webgl' | 'backend-webgpu'} Package */

/** Return the folder of compiled modules of a package. */
export const folder = (/** @type {Package} */ name) =>
  fileURLToPath(new URL(`../node_modules/@tensorflow/tfjs-${name}/dist`, import.meta.url))

/** Return the module of a function in a namespace of `ops`: `fused.matMul` → `fused/mat_mul`. */
export const nestedModule = (/** @type {string} */ name) =>
  name.replace('.', '/').replace(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`)
