import { type JsonObject, type JsonValue, isObject } from '../util/json-value.ts'

/** A value of a document, and its JSON pointer. */
export interface Place {
  readonly value: JsonValue
  readonly pointer: string
}

/** Escapes one segment of a JSON pointer. */
export function escapePointer(segment: string): string {
  return segment.replaceAll('~', '~0').replaceAll('/', '~1')
}

/** The JSON pointer of a path of keys. */
export function toPointer(path: readonly string[]): string {
  return path.map((key) => `/${escapePointer(key)}`).join('')
}

/** The keys of a JSON pointer, unescaped. */
export function toPath(pointer: string): string[] {
  return pointer
    .split('/')
    .slice(1)
    .map((segment) => segment.replaceAll('~1', '/').replaceAll('~0', '~'))
}

/** The JSON pointer in an internal `$ref`; undefined if it has none. */
export function pointerOf(ref: string): string | undefined {
  try {
    const pointer = decodeURIComponent(ref.slice(ref.indexOf('#') + 1))
    return pointer === '' || pointer.startsWith('/') ? pointer : undefined
  } catch {
    return undefined
  }
}

/** The value at a JSON pointer of the document; undefined if there is none. */
export function valueAt(document: JsonObject, pointer: string): JsonValue | undefined {
  return valueIn(document, toPath(pointer))
}

/** The value at a path of keys; undefined if there is none. */
export function valueIn(value: JsonValue | undefined, path: readonly string[]): JsonValue | undefined {
  return path.reduce<JsonValue | undefined>(
    (at, key) => (Array.isArray(at) ? at[Number(key)] : isObject(at) && Object.hasOwn(at, key) ? at[key] : undefined),
    value,
  )
}

/** Follows internal `$ref`s, at most 32 in a row, to a value and its JSON pointer. */
export function deref(document: JsonObject, value: JsonValue, pointer: string): Place {
  let place: Place = { value, pointer }
  for (let hops = 0; hops < 32; hops++) {
    if (!isObject(place.value) || typeof place.value['$ref'] !== 'string') return place
    const target = pointerOf(place.value['$ref'])
    place = { value: target === undefined ? null : (valueAt(document, target) ?? null), pointer: target ?? '' }
  }
  return place
}

/** A schema and all schemas in its allOf, anyOf and oneOf, each once: a schema may contain itself. */
export function composedOf(document: JsonObject, schema: JsonValue): JsonObject[] {
  return placesIn(document, { value: schema, pointer: '' }).flatMap(({ value }) => (isObject(value) ? [value] : []))
}

/** The places of the schema at a JSON pointer and of all schemas in its allOf, anyOf and oneOf, each once. */
export function composedPlaces(document: JsonObject, pointer: string): Place[] {
  return placesIn(document, { value: valueAt(document, pointer) ?? null, pointer })
}

// The keywords beside a `$ref` belong to the schema too, in OpenAPI 3.1.
function placesIn(document: JsonObject, start: Place): Place[] {
  const seen = new Set<JsonValue>()
  const places: Place[] = []
  const add = (place: Place): void => {
    const { value, pointer } = place
    if (!isObject(value) || seen.has(value)) return
    seen.add(value)
    const reference = value['$ref'] ?? value['$dynamicRef']
    const target = typeof reference === 'string' ? pointerOf(reference) : undefined
    if (target === undefined || Object.keys(value).length > 1) places.push(place)
    if (target !== undefined) add({ value: valueAt(document, target) ?? null, pointer: target })
    for (const keyword of ['allOf', 'anyOf', 'oneOf']) {
      const branches = value[keyword]
      if (Array.isArray(branches))
        for (const [i, branch] of branches.entries()) add({ value: branch, pointer: `${pointer}/${keyword}/${i}` })
    }
  }
  add(start)
  return places
}
