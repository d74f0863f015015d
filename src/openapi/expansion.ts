import { type JsonObject, type JsonValue, isObject } from '../util/json.ts'
import { pointerOf, valueAt } from './json-pointer.ts'
import { visitObjects } from './walk.ts'

/** Maximum number of schemas that one value must be compared with. */
const MAX_SCHEMAS = 10_000

/** A part of a document that becomes too large, and how to fix it. */
export interface Excess {
  readonly path: readonly string[]
  readonly message: string
}

/**
 * Finds a schema that includes others several times, which include others several times. Each schema is counted once,
 * so that the time is linear.
 */
export function findExcess(document: JsonObject): Excess | undefined {
  const schemasOf = createCount(document)
  let excess: Excess | undefined
  visitObjects<undefined>(
    document,
    (object, path) => {
      if (excess !== undefined || !includes(object) || schemasOf(object) <= MAX_SCHEMAS) return undefined
      const message = `the schema includes more than ${MAX_SCHEMAS} schemas by allOf, anyOf, oneOf and $ref; include each schema once`
      excess = { path: [...path], message }
      return undefined
    },
    undefined,
  )
  return excess
}

const KEYWORDS = ['$ref', 'allOf', 'anyOf', 'oneOf', 'not', 'if', 'then', 'else', 'dependentSchemas']

// Most objects of a document include no other schema, and need not be counted.
function includes(object: JsonObject): boolean {
  return KEYWORDS.some((keyword) => object[keyword] !== undefined)
}

// What a value must be compared with in addition to the schema itself.
function includedIn(schema: JsonObject): JsonValue[] {
  const { allOf, anyOf, oneOf, not, if: condition, then, else: otherwise, dependentSchemas } = schema
  const branches = [allOf, anyOf, oneOf, not, condition, then, otherwise].flatMap((part) => part ?? [])
  return [...branches, ...(isObject(dependentSchemas) ? Object.values(dependentSchemas) : [])]
}

// Counts a schema and those that it includes, also behind `$ref`s. One that includes itself counts once.
function createCount(document: JsonObject): (value: JsonValue) => number {
  const counts = new Map<JsonValue, number>()
  const countOf = (value: JsonValue): number => {
    if (typeof value !== 'object' || value === null || (isObject(value) && !includes(value))) return 1
    const known = counts.get(value)
    if (known !== undefined) return known
    counts.set(value, 1)
    const target = isObject(value) && typeof value['$ref'] === 'string' ? pointerOf(value['$ref']) : undefined
    const parts = target === undefined ? [] : [valueAt(document, target) ?? null]
    for (const part of isObject(value) ? includedIn(value) : value) parts.push(part)
    const count = parts.reduce((sum: number, part) => sum + countOf(part), 1)
    counts.set(value, count)
    return count
  }
  return countOf
}
