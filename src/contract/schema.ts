import type { JsonObject, JsonValue } from './json.ts'
import { isObject } from './json.ts'

// Values under these keywords are data, not schemas.
const DATA_KEYWORDS = new Set(['example', 'examples', 'enum', 'const', 'default', 'x-files'])
// Under these keywords the keys are names of the author's, so that a property may be called `example`.
const NAME_KEYWORDS = new Set(['properties', 'patternProperties', '$defs', 'definitions', 'dependentSchemas', 'schemas'])

/**
 * The document with every OpenAPI 3.0 schema written as JSON Schema: `nullable`, boolean `exclusiveMinimum` and
 * `exclusiveMaximum`, and no siblings beside `$ref`. A 3.1 document already holds JSON Schema and comes back as it is.
 */
export function toJsonSchemas(document: JsonObject): JsonObject {
  if (!String(document['openapi']).startsWith('3.0')) return document
  const files = isObject(document['x-files']) ? document['x-files'] : {}
  return { ...normaliseObject(document), 'x-files': Object.fromEntries(Object.entries(files).map(([name, file]) => [name, normalise(file)])) }
}

function normalise(value: JsonValue): JsonValue {
  if (Array.isArray(value)) return value.map(normalise)
  return isObject(value) ? normaliseObject(value) : value
}

function normaliseObject(schema: JsonObject): JsonObject {
  if (typeof schema['$ref'] === 'string') return { $ref: schema['$ref'] }
  const entries = Object.entries(schema).map(([key, value]): [string, JsonValue] => {
    if (DATA_KEYWORDS.has(key)) return [key, value]
    if (NAME_KEYWORDS.has(key) && isObject(value)) return [key, Object.fromEntries(Object.entries(value).map(([name, item]) => [name, normalise(item)]))]
    return [key, normalise(value)]
  })
  return withNull(withExclusiveBounds(Object.fromEntries(entries)))
}

function withNull(schema: JsonObject): JsonObject {
  const { nullable, ...rest } = schema
  if (nullable === undefined || typeof nullable !== 'boolean') return schema
  if (!nullable || typeof rest['type'] !== 'string') return rest
  const values = rest['enum']
  return {
    ...rest,
    type: [rest['type'], 'null'],
    ...(Array.isArray(values) && !values.includes(null) ? { enum: [...values, null] } : {}),
  }
}

function withExclusiveBounds(schema: JsonObject): JsonObject {
  const result: Record<string, JsonValue> = { ...schema }
  for (const [exclusive, bound] of [['exclusiveMinimum', 'minimum'], ['exclusiveMaximum', 'maximum']] as const) {
    if (typeof schema[exclusive] !== 'boolean') continue
    delete result[exclusive]
    if (schema[exclusive] && schema[bound] !== undefined) {
      result[exclusive] = schema[bound]
      delete result[bound]
    }
  }
  return result
}
