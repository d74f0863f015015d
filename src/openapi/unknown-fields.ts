import { type JsonObject, type JsonValue, isObject } from '../util/json.ts'
import { didYouMean } from '../util/suggest.ts'
import type { Contract } from './contract.ts'
import { composedOf, valueAt } from './json-pointer.ts'
import { type Operation, schemaPointer } from './operation.ts'
import type { RequestParts } from './validate-request.ts'
import { type Violation, toParam } from './violation.ts'

/** Maximum number of unknown fields that are searched for in one request. */
const MAX_UNKNOWN = 50

/** Maximum number of schemas that values are compared with in one request. The rest of its body is not searched. */
const MAX_STEPS = 1_000_000

/**
 * The fields of a JSON body and the query parameters that the contract does not name, and the fields that are read-only:
 * at most 50. JSON Schema accepts them, so `validateRequest` does not report them. A schema without named properties, or
 * with a schema for all other names (`additionalProperties`, `patternProperties`), has no unknown fields.
 */
export function unknownFields(contract: Contract, operation: Operation, request: RequestParts): Violation[] {
  const found = unknownParameters(operation, request.query)
  const { body } = request
  if (body === undefined || !isObject(body.value)) return found
  const schema = valueAt(contract.document, schemaPointer(operation.body?.pointer ?? '', body.mediaType))
  if (schema === undefined) return found
  const { document } = contract
  search(body.value, composedIn(document, schema), { document, path: [], found, steps: 0 })
  return found
}

function unknownParameters({ parameters }: Operation, query: string): Violation[] {
  if (query === '') return []
  const known = parameters.filter((parameter) => parameter.in === 'query')
  if (known.some(({ types, explode }) => explode && types.includes('object'))) return []
  const names = known.map(({ name }) => name)
  return [...new Set(new URLSearchParams(query).keys())]
    .filter((name) => !names.some((other) => name === other || name.startsWith(`${other}[`)))
    .slice(0, MAX_UNKNOWN)
    .map((name) => toUnknown(name, ' (in query)', didYouMean(name, names)))
}

interface Search {
  readonly document: JsonObject
  /** Of the value that is searched. One array for all: most requests have no unknown field, and need no text of it. */
  readonly path: string[]
  readonly found: Violation[]
  steps: number
}

function search(value: JsonValue, schemas: readonly JsonObject[], context: Search): void {
  context.steps += schemas.length
  if (context.steps > MAX_STEPS) return
  if (Array.isArray(value)) searchItems(value, schemas, context)
  else if (isObject(value)) searchFields(value, schemas, context)
}

function searchItems(values: readonly JsonValue[], schemas: readonly JsonObject[], context: Search): void {
  const { document, path, found } = context
  const items = unique(schemas.flatMap((schema) => composedIn(document, schema['items'])))
  if (items.length === 0) return
  for (let i = 0; i < values.length && found.length < MAX_UNKNOWN; i++) {
    path.push(String(i))
    search(values[i] ?? null, items, context)
    path.pop()
  }
}

function searchFields(object: JsonObject, schemas: readonly JsonObject[], context: Search): void {
  const { document, path, found } = context
  const named = schemas.map(({ properties }) => properties ?? null).filter(isObject)
  const isOpen = named.length === 0 || schemas.some(acceptsOthers)
  for (const [name, value] of Object.entries(object)) {
    if (found.length >= MAX_UNKNOWN) return
    const inside = named.filter((properties) => Object.hasOwn(properties, name))
    path.push(name)
    const next = unique(inside.flatMap((properties) => composedIn(document, properties[name])))
    if (next.some((schema) => schema['readOnly'] === true)) found.push(toReadOnly(toParam('', path)))
    else if (next.length > 0) search(value, next, context)
    if (inside.length === 0 && !isOpen)
      found.push(toUnknown(toParam('', path), '', didYouMean(name, new Set(named.flatMap(Object.keys)))))
    path.pop()
  }
}

// With `additionalProperties: false` an unknown field is a violation already.
function acceptsOthers(schema: JsonObject): boolean {
  return ['additionalProperties', 'unevaluatedProperties', 'patternProperties'].some((key) => schema[key] !== undefined)
}

function toUnknown(param: string, place: string, hint: string): Violation {
  const message = `Unknown parameter: '${param.slice(0, 200)}'${place}.${hint}`
  return { param, reason: 'unknown', value: undefined, message }
}

function toReadOnly(param: string): Violation {
  const message = `Read-only parameter: '${param.slice(0, 200)}'. It is ignored.`
  return { param, reason: 'unknown', value: undefined, message }
}

// Each schema once: those of a schema whose branches contain it would double with each level.
function unique(schemas: readonly JsonObject[]): readonly JsonObject[] {
  return schemas.length < 2 ? schemas : [...new Set(schemas)]
}

const composed = new WeakMap<JsonObject, readonly JsonObject[]>()

// Cached: the schemas of a contract are the same in every request.
function composedIn(document: JsonObject, schema: JsonValue | undefined): readonly JsonObject[] {
  if (!isObject(schema)) return []
  const known = composed.get(schema)
  if (known !== undefined) return known
  const all = composedOf(document, schema)
  composed.set(schema, all)
  return all
}
