/** As much of JSON Schema as pydantic writes for the manifest. */
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

/** Everything in `data` that `schema` does not allow, one line each: "decoder.start.path: expected string, found 3". */
export function schemaProblems(
  data: unknown,
  schema: Schema,
  root: Schema = schema,
  where = '',
): string[] {
  const at = (found: string[], key: string | number, value: unknown, part: Schema) =>
    found.push(...schemaProblems(value, part, root, where ? `${where}.${key}` : `${key}`))
  const wrong = (expected: string) => [
    `${where || 'it'}: expected ${expected}, found ${abbreviate(data)}`,
  ]

  if (schema.$ref) return schemaProblems(data, resolve(schema.$ref, root), root, where)
  if (schema.discriminator) {
    const { propertyName, mapping } = schema.discriminator
    const ref = mapping[String((data as Record<string, unknown> | null)?.[propertyName])]
    return ref
      ? schemaProblems(data, resolve(ref, root), root, where)
      : wrong(`${propertyName} to be one of ${Object.keys(mapping).join(', ')}`)
  }
  const choices = schema.anyOf ?? schema.oneOf
  if (choices)
    return choices
      .map((part) => schemaProblems(data, part, root, where))
      .reduce((best, next) => (next.length < best.length ? next : best))

  if ('const' in schema && data !== schema.const) return wrong(abbreviate(schema.const))
  if (schema.enum && !schema.enum.includes(data)) return wrong(`one of ${schema.enum.join(', ')}`)
  if (schema.type && !hasType(schema.type, data)) return wrong(schema.type)
  if (typeof data === 'string') {
    if (schema.pattern && !new RegExp(schema.pattern, 'u').test(data))
      return wrong(`text like ${schema.pattern}`)
    if (data.length < (schema.minLength ?? 0)) return wrong('text that is not empty')
  }
  if (typeof data === 'number') {
    if (data < (schema.minimum ?? -Infinity)) return wrong(`at least ${schema.minimum}`)
    if (data > (schema.maximum ?? Infinity)) return wrong(`at most ${schema.maximum}`)
    if (data <= (schema.exclusiveMinimum ?? -Infinity))
      return wrong(`more than ${schema.exclusiveMinimum}`)
  }
  const found: string[] = []
  if (Array.isArray(data)) {
    const { minItems: least = 0, maxItems: most = Infinity } = schema
    if (data.length < least || data.length > most)
      return [
        `${where || 'it'}: expected ${least < most ? 'at least ' : ''}${least} of them, found ${data.length}`,
      ]
    for (const [i, item] of data.entries()) at(found, i, item, schema.items ?? {})
  } else if (typeof data === 'object' && data !== null) {
    for (const key of schema.required ?? [])
      if (!Object.hasOwn(data, key)) found.push(`${where ? `${where}.` : ''}${key}: missing`)
    for (const [key, value] of Object.entries(data)) {
      const part =
        schema.properties && Object.hasOwn(schema.properties, key)
          ? schema.properties[key]
          : schema.additionalProperties
      if (part === false) found.push(`${where ? `${where}.` : ''}${key}: not expected`)
      else if (part && part !== true) at(found, key, value, part)
    }
  }
  return found
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
