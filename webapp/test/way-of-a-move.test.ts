import { readdirSync, readFileSync } from 'node:fs'
import { expect, test } from 'vitest'

const root = new URL('../../', import.meta.url)
const src = new URL('webapp/src/', root)
const code = readdirSync(src, { recursive: true, encoding: 'utf8' })
  .filter((path) => path.endsWith('.ts') && !path.endsWith('.test.ts'))
  .map((path) => readFileSync(new URL(path, src), 'utf8'))

const page = readFileSync(new URL('docs/architecture.md', root), 'utf8')
const section = page.split('\n## ').find((text) => text.startsWith("The way of a slider's move"))
const steps = section?.match(/^\d+\. .*$/gm) ?? []
const methods = [...(section ?? '').matchAll(/`([A-Z]\w+)\.(\w+)`/g)]

/** Return whether a class has a method or a property. */
const has = (name: string, member: string) =>
  code.some(
    (text) =>
      new RegExp(`class ${name}\\b`).test(text) &&
      new RegExp(`^  (?:\\w+ )*${member}(?:<.*>)?(?:\\(| = )`, 'm').test(text),
  )

test("docs/architecture.md tells the way of a slider's move in at most twelve lines", () => {
  expect(steps.length).toBeGreaterThan(5)
  expect(steps.length).toBeLessThanOrEqual(12)
  expect(methods.length).toBeGreaterThan(steps.length)
})

test.each(methods.map(([, name, member]) => [name as string, member as string]))(
  'it names a method that exists: %s.%s',
  (name, member) => {
    expect(has(name, member)).toBe(true)
  },
)
