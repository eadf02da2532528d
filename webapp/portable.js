// `npm run portable`: writes the ops that a graph may hold, with the functions and the kernels of
// TensorFlow.js that they call. The converter and the page's build both read the file.

import { writeFile } from 'node:fs/promises'
import { fileURLToPath } from 'node:url'
import { BACKENDS, kernelsOf } from './portable/backends.js'
import { functionsOfOps } from './portable/executors.js'
import { kernelsOfFunction } from './portable/functions.js'
import { OPS } from './portable/wanted.js'

/** The list, in the Python package. */
export const PATH = fileURLToPath(
  new URL('../converter/zlide/graph/portable.json', import.meta.url),
)

/** @typedef {Record<string, {functions: string[], kernels: string[]}>} Portable */

/**
 * Return the functions and the kernels of each op that the converter writes.
 *
 * Throws an Error for an op that TensorFlow.js does not know, or that a backend lacks a kernel of.
 *
 * @returns {Portable}
 */
export function portable(ops = OPS) {
  const functions = functionsOfOps()
  const registered = BACKENDS.map((backend) => ({ backend, kernels: kernelsOf(backend) }))
  return Object.fromEntries(
    [...new Set(ops)].sort().map((op) => {
      const called = functions.get(op)
      if (!called)
        throw new Error(`${op}: expected an op of tfjs-converter, found none; leave it out`)
      const kernels = [...new Set(called.flatMap(kernelsOfFunction))].sort()
      for (const { backend, kernels: known } of registered)
        for (const kernel of kernels)
          if (!known.has(kernel))
            throw new Error(`${op}: expected ${kernel} on ${backend}, found none; leave it out`)
      return [op, { functions: called, kernels }]
    }),
  )
}

/** Return the text of the list: an op a line. @returns {string} */
export function generate() {
  const lines = Object.entries(portable()).map(
    ([op, calls]) => `  ${JSON.stringify(op)}: ${JSON.stringify(calls)}`,
  )
  return `{\n${lines.join(',\n')}\n}\n`
}

if (process.argv[1] === fileURLToPath(import.meta.url)) await writeFile(PATH, generate())
