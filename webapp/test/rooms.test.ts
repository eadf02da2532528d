// Each folder of src is a room, and its index.ts is the door: other rooms import only the door.

import { readdirSync, readFileSync } from 'node:fs'
import { dirname, join, normalize } from 'node:path'
import { fileURLToPath } from 'node:url'
import ts from 'typescript'
import { expect, test } from 'vitest'

const src = fileURLToPath(new URL('../src/', import.meta.url))
const modules = readdirSync(src, { recursive: true, encoding: 'utf8' })
  .filter((path) => path.endsWith('.ts') && !path.endsWith('.test.ts'))
  .sort()

interface Import {
  path: string // relative to src
  isLazy: boolean // fetched on demand: a dynamic import, or a worker
}

/** Return the modules of src that a module imports, types included. */
function importsOf(module: string): Import[] {
  const file = ts.preProcessFile(readFileSync(join(src, module), 'utf8'), true, true)
  const text = readFileSync(join(src, module), 'utf8')
  return file.importedFiles
    .filter(({ fileName }) => fileName.startsWith('.'))
    .map(({ fileName, pos }) => ({
      path: normalize(join(dirname(module), fileName.split('?')[0] as string)),
      isLazy: /\bimport\(\s*$/.test(text.slice(0, pos)) || fileName.includes('?worker'),
    }))
    .filter(({ path }) => path.endsWith('.ts'))
}

const roomOf = (module: string) => (module.includes('/') ? (module.split('/')[0] as string) : null)

/** Return the modules of a cycle of imports, or null. */
function cycleAmong(importsByModule: Map<string, string[]>): string[] | null {
  const finished = new Set<string>()
  const visit = (module: string, path: string[]): string[] | null => {
    if (path.includes(module)) return [...path.slice(path.indexOf(module)), module]
    if (finished.has(module)) return null
    for (const imported of importsByModule.get(module) ?? []) {
      const cycle = visit(imported, [...path, module])
      if (cycle) return cycle
    }
    finished.add(module)
    return null
  }
  for (const module of importsByModule.keys()) {
    const cycle = visit(module, [])
    if (cycle) return cycle
  }
  return null
}

test('finds a cycle', () => {
  const imports = { a: ['b', 'c'], b: ['c'], c: ['d'], d: ['b'] }
  expect(cycleAmong(new Map(Object.entries(imports)))).toEqual(['b', 'c', 'd', 'b'])
  expect(cycleAmong(new Map(Object.entries({ ...imports, d: [] })))).toBeNull()
})

test('imports have no cycles, types included', () => {
  const imports = modules.map((module): [string, string[]] => [
    module,
    importsOf(module).map(({ path }) => path),
  ])
  expect(imports.flatMap(([, paths]) => paths).length).toBeGreaterThan(modules.length)
  expect(imports.flatMap(([, paths]) => paths.filter((path) => !modules.includes(path)))).toEqual(
    [],
  )
  expect(cycleAmong(new Map(imports))).toBeNull()
})

test('modules import other rooms through their doors, unless they fetch a part on demand', () => {
  const past = modules.flatMap((module) =>
    importsOf(module)
      .filter(({ path, isLazy }) => !isLazy && roomOf(path) && roomOf(path) !== roomOf(module))
      .filter(({ path }) => path !== `${roomOf(path)}/index.ts`)
      .map(({ path }) => `${module} imports ${path}`),
  )
  expect(past).toEqual([])
})

test('every room has a door', () => {
  const rooms = [
    ...new Set(modules.map(roomOf).filter((room) => room !== null && room !== 'pages')),
  ]
  expect(rooms.length).toBeGreaterThan(5)
  expect(rooms.filter((room) => !modules.includes(`${room}/index.ts`))).toEqual([])
})

test('no module compares the kind of an output: it asks the modality or the spec', () => {
  const comparison = /[!=]==? '(?:text|image)'|'(?:text|image)' [!=]==?|'pixels' in /
  const found = modules.filter((module) => comparison.test(readFileSync(join(src, module), 'utf8')))
  expect(found).toEqual([])
})
