import type { JsonObject } from './json.ts'
import { isObject } from './json.ts'
import { composedOf, valueAt } from './operation.ts'

/** The values that a schema lists by name, and the titles of its other branches: `gpt-image-1 …` and `flux-*`. */
export interface Alternatives {
  readonly values: readonly string[]
  readonly titles: readonly string[]
}

/** What a property of the schema at a JSON pointer may be, as far as the contract says it by name. */
export function alternativesOf(document: JsonObject, pointer: string, property: string): Alternatives {
  const schemas = composedOf(document, valueAt(document, pointer) ?? null)
    .flatMap(({ properties }) => (isObject(properties) ? [properties[property] ?? null] : []))
    .flatMap((schema) => composedOf(document, schema))
  const values = schemas.flatMap((schema) => schema['enum'] ?? []).filter((value) => typeof value === 'string')
  const titles = schemas
    .filter((schema) => schema['enum'] === undefined)
    .flatMap(({ title }) => title ?? [])
    .filter((title) => typeof title === 'string')
  return { values: [...new Set(values)], titles: [...new Set(titles)] }
}
