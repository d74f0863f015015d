import { type JsonObject, isObject } from '../util/json.ts'
import { deref, escapePointer, valueAt } from './json-pointer.ts'
import { toPattern } from './linear-pattern.ts'
import type { MergedSchema } from './merge-schema.ts'

/** Whether one of the schemas of a property is write-only: such a property is not in responses. */
export function isHidden(document: JsonObject, pointers: readonly string[]): boolean {
  return pointers.some((pointer) => {
    const schema = valueAt(document, pointer)
    const { value } = deref(document, schema ?? null, '')
    return [schema, value].some((one) => isObject(one) && one['writeOnly'] === true)
  })
}

/** The properties that the properties of an object require, and that it does not have. */
export function dependents(document: JsonObject, { pointers }: MergedSchema, result: JsonObject): string[] {
  const lists = pointers.flatMap((pointer) => {
    const schema = valueAt(document, pointer)
    return isObject(schema) && isObject(schema['dependentRequired']) ? Object.entries(schema['dependentRequired']) : []
  })
  return lists
    .filter(([name]) => Object.hasOwn(result, name))
    .flatMap(([, names]) => (Array.isArray(names) ? names.map(String) : []))
    .filter((name) => !Object.hasOwn(result, name))
}

/** The pointers of the schemas in `patternProperties`, by pattern. */
export function patternProperties(document: JsonObject, { inside }: MergedSchema): Record<string, string[]> {
  const found: Record<string, string[]> = {}
  for (const pointer of inside.get('patternProperties') ?? []) {
    const patterns = valueAt(document, pointer)
    for (const pattern of Object.keys(isObject(patterns) ? patterns : {}))
      found[pattern] = [...(found[pattern] ?? []), `${pointer}/${escapePointer(pattern)}`]
  }
  return found
}

/** The pointers of the schemas in `patternProperties` for a property. */
export function patternPointers(document: JsonObject, merged: MergedSchema, name: string): string[] {
  if (!merged.inside.has('patternProperties')) return []
  return Object.entries(patternProperties(document, merged)).flatMap(([pattern, pointers]) =>
    matchesPattern(pattern, name) ? pointers : [],
  )
}

/** The pointers of the schemas for a property that `properties` does not name. */
export function otherPointers(document: JsonObject, merged: MergedSchema, name: string): readonly string[] {
  const ofPattern = patternPointers(document, merged, name)
  if (ofPattern.length > 0) return ofPattern
  const { inside } = merged
  return [...(inside.get('additionalProperties') ?? []), ...(inside.get('unevaluatedProperties') ?? [])]
}

function matchesPattern(pattern: string, name: string): boolean {
  try {
    return toPattern(pattern).test(name)
  } catch {
    return false
  }
}
