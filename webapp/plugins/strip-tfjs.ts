import { readdirSync, readFileSync } from 'node:fs'
import { basename, dirname } from 'node:path'
import { fileURLToPath } from 'node:url'
import binaryen from 'binaryen' // a version before it grew by 100 MB of tools
import type { Plugin } from 'vite'

const ours = (path: string) => fileURLToPath(new URL(path, import.meta.url))
const names = (path: string) => new Set(readFileSync(ours(path), 'utf8').trim().split(/\s+/))

/** The ops that graphs may have. */
const PORTABLE = names('../../converter/zlide/graph/portable.txt')

/** The kernels of TensorFlow.js that these ops call. */
const KERNELS = names('../src/runtime/kernels.txt')

/** A kernel's import of another kernel, or of code that several kernels share. */
const SIBLING = /^import .* from '\.\/(\w+)';$/gm

/** The module with all functions that TensorFlow.js's converter may call. */
const OPERATIONS = '@tensorflow/tfjs-core/dist/ops/ops_for_converter'

/** TensorFlow.js's core without training. */
const CORE = `import './base_side_effects'; export * from './base'`

/** Modules with which TensorFlow.js fetches or stores models. */
const UNUSED =
  /tfjs-core\/dist\/io\/(browser_files|http|indexed_db|local_storage|model_management|weights_loader)\.js$/

/** Strips TensorFlow.js of what exported graphs do not need: most ops and kernels, training, and storage. */
export const stripTfjs = (): Plugin => ({
  name: 'strip-tfjs',
  enforce: 'pre',
  resolveId: (source) => (source === OPERATIONS ? ours('../src/runtime/operations.ts') : undefined),
  load(id) {
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
 * Return the kernels of the backend in `folder` that graphs call, and those that these kernels call.
 *
 * A kernel imports another one without the registry. The other must be registered anyway, because a
 * WebAssembly kernel gets its function from the binary when it is registered.
 */
export function keptKernels(folder: string): Set<string> {
  const kept = new Set(KERNELS)
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
  return json.filter(({ tfOpName }: { tfOpName: string }) => PORTABLE.has(tfOpName))
}
