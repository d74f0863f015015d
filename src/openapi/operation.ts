import { type JsonObject, type JsonValue, isObject } from '../util/json-value.ts'
import { typesOf } from './schema-types.ts'
import { type Credential, credentialsOf } from './security.ts'
import { basePathsOf } from './servers.ts'
import { type Place, composedOf, deref, escapePointer, valueAt } from './json-pointer.ts'

/** One method and path of the contract, ready to validate requests. Plain data: the build writes it as JSON. */
export interface Operation {
  /** In upper case. */
  readonly method: string
  /** As in the contract, with `{parameters}`. */
  readonly path: string
  readonly operationId: string | undefined
  /** The custom behaviour that the document gives it: `x-chat-image-mock`. */
  readonly behaviour: string | undefined
  /** Paths of the document's `servers`, below which it is served too. */
  readonly bases: readonly string[]
  /** The sets of credentials of which it requires one. */
  readonly credentials: readonly (readonly Credential[])[]
  readonly parameters: readonly Parameter[]
  /** Undefined if the contract has no request body for it. */
  readonly body:
    | { readonly required: boolean; readonly mediaTypes: readonly string[]; readonly pointer: string }
    | undefined
  /** The fields of the JSON body that the contract defines. */
  readonly fields: readonly string[]
  /** Those of them that change no response: their schema has `x-mock-ignored: true`. */
  readonly ignored: readonly string[]
  /** The values of the field `model` that the contract defines. */
  readonly models: Alternatives
  readonly responses: readonly ResponseSpec[]
}

/** A parameter of an Operation, and how its value is read from text. */
export interface Parameter {
  readonly name: string
  readonly in: 'path' | 'query' | 'header' | 'cookie'
  readonly required: boolean
  readonly style: string
  readonly explode: boolean
  /** JSON types that the schema and its branches allow; empty when they allow any. */
  readonly types: readonly string[]
  readonly allowEmptyValue: boolean
  /** JSON pointer of its schema; undefined for a parameter without one. */
  readonly schema: string | undefined
  /** Whether its value is JSON (`content: application/json`). */
  readonly isJson: boolean
}

/** One documented response of an Operation. */
export interface ResponseSpec {
  /** `200`, `4XX` or `default`. */
  readonly status: string
  readonly mediaTypes: readonly string[]
  readonly pointer: string
}

/** The values that a schema lists, and the titles of its other branches: `gpt-image-1 …` and `flux-*`. */
export interface Alternatives {
  readonly values: readonly string[]
  readonly titles: readonly string[]
}

const METHODS = new Set(['get', 'put', 'post', 'delete', 'options', 'head', 'patch', 'trace'])
// OpenAPI 3: if `in` is `header` and the name is Accept, Content-Type or Authorization, "the parameter definition
// SHALL be ignored".
const IGNORED_HEADERS = new Set(['accept', 'content-type', 'authorization'])

