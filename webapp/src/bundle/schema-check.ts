/** The part of JSON Schema that pydantic uses for the manifest. */
export interface Schema {
  $ref?: string
  $defs?: Record<string, Schema>
  anyOf?: Schema[]
  oneOf?: Schema[]
  discriminator?: { propertyName: string; mapping: Record<string, string> }
  const?: unknown
  enum?: unknown[]
  type?: string
  properties?: Record<string, Schema>
  required?: string[]
  additionalProperties?: boolean | Schema
  items?: Schema
  minItems?: number
  maxItems?: number
  minLength?: number
  minimum?: number
  maximum?: number
  exclusiveMinimum?: number
  pattern?: string
}

/** Return what `schema` does not allow in `data`, one line each: "decoder.path: expected string, found 3". */
export function schemaProblems(
  data: unknown,
  schema: Schema,
  root: Schema = schema,
  where = '',
): string[] {
  const follow = (ref: string) => schemaProblems(data, resolve(ref, root), root, where)
  if (schema.$ref) return follow(schema.$ref)
  if (schema.discriminator) {
    const { propertyName, mapping } = schema.discriminator
    const ref = mapping[String((data as Record<string, unknown> | null)?.[propertyName])]
    if (ref) return follow(ref)
    const kinds = Object.keys(mapping).join(', ')
    return [mismatch(where, `${propertyName} to be one of ${kinds}`, abbreviate(data))]
  }
  const choices = schema.anyOf ?? schema.oneOf
  if (choices)
    return choices
      .map((choice) => schemaProblems(data, choice, root, where))
      .reduce((best, next) => (next.length < best.length ? next : best))

  const expected = expectedInstead(data, schema)
  if (expected) return [mismatch(where, expected, abbreviate(data))]
  if (Array.isArray(data)) return itemProblems(data, schema, root, where)
  if (typeof data === 'object' && data !== null) return keyProblems(data, schema, root, where)
  return []
}

const mismatch = (where: string, expected: string, found: string | number) =>
  `${where || 'it'}: expected ${expected}, found ${found}`

const join = (where: string, key: string | number) => (where ? `${where}.${key}` : `${key}`)

/** Return what the schema expects instead of a value, regardless of items and keys; null if it fits. */
function expectedInstead(data: unknown, schema: Schema): string | null {
  if ('const' in schema && data !== schema.const) return abbreviate(schema.const)
  if (schema.enum && !schema.enum.includes(data)) return `one of ${schema.enum.join(', ')}`
  if (schema.type && !hasType(schema.type, data)) return schema.type
  if (typeof data === 'string') {
    if (schema.pattern && !new RegExp(schema.pattern, 'u').test(data))
      return `text like ${schema.pattern}`
    if (data.length < (schema.minLength ?? 0)) return 'text that is not empty'
  }
  if (typeof data === 'number') {
    if (data < (schema.minimum ?? -Infinity)) return `at least ${schema.minimum}`
    if (data > (schema.maximum ?? Infinity)) return `at most ${schema.maximum}`
    if (data <= (schema.exclusiveMinimum ?? -Infinity))
      return `more than ${schema.exclusiveMinimum}`
  }
  return null
}

function itemProblems(items: unknown[], schema: Schema, root: Schema, where: string): string[] {
  const { minItems: least = 0, maxItems: most = Infinity, items: each = {} } = schema
  const { length } = items
  if (length < least || length > most)
    return [mismatch(where, `length ${least < most ? 'at least ' : ''}${least}`, length)]
  return items.flatMap((item, i) => schemaProblems(item, each, root, join(where, i)))
}

function keyProblems(data: object, schema: Schema, root: Schema, where: string): string[] {
  const { required = [], properties = {}, additionalProperties } = schema
  const missing = required.filter((key) => !Object.hasOwn(data, key))
  return [
    ...missing.map((key) => `${join(where, key)}: missing`),
    ...Object.entries(data).flatMap(([key, value]) => {
      const part = Object.hasOwn(properties, key) ? properties[key] : additionalProperties
      if (part === false) return [`${join(where, key)}: not expected`]
      return part && part !== true ? schemaProblems(value, part, root, join(where, key)) : []
    }),
  ]
}

function resolve(ref: string, root: Schema): Schema {
  const found = root.$defs?.[ref.replace('#/$defs/', '')]
  if (!found) throw new Error(`no ${ref} in the schema`)
  return found
}

function hasType(type: string, data: unknown): boolean {
  if (type === 'null') return data === null
  if (type === 'array') return Array.isArray(data)
  if (type === 'object') return typeof data === 'object' && data !== null && !Array.isArray(data)
  if (type === 'number') return Number.isFinite(data) // 1e999 is valid JSON
  if (type === 'integer') return Number.isInteger(data)
  return typeof data === type
}

function abbreviate(data: unknown): string {
  const text = JSON.stringify(data) ?? String(data)
  return text.length > 40 ? `${text.slice(0, 40)}…` : text
}
