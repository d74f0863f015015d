import type { JsonObject, JsonValue } from '../util/json.ts'
import { mapObjects } from './walk.ts'

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
  return mapObjects(document, (object) => {
    const { $ref, nullable } = object
    if (typeof $ref !== 'string') return withNull(withBounds(object))
    return withNull(nullable === true ? { $ref, nullable } : { $ref })
  })
}

/**
 * A schema of OpenAPI 3.0 whose `nullable` is JSON Schema. As in other tools, `nullable: true` beside a `$ref` or a
 * union allows null too. Each branch of a union is preceded by `boundary`.
 */
export function withNull(schema: JsonObject, boundary: readonly JsonValue[] = []): JsonObject {
  const { nullable, ...rest } = schema
  if (nullable === undefined || typeof nullable !== 'boolean') return schema
  if (!nullable) return rest
  const { type, enum: values } = rest
  const withValue = Array.isArray(values) && !values.includes(null) ? { enum: [...values, null] } : {}
  if (UNIONS.some((key) => rest[key] !== undefined))
    return { anyOf: [...boundary, { type: 'null' }, ...boundary, rest] }
  return { ...rest, ...(typeof type === 'string' ? { type: [type, 'null'] } : {}), ...withValue }
}

const UNIONS = ['$ref', 'allOf', 'anyOf', 'oneOf']

/** A schema of OpenAPI 3.0 whose `exclusiveMinimum` and `exclusiveMaximum` are numbers. */
export function withBounds(schema: JsonObject): JsonObject {
  return withBound(withBound(schema, 'exclusiveMinimum', 'minimum'), 'exclusiveMaximum', 'maximum')
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
