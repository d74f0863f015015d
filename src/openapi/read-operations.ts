import type { JsonObject, JsonValue } from '../util/json.ts'
import { isObject } from '../util/json.ts'
import type { Alternatives, Operation, Parameter, ParameterPlace, ResponseSpec } from './operation.ts'
import { bodySchemaOf, isJsonType } from './operation.ts'
import { escapePointer } from './json-pointer.ts'
import type { Place } from './walk.ts'
import { composedOf, deref, valueAt } from './walk.ts'

const METHODS = new Set(['get', 'put', 'post', 'delete', 'options', 'head', 'patch', 'trace'])
// OpenAPI 3: "If in is "header" and the name field is "Accept", "Content-Type" or "Authorization", the parameter definition SHALL be ignored."
const IGNORED_HEADERS = new Set(['accept', 'content-type', 'authorization'])

/** Every Operation of a document whose `$ref`s are internal, in the order in which they must be routed. */
export function toOperations(document: JsonObject): Operation[] {
  const paths = isObject(document['paths']) ? document['paths'] : {}
  const operations = Object.entries(paths).flatMap(([path, value]) => {
    const item = deref(document, value, `/paths/${escapePointer(path)}`)
    if (!path.startsWith('/') || !isObject(item.value)) return []
    const shared = item.value['parameters']
    return Object.entries(item.value)
      .filter(([method]) => METHODS.has(method))
      .map(([method, operation]) =>
        toOperation(document, {
          method,
          path,
          pointer: `${item.pointer}/${method}`,
          operation,
          shared: { value: shared ?? [], pointer: `${item.pointer}/parameters` },
        }),
      )
  })
  return operations.toSorted((a, b) => comparePaths(a.path, b.path))
}

interface OperationSource {
  readonly method: string
  readonly path: string
  readonly pointer: string
  readonly operation: JsonValue
  readonly shared: Place
}

function toOperation(document: JsonObject, source: OperationSource): Operation {
  const operation = isObject(source.operation) ? source.operation : {}
  const own = toParameters(document, { value: operation['parameters'] ?? [], pointer: `${source.pointer}/parameters` })
  const shared = toParameters(document, source.shared).filter(
    (parameter) => !own.some((other) => other.name === parameter.name && other.in === parameter.in),
  )
  const { operationId } = operation
  const body = toBody(document, { value: operation['requestBody'] ?? null, pointer: `${source.pointer}/requestBody` })
  return {
    method: source.method.toUpperCase(),
    path: source.path,
    operationId: typeof operationId === 'string' ? operationId : undefined,
    parameters: [...shared, ...own],
    body,
    ...toFields(document, body),
    responses: toResponses(document, { value: operation['responses'] ?? null, pointer: `${source.pointer}/responses` }),
  }
}

function toParameters(document: JsonObject, { value, pointer }: Place): Parameter[] {
  if (!Array.isArray(value)) return []
  return value.flatMap((item: JsonValue, index): Parameter[] => {
    const place = deref(document, item, `${pointer}/${index}`)
    if (!isObject(place.value)) return []
    const { name, in: where, required, style, explode, schema, content } = place.value
    if (typeof name !== 'string' || !isPlace(where)) return []
    if (where === 'header' && IGNORED_HEADERS.has(name.toLowerCase())) return []
    const [mediaType, media] = Object.entries(isObject(content) ? content : {})[0] ?? []
    const spec = (mediaType === undefined ? schema : childOf(document, media ?? null, 'schema')) ?? null
    const chosen = typeof style === 'string' ? style : where === 'query' || where === 'cookie' ? 'form' : 'simple'
    const schemaPointer =
      mediaType === undefined
        ? schema === undefined
          ? undefined
          : `${place.pointer}/schema`
        : `${place.pointer}/content/${escapePointer(mediaType)}/schema`
    return [
      {
        name,
        in: where,
        required: required === true || where === 'path',
        style: chosen,
        explode: typeof explode === 'boolean' ? explode : chosen === 'form',
        types: typesOf(document, spec),
        itemTypes: typesOf(document, childOf(document, spec, 'items')),
        propertyTypes: Object.fromEntries(
          propertiesOf(document, spec).map(([key, property]) => [key, typesOf(document, property)]),
        ),
        schema: schemaPointer,
        isJson: mediaType !== undefined && isJsonType(mediaType),
      },
    ]
  })
}

