import { type JsonObject, type JsonValue, isObject } from '../util/json-value.ts'

const METHODS = ['get', 'put', 'post', 'delete', 'options', 'head', 'patch', 'trace']

/** One operation of the contract, as the page shows it. */
export interface ContractOperation {
  readonly method: string
  readonly path: string
  readonly summary: string
  readonly description: string
  readonly isDeprecated: boolean
  readonly parameters: readonly Field[]
  /** The request body by media type. */
  readonly body: readonly Content[]
  readonly responses: readonly DocumentedResponse[]
}

/** A response of an operation. */
export interface DocumentedResponse {
  readonly status: string
  readonly description: string
  readonly contents: readonly Content[]
}

/** A schema with its media type. */
export interface Content {
  readonly mediaType: string
  readonly schema: Field
}

/** A parameter, a property or a whole body, with what is inside it. */
export interface Field {
  readonly name: string
  /** Where a parameter is sent; empty for others. */
  readonly place: string
  readonly type: string
  readonly description: string
  readonly isRequired: boolean
  readonly isDeprecated: boolean
  /** Whether the mock accepts it without an effect. */
  readonly isIgnored: boolean
  readonly fields: readonly Field[]
  /** Why `fields` is not complete. */
  readonly stop: 'cycle' | 'depth' | undefined
}

/** Levels of a schema that are shown. */
const MAX_DEPTH = 8

/** The operations of an OpenAPI document. Parts that are not valid are left out. */
export function toOperations(document: unknown): ContractOperation[] {
  if (!isObject(document) || !isObject(document['paths'])) return []
  return Object.entries(document['paths']).flatMap(([path, value]) => {
    const item = resolve(document, value)
    if (!isObject(item)) return []
    return METHODS.filter((method) => isObject(item[method])).map((method) =>
      toOperation(document, { method, path, item, operation: asObject(item[method]) }),
    )
  })
}

interface Found {
  readonly method: string
  readonly path: string
  readonly item: JsonObject
  readonly operation: JsonObject
}

function toOperation(document: JsonObject, { method, path, item, operation }: Found): ContractOperation {
  const body = asObject(resolve(document, operation['requestBody']))
  return {
    method: method.toUpperCase(),
    path,
    summary: text(operation['summary']),
    description: text(operation['description']),
    isDeprecated: operation['deprecated'] === true,
    parameters: [...list(item['parameters']), ...list(operation['parameters'])].map((value) => {
      const parameter = asObject(resolve(document, value))
      const field = toField(document, { name: text(parameter['name']), value: parameter['schema'] })
      return {
        ...field,
        place: text(parameter['in']),
        description: text(parameter['description']) || field.description,
        isRequired: parameter['required'] === true,
        isDeprecated: parameter['deprecated'] === true,
      }
    }),
    body: toContents(document, body['content']),
    responses: Object.entries(asObject(operation['responses'])).map(([status, value]) => {
      const response = asObject(resolve(document, value))
      return {
        status,
        description: text(response['description']),
        contents: toContents(document, response['content']),
      }
    }),
  }
}

function toContents(document: JsonObject, content: JsonValue | undefined): Content[] {
  return Object.entries(asObject(content)).map(([mediaType, value]) => ({
    mediaType,
    schema: toField(document, { name: '', value: asObject(value)['schema'] }),
  }))
}

interface Place {
  readonly name: string
  readonly value: JsonValue | undefined
  readonly isRequired?: boolean
  /** The schemas around this one. */
  readonly parents?: readonly JsonValue[]
}

function toField(document: JsonObject, { name, value, isRequired = false, parents = [] }: Place): Field {
  const schema = asObject(resolve(document, value))
  const isCycle = parents.includes(schema)
  const isDeep = parents.length >= MAX_DEPTH
  const inner = isCycle || isDeep ? [] : fieldsIn(document, schema, [...parents, schema])
  return {
    name,
    place: '',
    type: typeOf(document, schema),
    description: text(schema['description']),
    isRequired,
    isDeprecated: schema['deprecated'] === true,
    isIgnored: schema['x-mock-ignored'] === true,
    fields: inner,
    stop: isCycle ? 'cycle' : isDeep && fieldsIn(document, schema, [schema]).length > 0 ? 'depth' : undefined,
  }
}

// Properties, items, and what the branches of a composed schema add.
function fieldsIn(document: JsonObject, schema: JsonObject, parents: readonly JsonValue[]): Field[] {
  if (parents.length > MAX_DEPTH) return []
  const required = list(schema['required'])
  const properties = Object.entries(asObject(schema['properties'])).map(([name, value]) =>
    toField(document, { name, value, isRequired: required.includes(name), parents }),
  )
  const items = isObject(schema['items']) ? [toField(document, { name: '[]', value: schema['items'], parents })] : []
  const branches = ['allOf', 'anyOf', 'oneOf'].flatMap((key) =>
    list(schema[key]).map((value, i) => toField(document, { name: `${key} ${i + 1}`, value, parents })),
  )
  return [...properties, ...items, ...branches]
}

function typeOf(document: JsonObject, schema: JsonObject): string {
  const { type, format, nullable } = schema
  const values = list(schema['enum'])
  const base = Array.isArray(type) ? type.join(' | ') : text(type)
  const of = base === 'array' ? text(asObject(resolve(document, schema['items']))['type']) : ''
  const parts = [
    of === '' ? base : `${of}[]`,
    typeof format === 'string' ? `(${format})` : '',
    nullable === true ? '| null' : '',
    values.length > 0 ? `: ${values.map((one) => JSON.stringify(one)).join(', ')}` : '',
  ]
  return parts.filter((part) => part !== '').join(' ')
}

/** The value at a JSON pointer; undefined if there is none. */
export function valueAt(document: unknown, pointer: string): JsonValue | undefined {
  let value: JsonValue | undefined = isObject(document) ? document : undefined
  for (const part of pointer.split('/').slice(1)) {
    const key = part.replaceAll('~1', '/').replaceAll('~0', '~')
    if (Array.isArray(value)) value = value[Number(key)]
    else value = isObject(value) && Object.hasOwn(value, key) ? value[key] : undefined
  }
  return value
}

/** The operation that a JSON pointer leads into, as `POST /path`; undefined for other places. */
export function operationAt(pointer: string): string | undefined {
  const [, root, path = '', method = ''] = pointer.split('/')
  if (root !== 'paths' || !METHODS.includes(method)) return undefined
  return `${method.toUpperCase()} ${path.replaceAll('~1', '/').replaceAll('~0', '~')}`
}

const MAX_REFERENCES = 20 // that lead to another reference

function resolve(document: JsonObject, value: JsonValue | undefined): JsonValue | undefined {
  let found = value
  for (let i = 0; i < MAX_REFERENCES && isObject(found) && typeof found['$ref'] === 'string'; i++) {
    const { $ref } = found
    found = typeof $ref === 'string' && $ref.startsWith('#/') ? valueAt(document, decodeURI($ref.slice(1))) : undefined
  }
  return found
}

function asObject(value: JsonValue | undefined): JsonObject {
  return isObject(value) ? value : {}
}

function list(value: JsonValue | undefined): readonly JsonValue[] {
  return Array.isArray(value) ? value : []
}

function text(value: JsonValue | undefined): string {
  return typeof value === 'string' ? value : ''
}
