import { expect, test } from 'vitest'
import { goldenBytes, goldenText } from '../../test/golden.ts'
import { errorMessage } from '../errors.ts'
import { inconsistenciesAmong } from './consistency.ts'
import { parseManifest } from './manifest.ts'

interface Case {
  name: string
  changes: { file: string; at: (string | number)[]; to: unknown }[]
  problem: string
}

// The converter is tested against the same file.
const { cases } = JSON.parse(goldenText('inconsistencies.json')) as { cases: Case[] }
const checked = cases.filter(({ name }) => name !== 'no graph') // reported when the graph is loaded

test.each(checked)('$name', ({ changes, problem }) => {
  expect(problemsOf(changes)).toContain(problem)
})

// The converter is tested against the same file.
const base64 = JSON.parse(goldenText('base64.json')) as { cases: { text: string; bytes: number }[] }

test.each(base64.cases)('"$text" is base64 of $bytes bytes', ({ text, bytes }) => {
  const image = changed(goldenText('image/manifest.json'), ['posters', 0, 'decoded'], text)
  expect(() => parseManifest(image, 'manifest.json')).toThrow(
    `posters.0.decoded: expected length 576, found ${bytes}`,
  )
})

test('the golden bundle is consistent', () => {
  expect(problemsOf([])).toBe('')
})

test('a width that a graph leaves open is consistent', () => {
  const at = ['signature', 'outputs', 'logits', 'tensorShape', 'dim', 1, 'size']
  expect(problemsOf([{ file: 'decoder/step/model.json', at, to: '-1' }])).toBe('')
})

/** Return the problems of the golden bundle after some changes. */
function problemsOf(changes: Case['changes']): string {
  const text = new Map<string, string>()
  for (const { file, at, to } of changes)
    text.set(file, changed(text.get(file) ?? goldenText(`text/${file}`), at, to))
  try {
    const manifest = parseManifest(
      text.get('manifest.json') ?? goldenText('text/manifest.json'),
      'manifest.json',
    )
    const files = new Map(manifest.files.map(({ path }) => [path, goldenBytes(`text/${path}`)]))
    for (const [path, content] of text) files.set(path, new TextEncoder().encode(content))
    return inconsistenciesAmong(manifest, files).join(', ')
  } catch (error) {
    return errorMessage(error)
  }
}

function changed(text: string, at: (string | number)[], to: unknown): string {
  const last = at.at(-1)
  if (last === undefined) return typeof to === 'string' ? to : JSON.stringify(to)
  const whole = JSON.parse(text)
  at.slice(0, -1).reduce((inside, key) => inside[key], whole)[last] = to
  return JSON.stringify(whole)
}
