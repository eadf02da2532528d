import { readdirSync, readFileSync } from 'node:fs'
import { basename, dirname } from 'node:path'
import { fileURLToPath } from 'node:url'
import binaryen from 'binaryen' // reads and writes WebAssembly, and knows what is not used; of its versions the last without a hundred megabytes of tools
import type { Plugin } from 'vite'

const ours = (path: string) => fileURLToPath(new URL(path, import.meta.url))
const names = (path: string) => new Set(readFileSync(ours(path), 'utf8').trim().split(/\s+/))

/** The operations that the exporter lets into a graph, by TensorFlow's names. */
const PORTABLE = names('../../converter/zlide/graph/portable.txt')

/** What computes them, by TensorFlow.js's names. */
const KERNELS = names('../src/runtime/kernels.txt')

/** A kernel that others call past the registry. */
const INNER = 'Transpose'

/** What TensorFlow.js computes the nodes of a graph with: all of its operations, unless a build says otherwise. */
const OPERATIONS = '@tensorflow/tfjs-core/dist/ops/ops_for_converter'

/** TensorFlow.js without what it trains with. */
const CORE = `import './base_side_effects'; export * from './base'`

/** How TensorFlow.js would fetch or store a model by itself. */
const UNUSED =
  /tfjs-core\/dist\/io\/(browser_files|http|indexed_db|local_storage|model_management|weights_loader)\.js$/

/** Leaves out of TensorFlow.js what no graph of the exporter's asks for: most of its operations, and all that is not computing. */
export const lean = (): Plugin => ({
  name: 'lean',
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
    if (path.endsWith('register_all_kernels.js')) return { code: withoutKernels(code), map: null }
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

/** The list of kernels that a backend registers, without those that are not called. */
function withoutKernels(code: string): string {
  const imported = /^import \{ (\w+) \} from '\.\/kernels\/(\w+)';$/gm
  const dropped = [...code.matchAll(imported)].filter(
    ([, , kernel]) => !KERNELS.has(kernel as string),
  )
  return dropped.reduce(
    (rest, [line, config]) =>
      rest.replace(line, '').replace(new RegExp(`^ +${config},?$`, 'm'), ''),
    code,
  )
}

/** The same of a binary: what is left computes with the same instructions. */
export function withoutExports(path: string): Uint8Array {
  const kernels = readdirSync(`${dirname(path)}/kernels`).map((file) => basename(file, '.js'))
  const module = binaryen.readBinary(readFileSync(path))
  module.setFeatures(binaryen.Features.All) // with less, what threads share is not counted
  for (const kernel of kernels)
    if (!KERNELS.has(kernel) && kernel !== INNER) module.removeExport(kernel)
  module.runPasses(['remove-unused-module-elements'])
  const bytes = module.emitBinary()
  module.dispose()
  return bytes
}

/** What a list of the converter's says of the operations that a graph may have. */
async function portable(code: string): Promise<{ tfOpName: string }[]> {
  const { json } = await import(`data:text/javascript,${encodeURIComponent(code)}`)
  return json.filter(({ tfOpName }: { tfOpName: string }) => PORTABLE.has(tfOpName))
}
