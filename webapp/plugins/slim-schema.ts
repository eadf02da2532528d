import type { Plugin } from 'vite'

/** Keywords that describe a schema but do not constrain data. */
const ANNOTATIONS = ['title', 'description', 'default']

/** Remove annotations from a JSON Schema; `isMap` if the keys are names, not keywords. */
export function withoutAnnotations(schema: unknown, isMap = false): unknown {
  if (Array.isArray(schema)) return schema.map((part) => withoutAnnotations(part))
  if (typeof schema !== 'object' || schema === null) return schema
  return Object.fromEntries(
    Object.entries(schema)
      .filter(([key]) => isMap || !ANNOTATIONS.includes(key))
      .map(([key, part]) => {
        const isMapOfSchemas = !isMap && ['properties', '$defs'].includes(key)
        return [key, withoutAnnotations(part, isMapOfSchemas)]
      }),
  )
}

/** Removes annotations from JSON Schemas, which the page does not show. */
export const slimSchema = (): Plugin => ({
  name: 'slim-schema',
  enforce: 'pre',
  transform: (code, id) =>
    id.endsWith('.schema.json')
      ? { code: JSON.stringify(withoutAnnotations(JSON.parse(code))), map: null }
      : undefined,
})
