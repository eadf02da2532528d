import { readFileSync } from 'node:fs'
import { expect, test } from 'vitest'
import { withoutAnnotations } from '../plugins/slim-schema.ts'
import { type Schema, schemaProblems } from '../src/bundle/index.ts'
import { goldenText } from './golden.ts'

test('removes annotations, but not properties of the same names', () => {
  const schema = {
    title: 'Pictures',
    properties: { title: { type: 'string', title: 'Title' }, size: { $ref: '#/$defs/title' } },
    $defs: { title: { description: 'pixels', minimum: 1, default: 3, enum: [1, 3] } },
    anyOf: [{ title: 'One', type: 'null' }],
  }
  expect(withoutAnnotations(schema)).toEqual({
    properties: { title: { type: 'string' }, size: { $ref: '#/$defs/title' } },
    $defs: { title: { minimum: 1, enum: [1, 3] } },
    anyOf: [{ type: 'null' }],
  })
})

test('finds the same problems in a manifest as the whole schema', () => {
  const url = new URL('../manifest.schema.json', import.meta.url)
  const schema = JSON.parse(readFileSync(url, 'utf8')) as Schema
  const manifest = JSON.parse(goldenText('image/manifest.json'))
  const slim = withoutAnnotations(schema) as Schema
  expect(schemaProblems(manifest, slim)).toEqual([])
  for (const key of Object.keys(manifest)) {
    const { [key]: _, ...rest } = manifest
    for (const changed of [rest, { ...manifest, [key]: -1 }])
      expect(schemaProblems(changed, slim)).toEqual(schemaProblems(changed, schema))
  }
})
