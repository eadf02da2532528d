// The kernels that a function of tfjs-core calls, by itself and through other functions.

import { existsSync } from 'node:fs'
import { dirname, join } from 'node:path'
import ts from 'typescript'
import { folder, nestedModule } from './packages.js'
import { parse } from './parse.js'

const OPS = `${folder('core')}/ops`
const GRADIENT = /^grad/i
const COMPLEX = /=== 'complex64'/ // no graph has complex numbers

/** @typedef {{path: string, name: string}} Place */
/** @typedef {{declared: Map<string, ts.Node>, imported: Map<string, Place>}} Module */

/** @type {Map<string, Module>} */
const modules = new Map()

/**
 * Return the kernels that a function calls in the forward direction, in any of its branches.
 *
 * @param {string} name as an executor calls it, `add` or `fused.matMul`
 * @returns {string[]} sorted
 */
export function kernelsOfFunction(name) {
  const kernels = new Set()
  const { path, name: own } = locate(name)
  visit(path, own, kernels, new Set())
  return [...kernels].sort()
}

/**
 * Return the module of a function, and its name there.
 *
 * @param {string} name as an executor calls it
 */
function locate(name) {
  const own = name.split('.')[1]
  if (own) return { path: `${OPS}/${nestedModule(name)}.js`, name: own }
  const found = read(`${OPS}/ops.js`).imported.get(name)
  if (!found) throw new Error(`${name}: expected a function of tfjs-core, found none`)
  return found
}

/**
 * Add the kernels that a declaration of a module names, and those of the functions that it calls.
 *
 * @param {string} path
 * @param {string} name
 * @param {Set<string>} kernels
 * @param {Set<string>} seen
 */
function visit(path, name, kernels, seen) {
  if (seen.has(`${path} ${name}`)) return
  seen.add(`${path} ${name}`)
  const { declared, imported } = read(path)
  const declaration = declared.get(name)
  for (const node of declaration ? forward(declaration) : []) {
    const used = ts.isIdentifier(node) ? node.text : ''
    const from = imported.get(used)
    if (isKernelName(node)) kernels.add(node.text)
    else if (declared.has(used)) visit(path, used, kernels, seen)
    else if (from?.path.endsWith('/kernel_names.js')) kernels.add(from.name)
    else if (from?.path.startsWith(OPS)) visit(from.path, from.name, kernels, seen)
  }
}

/**
 * Return whether a node is the name in `ENGINE.runKernel('Square', …)`.
 *
 * @param {ts.Node} node
 * @returns {node is ts.StringLiteral}
 */
const isKernelName = (node) =>
  ts.isStringLiteral(node) &&
  ts.isCallExpression(node.parent) &&
  node.parent.expression.getText() === 'ENGINE.runKernel'

/**
 * Yield the nodes of a tree, without gradients and branches for complex numbers.
 *
 * @param {ts.Node} node
 * @returns {Generator<ts.Node>}
 */
function* forward(node) {
  if (ts.isVariableDeclaration(node) && GRADIENT.test(node.name.getText())) return
  yield node
  const isComplex = ts.isIfStatement(node) && COMPLEX.test(node.expression.getText())
  for (const child of node.getChildren())
    if (!isComplex || child !== node.thenStatement) yield* forward(child)
}

/** Return what a module declares at its top level, and what it imports or exports from others. */
function read(/** @type {string} */ path) {
  const known = modules.get(path)
  if (known) return known
  /** @type {Module} */
  const module = { declared: new Map(), imported: new Map() }
  modules.set(path, module)
  for (const statement of parse(path).statements) {
    if (ts.isFunctionDeclaration(statement) && statement.name)
      module.declared.set(statement.name.text, statement)
    if (ts.isVariableStatement(statement))
      for (const each of statement.declarationList.declarations)
        module.declared.set(each.name.getText(), each)
    for (const [name, from] of imports(statement, path)) module.imported.set(name, from)
  }
  return module
}

/**
 * Yield the names that a statement imports from a module of the same package, or exports from it.
 *
 * @param {ts.Statement} statement
 * @param {string} path
 * @returns {Generator<[string, Place]>}
 */
function* imports(statement, path) {
  if (!ts.isImportDeclaration(statement) && !ts.isExportDeclaration(statement)) return
  const from = statement.moduleSpecifier
  if (!from || !ts.isStringLiteral(from)) return
  const target = join(dirname(path), `${from.text}.js`)
  if (!existsSync(target)) return
  if (ts.isExportDeclaration(statement) && !statement.exportClause)
    for (const name of read(target).declared.keys()) yield [name, { path: target, name }]
  const names = ts.isImportDeclaration(statement)
    ? statement.importClause?.namedBindings
    : statement.exportClause
  if (names && 'elements' in names)
    for (const each of names.elements)
      yield [each.name.text, { path: target, name: (each.propertyName ?? each.name).text }]
}
