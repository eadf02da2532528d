// The kernels that each backend registers.

import { readFileSync } from 'node:fs'
import { folder } from './packages.js'

/** The backends that the page runs on. */
export const BACKENDS = /** @type {const} */ (['wasm', 'webgl', 'webgpu'])

const IMPORTED = /^import \{ \w+ \} from '\.\/kernels\/(\w+)';$/gm
const NAMED = /kernelName: (\w+)|create\w+KernelConfig\((\w+)/

/**
 * Return the files of the kernels that a backend registers, by kernel. Some differ in name: WebGL's
 * IsNan is in IsNaN.js.
 *
 * @param {string} dist the folder of the backend's modules
 * @returns {Map<string, string>} kernel → name of its file, without `.js`
 */
export function kernelFiles(dist) {
  const list = readFileSync(`${dist}/register_all_kernels.js`, 'utf8')
  return new Map(
    [...list.matchAll(IMPORTED)].map(([, file = '']) => {
      const code = readFileSync(`${dist}/kernels/${file}.js`, 'utf8')
      const [, config, argument] = NAMED.exec(code) ?? []
      return [config ?? argument ?? file, file]
    }),
  )
}

/** Return the kernels that a backend registers. @returns {Set<string>} */
export const kernelsOf = (/** @type {typeof BACKENDS[number]} */ backend) =>
  new Set(kernelFiles(folder(`backend-${backend}`)).keys())
