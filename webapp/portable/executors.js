// The functions of TensorFlow.js that its converter calls for each op.

import { readdirSync } from 'node:fs'
import ts from 'typescript'
import { folder } from './packages.js'
import { parse } from './parse.js'

/**
 * Return the functions of tfjs-core that each op calls, as `add` or `fused.matMul`.
 *
 * @returns {Map<string, string[]>} op → functions, sorted
 */
export function functionsOfOps() {
  const executors = `${folder('converter')}/operations/executors`
  const found = new Map()
  for (const file of readdirSync(executors).filter((name) => name.endsWith('_executor.js')))
    for (const [ops, functions] of cases(parse(`${executors}/${file}`)))
      for (const op of ops) found.set(op, functions)
  return found
}

/**
 * Yield the cases of all switches in a module: the ops, and the functions that they call.
 *
 * @param {ts.Node} node
 * @returns {Generator<[string[], string[]]>}
 */
function* cases(node) {
  if (ts.isCaseBlock(node)) {
    /** @type {string[]} */
    let ops = []
    for (const clause of node.clauses) {
      if (ts.isCaseClause(clause) && ts.isStringLiteral(clause.expression))
        ops.push(clause.expression.text)
      if (clause.statements.length === 0) continue // the next case is the same
      yield [ops, [...new Set(clause.statements.flatMap(calls))].sort()]
      ops = []
    }
    return
  }
  for (const child of node.getChildren()) yield* cases(child)
}

/**
 * Return the functions that a piece of an executor calls: add for `ops.add`.
 *
 * @param {ts.Node} node
 * @returns {string[]}
 */
function calls(node) {
  if (ts.isIdentifier(node) && node.text === 'cloneTensor') return ['clone']
  const name = ts.isPropertyAccessExpression(node) && /^ops\.([\w.]+)$/.exec(node.getText())?.[1]
  return name ? [name] : node.getChildren().flatMap(calls)
}
