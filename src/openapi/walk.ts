import { type JsonObject, type JsonValue, isObject } from '../util/json.ts'

// Values under these keywords are data, not schemas.
const DATA_KEYWORDS = new Set(['example', 'enum', 'const', 'default'])
// Keys under these keywords are names, not keywords: a property may be called `example`, a response `default`.
const NAME_KEYWORDS = new Set(
  'properties patternProperties $defs definitions dependentSchemas paths webhooks responses content encoding x-files schemas parameters headers requestBodies securitySchemes links callbacks pathItems'.split(
    ' ',
  ),
)

/** Whether the value of a keyword is data: an example, an enum, a default, or an extension such as `x-internal`. */
function isData(keyword: string): boolean {
  return DATA_KEYWORDS.has(keyword) || (keyword.startsWith('x-') && keyword !== 'x-files')
}

/** Changes one object of a document, which is at this path. */
export type Change = (object: JsonObject, path: readonly string[]) => JsonObject

/** Changes each object of a document, the inner ones first. Data (examples, enums, extensions) does not change. */
export function mapObjects(object: JsonObject, change: Change, path: readonly string[] = []): JsonObject {
  const entries = Object.entries(object).map(([key, item]): [string, JsonValue] => {
    const inside = [...path, key]
    if (isData(key)) return [key, item]
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

/**
 * Visits an object of a document. `path` is reused: copy it to keep it. `state` is what the visit of the object around
 * it returned, and what it returns is passed to the objects inside.
 */
export type Visit<S> = (object: JsonObject, path: readonly string[], state: S) => S

/** Visits each object of a document, the outer ones first, and not the data in it. It copies nothing. */
export function visitObjects<S>(root: JsonValue, visit: Visit<S>, state: S): void {
  const path: string[] = []
  const inside = (key: string, value: JsonValue, from: S): void => {
    if (typeof value !== 'object' || value === null) return
    path.push(key)
    visitValue(value, from)
    path.pop()
  }
  const visitValue = (value: JsonValue, from: S): void => {
    if (isObject(value)) visitObject(value, from)
    else if (Array.isArray(value)) for (const [i, item] of value.entries()) inside(String(i), item, from)
  }
  const visitObject = (object: JsonObject, from: S): void => {
    const own = visit(object, path, from)
    for (const key of Object.keys(object)) {
      const item = object[key]
      if (item === undefined || typeof item !== 'object' || item === null || isData(key)) continue
      path.push(key)
      if (key === 'examples') visitExamples(item, own)
      else if (NAME_KEYWORDS.has(key) && isObject(item))
        for (const name of Object.keys(item)) inside(name, item[name] ?? null, own)
      else visitValue(item, own)
      path.pop()
    }
  }
  // An example is an object of OpenAPI, which may have a `$ref`. Its value is data.
  const visitExamples = (examples: JsonValue, from: S): void => {
    if (!isObject(examples)) return
    for (const [name, example] of Object.entries(examples)) {
      if (!isObject(example)) continue
      path.push(name)
      visit(example, path, from)
      path.pop()
    }
  }
  visitValue(root, state)
}