function isPlace(value: JsonValue | undefined): value is ParameterPlace {
  return value === 'path' || value === 'query' || value === 'header' || value === 'cookie'
}

function toBody(document: JsonObject, source: Place): Operation['body'] {
  const { value, pointer } = deref(document, source.value, source.pointer)
  if (!isObject(value) || !isObject(value['content'])) return undefined
  return {
    required: value['required'] === true,
    mediaTypes: Object.keys(value['content']),
    pointer: `${pointer}/content`,
  }
}

function toFields(document: JsonObject, body: Operation['body']): Pick<Operation, 'fields' | 'models'> {
  const pointer = bodySchemaOf({ body })
  const properties = (pointer === undefined ? [] : composedOf(document, valueAt(document, pointer) ?? null))
    .flatMap((schema) => schema['properties'] ?? [])
    .filter(isObject)
  const models = properties.flatMap(({ model }) => (model === undefined ? [] : composedOf(document, model)))
  return { fields: [...new Set(properties.flatMap(Object.keys))], models: alternativesOf(models) }
}

function alternativesOf(schemas: readonly JsonObject[]): Alternatives {
  const values = schemas.flatMap((schema) => schema['enum'] ?? []).filter((value) => typeof value === 'string')
  const titles = schemas
    .filter((schema) => schema['enum'] === undefined)
    .flatMap(({ title }) => title ?? [])
    .filter((title) => typeof title === 'string')
  return { values: [...new Set(values)], titles: [...new Set(titles)] }
}

function toResponses(document: JsonObject, { value, pointer }: Place): ResponseSpec[] {
  if (!isObject(value)) return []
  return Object.entries(value).map(([status, response]) => {
    const place = deref(document, response, `${pointer}/${escapePointer(status)}`)
    const content = isObject(place.value) && isObject(place.value['content']) ? place.value['content'] : {}
    return { status, mediaTypes: Object.keys(content), pointer: place.pointer }
  })
}

// The JSON types that a schema allows at its top.
function typesOf(document: JsonObject, schema: JsonValue): string[] {
  const types = composedOf(document, schema).flatMap((value): string[] => {
    const { type, nullable } = value
    if (typeof type === 'string') return nullable === true ? [type, 'null'] : [type]
    if (Array.isArray(type)) return type.filter((item): item is string => typeof item === 'string')
    return [value['const'] ?? [], value['enum'] ?? []]
      .flat()
      .map((item: JsonValue) => (item === null ? 'null' : typeof item))
  })
  return [...new Set(types)]
}

function childOf(document: JsonObject, parent: JsonValue, key: string): JsonValue {
  const { value } = deref(document, parent, '')
  return isObject(value) ? (value[key] ?? null) : null
}

function propertiesOf(document: JsonObject, schema: JsonValue): [string, JsonValue][] {
  return composedOf(document, schema).flatMap(({ properties }) =>
    isObject(properties) ? Object.entries(properties) : [],
  )
}

// OpenAPI 3: concrete paths before templated ones. Compared segment by segment, so /items/latest comes before /items/{id}, and
// /files/{name}.json before /files/{name}. What a shorter path lacks counts as concrete, or else the order would not be transitive.
function comparePaths(a: string, b: string): number {
  const left = a.split('/')
  const right = b.split('/')
  for (let i = 0; i < Math.max(left.length, right.length); i++) {
    const difference = opennessOf(left[i] ?? '') - opennessOf(right[i] ?? '')
    if (difference !== 0) return difference
  }
  return 0
}

function opennessOf(segment: string): number {
  return /^\{[^}]+\}$/.test(segment) ? 2 : segment.includes('{') ? 1 : 0
}
