import { type Plugin, transformWithEsbuild } from 'vite'

/** A `css` template of Lit without expressions and escapes. */
const TEMPLATE = /\bcss`([^`$\\]*)`/g

/** Minify the styles of elements: the JavaScript minifier leaves templates as they are, comments included. */
export const minifyStyles = (): Plugin => ({
  name: 'minify-styles',
  apply: 'build',
  async transform(code, id) {
    if (!/\/src\/.*\.ts$/.test(id)) return null
    let result = code
    for (const [template, styles] of code.matchAll(TEMPLATE)) {
      const options = { loader: 'css', minify: true, charset: 'utf8', sourcemap: false } as const
      const minified = await transformWithEsbuild(styles as string, 'styles.css', options)
      const escaped = minified.code.trim().replaceAll('\\', '\\\\')
      result = result.replace(template, () => `css\`${escaped}\``)
    }
    return result === code ? null : { code: result, map: null }
  },
})
