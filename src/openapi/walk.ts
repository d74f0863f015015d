import type { JsonObject, JsonValue } from '../util/json.ts'
import { isObject } from '../util/json.ts'
import { pointerOf, toPath } from './json-pointer.ts'

/** A value of a document, and where it stands. */
export interface Place {
  readonly value: JsonValue
  readonly pointer: string
}

/** The value at a JSON pointer of the document; undefined where there is none. */
export function valueAt(document: JsonObject, pointer: string): JsonValue | undefined {
  let value: JsonValue | undefined = document
  for (const key of toPath(pointer)) {
    if (Array.isArray(value)) value = value[Number(key)]
    else if (isObject(value) && Object.hasOwn(value, key)) value = value[key]
    else return undefined
  }
  return value
}

/** Follows internal `$ref`s, at most 32 of them, to a value and its JSON pointer. */
export function deref(document: JsonObject, value: JsonValue, pointer: string): Place {
  let place: Place = { value, pointer }
  for (let hops = 0; hops < 32; hops++) {
    if (!isObject(place.value) || typeof place.value['$ref'] !== 'string') return place
    const target = pointerOf(place.value['$ref'])
    place = { value: target === undefined ? null : (valueAt(document, target) ?? null), pointer: target ?? '' }
  }
  return place
}

/** A schema and all that it is composed of by allOf, anyOf and oneOf, each once: a schema may be composed of itself. */
export function composedOf(document: JsonObject, schema: JsonValue, seen: Set<JsonObject> = new Set()): JsonObject[] {
  const { value } = deref(document, schema, '')
  if (!isObject(value) || seen.has(value)) return []
  seen.add(value)
  return [
    value,
    ...['allOf', 'anyOf', 'oneOf']
      .flatMap((key) => value[key] ?? [])
      .flatMap((branch) => composedOf(document, branch, seen)),
  ]
}
