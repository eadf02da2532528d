// Modules of TensorFlow.js as syntax trees.

import { readFileSync } from 'node:fs'
import ts from 'typescript'

/** Read a module, and return its syntax tree. */
export const parse = (/** @type {string} */ path) =>
  ts.createSourceFile(path, readFileSync(path, 'utf8'), ts.ScriptTarget.ESNext, true)