// Media types are sent in a header.
const MEDIA_TYPE = /^[\w!#$&^.+*-]+\/[\w!#$&^.+*-]+[ \t]*(?:;[\x20-\x7e]*)?$/

/** Whether a key of a `content` is a media type. All other keys are ignored. */
export function isMediaType(key: string): boolean {
  return MEDIA_TYPE.test(key)
}

/** Whether a media type, with or without parameters, is JSON. */
export function isJsonType(mediaType: string): boolean {
  return /^application\/(?:[\w.-]+\+)?json\s*(?:;|$)/i.test(mediaType)
}

const FORM = /^(?:application\/x-www-form-urlencoded|multipart\/form-data)\s*(?:;|$)/i

/** Whether a media type is a form. */
export function isFormType(mediaType: string): boolean {
  return FORM.test(mediaType)
}

/** The JSON pointer of the schema of one media type, under the pointer of a `content`. */
export function schemaPointer(content: string, mediaType: string): string {
  return `${content}/${escapePointer(mediaType)}/schema`
}

/** The JSON pointer of an Operation's schema for JSON bodies; undefined if it accepts none. */
export function bodySchemaOf({ body }: Pick<Operation, 'body'>): string | undefined {
  const mediaType = body?.mediaTypes.find(isJsonType)
  return body === undefined || mediaType === undefined ? undefined : schemaPointer(body.pointer, mediaType)
}

/** The Operations of a document whose `$ref`s are internal, in the order in which they must be routed. */
export function toOperations(document: JsonObject): Operation[] {
  const paths = isObject(document['paths']) ? document['paths'] : {}
  const operations = Object.entries(paths).flatMap(([path, value]) => {
    const item = deref(document, value, `/paths/${escapePointer(path)}`)
    if (!path.startsWith('/') || !isObject(item.value)) return []
    const shared = toParameters(document, childOf(item, 'parameters'))
    return Object.keys(item.value)
      .filter((method) => METHODS.has(method))
      .map((method) => ({
        method: method.toUpperCase(),
        path,
        bases: basePathsOf([childOf(item, method).value, item.value, document]),
        ...toOperation(document, childOf(item, method), shared),
      }))
  })
  return operations.toSorted((a, b) => comparePaths(a.path, b.path))
}

// Reads the operation at a place of the document. Its parameters override those of the path.
function toOperation(
  document: JsonObject,
  place: Place,
  shared: readonly Parameter[],
): Omit<Operation, 'method' | 'path' | 'bases'> {
  const own = toParameters(document, childOf(place, 'parameters'))
  const isOverridden = (parameter: Parameter): boolean =>
    own.some((other) => other.name === parameter.name && other.in === parameter.in)
  const { value: operationId } = childOf(place, 'operationId')
  const { value: behaviour } = childOf(place, 'x-chat-image-mock')
  const body = toBody(document, childOf(place, 'requestBody'))
  return {
    operationId: typeof operationId === 'string' ? operationId : undefined,
    behaviour: typeof behaviour === 'string' ? behaviour : undefined,
    credentials: credentialsOf(document, place.value),
    parameters: [...shared.filter((parameter) => !isOverridden(parameter)), ...own],
    body,
    ...toFields(document, body),
    responses: toResponses(document, childOf(place, 'responses')),
  }
}

// The value of a key, without following `$ref`s; null if there is none.
function childOf({ value, pointer }: Place, key: string): Place {
  return { value: (isObject(value) ? value[key] : undefined) ?? null, pointer: `${pointer}/${escapePointer(key)}` }
}

function toParameters(document: JsonObject, { value, pointer }: Place): Parameter[] {
  if (!Array.isArray(value)) return []
  return value.flatMap((item: JsonValue, index): Parameter[] => {
    const place = deref(document, item, `${pointer}/${index}`)
    if (!isObject(place.value)) return []
    const { name, in: where, required, style, explode, content, allowEmptyValue } = place.value
    if (typeof name !== 'string') return []
    if (where !== 'path' && where !== 'query' && where !== 'header' && where !== 'cookie') return []
    if (where === 'header' && IGNORED_HEADERS.has(name.toLowerCase())) return []
    const [mediaType] = Object.keys(isObject(content) ? content : {})
    const media = mediaType === undefined ? place : childOf(childOf(place, 'content'), mediaType)
    const schema = childOf(deref(document, media.value, media.pointer), 'schema')
    const chosen = typeof style === 'string' ? style : where === 'query' || where === 'cookie' ? 'form' : 'simple'
    return [
      {
        name,
        in: where,
        required: required === true || where === 'path',
        style: chosen,
        explode: typeof explode === 'boolean' ? explode : chosen === 'form',
        types: [...new Set(composedOf(document, schema.value).flatMap(typesOf))],
        allowEmptyValue: allowEmptyValue === true,
        schema: mediaType === undefined && place.value['schema'] === undefined ? undefined : schema.pointer,
        isJson: mediaType !== undefined && isJsonType(mediaType),
      },
    ]
  })
}

function toBody(document: JsonObject, source: Place): Operation['body'] {
  const { value, pointer } = deref(document, source.value, source.pointer)
  if (!isObject(value) || !isObject(value['content'])) return undefined
  return {
    required: value['required'] === true,
    mediaTypes: Object.keys(value['content']).filter(isMediaType),
    pointer: `${pointer}/content`,
  }
}

function toFields(document: JsonObject, body: Operation['body']): Pick<Operation, 'fields' | 'ignored' | 'models'> {
  const pointer = bodySchemaOf({ body })
  const properties = (pointer === undefined ? [] : composedOf(document, valueAt(document, pointer) ?? null))
    .flatMap((schema) => schema['properties'] ?? [])
    .filter(isObject)
  const models = properties.flatMap(({ model }) => (model === undefined ? [] : composedOf(document, model)))
  const values = models.flatMap((schema) => schema['enum'] ?? []).filter((value) => typeof value === 'string')
  const titles = models
    .filter((schema) => schema['enum'] === undefined)
    .flatMap(({ title }) => title ?? [])
    .filter((title) => typeof title === 'string')
  return {
    fields: [...new Set(properties.flatMap(Object.keys))],
    ignored: properties.flatMap(Object.entries).flatMap(([name, schema]) => (isIgnored(schema) ? name : [])),
    models: { values: [...new Set(values)], titles: [...new Set(titles)] },
  }
}

function isIgnored(schema: JsonValue): boolean {
  return isObject(schema) && schema['x-mock-ignored'] === true
}

function toResponses(document: JsonObject, source: Place): ResponseSpec[] {
  return Object.keys(isObject(source.value) ? source.value : {}).map((status) => {
    const response = childOf(source, status)
    const { value, pointer } = deref(document, response.value, response.pointer)
    const { value: content } = childOf({ value, pointer }, 'content')
    return { status, mediaTypes: Object.keys(isObject(content) ? content : {}).filter(isMediaType), pointer }
  })
}

// OpenAPI 3: concrete paths before templated ones. Compared segment by segment: /items/latest comes before
// /items/{id}, and /files/{name}.json before /files/{name}. A segment that the shorter path lacks counts as concrete:
// otherwise the order would not be transitive.
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
