import { type JsonObject, type JsonValue, isObject } from '../util/json.ts'

// Values under these keywords are data, not schemas.
const DATA_KEYWORDS = new Set(['example', 'enum', 'const', 'default'])
// Keys under these keywords are names, not keywords: a property may be called `example`, a response `default`.
const NAME_KEYWORDS = new Set(
  'properties patternProperties $defs definitions dependentSchemas paths webhooks responses content encoding x-files schemas parameters headers requestBodies securitySchemes links callbacks pathItems'.split(
    ' ',
  ),
)

/** Changes one object of a document, which is at this path. */
export type Change = (object: JsonObject, path: readonly string[]) => JsonObject

/** Changes each object of a document, the inner ones first. Data (examples, enums, defaults) does not change. */
export function mapObjects(object: JsonObject, change: Change, path: readonly string[] = []): JsonObject {
  const entries = Object.entries(object).map(([key, item]): [string, JsonValue] => {
    const inside = [...path, key]
    if (DATA_KEYWORDS.has(key)) return [key, item]
    if (key === 'examples')
      return [
        key,
        isObject(item)
          ? mapValues(item, (example, name) => (isObject(example) ? change(example, [...inside, name]) : example))
          : item,
      ]
    if (NAME_KEYWORDS.has(key) && isObject(item))
      return [key, mapValues(item, (named, name) => mapInside(named, change, [...inside, name]))]
    return [key, mapInside(item, change, inside)]
  })
  return change(Object.fromEntries(entries), path)
}

function mapInside(value: JsonValue, change: Change, path: readonly string[]): JsonValue {
  if (Array.isArray(value)) return value.map((item: JsonValue, i) => mapInside(item, change, [...path, String(i)]))
  return isObject(value) ? mapObjects(value, change, path) : value
}

function mapValues(object: JsonObject, toValue: (value: JsonValue, name: string) => JsonValue): JsonObject {
  return Object.fromEntries(Object.entries(object).map(([name, value]) => [name, toValue(value, name)]))
}

/** Whether a document is OpenAPI 3.0, whose schemas differ from JSON Schema. */
export function isVersion30({ openapi }: JsonObject): boolean {
  return typeof openapi === 'string' && openapi.startsWith('3.0.')
}

/**
 * Converts every OpenAPI 3.0 schema of a document to JSON Schema: `nullable`, boolean `exclusiveMinimum` and
 * `exclusiveMaximum`, and siblings of `$ref`. A 3.1 document is returned unchanged.
 */
export function toJsonSchemas(document: JsonObject): JsonObject {
  if (!isVersion30(document)) return document
  return mapObjects(document, (object) =>
    typeof object['$ref'] === 'string'
      ? { $ref: object['$ref'] }
      : withNull(withBound(withBound(object, 'exclusiveMinimum', 'minimum'), 'exclusiveMaximum', 'maximum')),
  )
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

function withBound(schema: JsonObject, exclusive: string, inclusive: string): JsonObject {
  const { [exclusive]: isExclusive, ...rest } = schema
  if (typeof isExclusive !== 'boolean') return schema
  const { [inclusive]: bound, ...others } = rest
  return isExclusive && bound !== undefined ? { ...others, [exclusive]: bound } : rest
}

/**
 * Puts a boundary before each branch of an `anyOf` or `oneOf`: the schema `false`. No value matches it, so that the
 * union accepts the same values as before. ajv does not report to which branch an error behind a `$ref` belongs. The
 * error of a boundary shows where the errors of the next branch begin.
 */
export function withBoundaries(document: JsonObject): JsonObject {
  return mapObjects(document, (object) => {
    const result: Record<string, JsonValue> = { ...object }
    for (const union of ['anyOf', 'oneOf']) {
      const branches = object[union]
      if (Array.isArray(branches)) result[union] = branches.flatMap((branch: JsonValue) => [false, branch])
    }
    if (typeof object['$ref'] === 'string')
      result['$ref'] = object['$ref'].replaceAll(
        /\/(anyOf|oneOf)\/(\d+)(?=\/|$)/g,
        (_, union: string, i: string) => `/${union}/${Number(i) * 2 + 1}`,
      )
    return result
  })
}
