import type { JsonObject, JsonValue } from './json.ts'
import { isObject } from './json.ts'
import { deref, valueAt } from './operation.ts'

/** The values that a schema lists by name, and the titles of its other branches: `gpt-image-1 …` and `flux-*`. */
export interface Alternatives {
  readonly values: readonly string[]
  readonly titles: readonly string[]
}

/** What a property of the schema at a JSON pointer may be, as far as the contract says it by name. */
export function alternativesOf(document: JsonObject, pointer: string, property: string): Alternatives {
  const schemas = branchesOf(document, valueAt(document, pointer) ?? null)
    .flatMap(({ properties }) => (isObject(properties) ? [properties[property] ?? null] : []))
    .flatMap((schema) => branchesOf(document, schema))
  const values = schemas.flatMap((schema) => schema['enum'] ?? []).filter((value) => typeof value === 'string')
  const titles = schemas
    .filter((schema) => schema['enum'] === undefined)
    .flatMap(({ title }) => title ?? [])
    .filter((title) => typeof title === 'string')
  return { values: [...new Set(values)], titles: [...new Set(titles)] }
}

// A schema and all that it is composed of, at most eight levels down: a schema may be composed of itself.
function branchesOf(document: JsonObject, schema: JsonValue, depth = 0): JsonObject[] {
  const { value } = deref(document, schema, '')
  if (!isObject(value) || depth > 8) return []
  return [value, ...['allOf', 'anyOf', 'oneOf'].flatMap((key) => value[key] ?? []).flatMap((branch) => branchesOf(document, branch, depth + 1))]
}
