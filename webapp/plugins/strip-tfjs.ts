import { readdirSync, readFileSync } from 'node:fs'
import { basename, dirname } from 'node:path'
import { fileURLToPath } from 'node:url'
import binaryen from 'binaryen' // a version before it grew by 100 MB of tools
import type { Plugin } from 'vite'
import { kernelFiles } from '../portable/backends.js'
import { nestedModule } from '../portable/packages.js'

/** The ops that graphs may have, and what they call in TensorFlow.js; `npm run portable` writes it. */
const PORTABLE: Record<string, { functions: string[]; kernels: string[] }> = JSON.parse(
  readFileSync(
    fileURLToPath(new URL('../../converter/zlide/graph/portable.json', import.meta.url)),
    'utf8',
  ),
)

/** The functions and the kernels that any of these ops calls. */
const FUNCTIONS = [...new Set(Object.values(PORTABLE).flatMap(({ functions }) => functions))]
const KERNELS = [...new Set(Object.values(PORTABLE).flatMap(({ kernels }) => kernels))]

/** A kernel's import of another kernel, or of code that several kernels share. */
const SIBLING = /^import .* from '\.\/(\w+)';$/gm

/** The module with all functions that TensorFlow.js's converter may call. */
const OPERATIONS = '@tensorflow/tfjs-core/dist/ops/ops_for_converter'

/** The module that replaces it. */
const OPERATIONS_LEFT = '\0operations'

/** TensorFlow.js's core without training. */
const CORE = `import './base_side_effects'; export * from './base'`

/** Modules with which TensorFlow.js fetches or stores models, and tables of strings. */
const UNUSED =
  /tfjs-core\/dist\/io\/(browser_files|http|indexed_db|local_storage|model_management|weights_loader)\.js$|\/hash_table\.js$/

/** Strips TensorFlow.js of what exported graphs do not need: most ops and kernels, training, and storage. */
export const stripTfjs = (): Plugin => ({
  name: 'strip-tfjs',
  enforce: 'pre',
  resolveId: (source) => (source === OPERATIONS ? OPERATIONS_LEFT : undefined),
  load(id) {
    if (id === OPERATIONS_LEFT) return operations()
    const [path = '', query] = id.split('?')
    if (!path.endsWith('.wasm') || query !== 'url' || this.environment.mode !== 'build')
      return undefined
    const asset = this.emitFile({
      type: 'asset',
      name: basename(path),
      source: withoutExports(path),
    })
    return `export default import.meta.ROLLUP_FILE_URL_${asset}`
  },
  async transform(code, id) {
    const [path = ''] = id.split('?')
    if (path.endsWith('tfjs-core/dist/index.js')) return { code: CORE, map: null }
    if (path.endsWith('register_all_kernels.js'))
      return { code: withoutKernels(code, keptKernels(dirname(path))), map: null }
    if (/\/op_list\/\w+\.js$/.test(path))
      return { code: `export const json = ${JSON.stringify(await portable(code))}`, map: null }
    const executor = /^(.*)\/executors\/(\w+)_executor\.js$/.exec(path)
    if (
      executor &&
      (await portable(readFileSync(`${executor[1]}/op_list/${executor[2]}.js`, 'utf8'))).length ===
        0
    )
      return stubs(code)
    return UNUSED.test(path) ? stubs(code) : undefined
  },
})

/** Return the code of a module with the functions of TensorFlow.js that graphs call. */
function operations(): string {
  const [plain, nested] = [false, true].map((isNested) =>
    FUNCTIONS.filter((name) => name.includes('.') === isNested),
  ) as [string[], string[]]
  const parts = nested.map((name) => {
    const [space, own] = name.split('.') as [string, string]
    return { space, own, local: `${space}_${own}`, path: nestedModule(name) }
  })
  return [
    `export { ${plain.join(', ')} } from '@tensorflow/tfjs-core'`,
    ...parts.map(
      ({ own, local, path }) =>
        `import { ${own} as ${local} } from '@tensorflow/tfjs-core/dist/ops/${path}'`,
    ),
    ...[...new Set(parts.map(({ space }) => space))].map((space) => {
      const members = parts.filter((part) => part.space === space)
      return `export const ${space} = { ${members.map(({ own, local }) => `${own}: ${local}`)} }`
    }),
  ].join('\n')
}

/** The module with the same exports, each of them undefined. */
function stubs(code: string): { code: string; map: null } {
  const declared = /^export (?:(?:async )?(?:const|function|class) (\w+)|\{([\w\s,]+)\})/gm
  const names = [...code.matchAll(declared)]
    .flatMap(([, name, list]) => name ?? (list as string).split(','))
    .map((name) => name.trim())
    .filter(Boolean)
  return { code: names.map((name) => `export const ${name} = undefined\n`).join(''), map: null }
}

/**
 * Return the files of the kernels in a backend's `folder` that graphs call, and of those that they
 * call.
 *
 * A kernel imports another one without the registry. The other must be registered anyway, because a
 * WebAssembly kernel gets its function from the binary when it is registered.
 */
export function keptKernels(folder: string): Set<string> {
  const files = kernelFiles(folder)
  const kept = new Set(KERNELS.map((kernel) => files.get(kernel) as string))
  for (const name of kept) {
    const code = readFileSync(`${folder}/kernels/${name}.js`, 'utf8')
    for (const [, sibling] of code.matchAll(SIBLING)) kept.add(sibling as string) // visited by the loop too
  }
  return kept
}

/** Remove the kernels that are not `kept` from a backend's list of kernels. */
function withoutKernels(code: string, kept: Set<string>): string {
  const imported = /^import \{ (\w+) \} from '\.\/kernels\/(\w+)';$/gm
  const dropped = [...code.matchAll(imported)].filter(([, , kernel]) => !kept.has(kernel as string))
  return dropped.reduce(
    (rest, [line, config]) =>
      rest.replace(line, '').replace(new RegExp(`^ +${config},?$`, 'm'), ''),
    code,
  )
}

/** Remove the functions of the other kernels from a binary. The rest keeps the same instructions. */
export function withoutExports(path: string): Uint8Array {
  const kept = keptKernels(dirname(path))
  const kernels = readdirSync(`${dirname(path)}/kernels`).map((file) => basename(file, '.js'))
  const module = binaryen.readBinary(readFileSync(path))
  module.setFeatures(binaryen.Features.All) // otherwise shared memory is lost
  for (const kernel of kernels) if (!kept.has(kernel)) module.removeExport(kernel)
  module.runPasses(['remove-unused-module-elements'])
  const bytes = module.emitBinary()
  module.dispose()
  return bytes
}

/** Return the entries of portable ops in one of the converter's lists of ops. */
async function portable(code: string): Promise<{ tfOpName: string }[]> {
  const { json } = await import(`data:text/javascript,${encodeURIComponent(code)}`)
  return json.filter(({ tfOpName }: { tfOpName: string }) => tfOpName in PORTABLE)
}
