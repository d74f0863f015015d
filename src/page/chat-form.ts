import { bodySchemaOf, type Operation, toOperations } from '../openapi/operation.ts'
import { composedOf, valueAt } from '../openapi/json-pointer.ts'
import { type JsonObject, type JsonValue, isObject } from '../util/json-value.ts'

/** A field of the form, made from a property of the request's schema. */
export interface FormField {
  readonly name: string
  readonly kind: 'text' | 'number' | 'flag' | 'choice'
  /** The values of a `choice`. */
  readonly values: readonly string[]
  readonly minimum: number | undefined
  readonly maximum: number | undefined
  /** Whether a `number` is whole. */
  readonly isWhole: boolean
  /** The description in the contract. Empty without one. */
  readonly about: string
}

/** What the form of chat requests consists of. */
export interface ChatForm {
  readonly method: string
  readonly path: string
  readonly models: readonly string[]
  /** Names such as `name-*`, for which any name with this prefix can be requested. */
  readonly families: readonly string[]
  /** The properties that have one simple value, except for the model and `stream`. */
  readonly fields: readonly FormField[]
  readonly canStream: boolean
}

/** What the user entered. Empty values are not sent. */
export interface ChatEntry {
  readonly model: string
  readonly prompt: string
  /** Data URIs of reference pictures. */
  readonly references: readonly string[]
  readonly stream: boolean
  /** By the names of the fields. */
  readonly fields: Readonly<Record<string, string>>
  /** By the names of the headers. */
  readonly headers: Readonly<Record<string, string>>
}

/** The form for an operation of the contract. Undefined if the contract does not have the operation. */
export function toChatForm(
  document: JsonObject,
  chat: { readonly method: string; readonly path: string },
): ChatForm | undefined {
  const operation = toOperations(document).find(({ method, path }) => method === chat.method && path === chat.path)
  if (operation === undefined) return undefined
  const { method, path, models, fields, ignored } = operation
  const usable = fields.filter((name) => !ignored.includes(name) && !OWN_FIELDS.has(name))
  return {
    method,
    path,
    models: models.values,
    families: models.titles,
    fields: usable.flatMap((name) => toField(name, propertyOf(document, operation, name)) ?? []),
    canStream: fields.includes('stream'),
  }
}

const OWN_FIELDS = new Set(['model', 'messages', 'stream'])

// The schemas that a property of the body must or may match.
function propertyOf(document: JsonObject, operation: Operation, name: string): JsonObject[] {
  const pointer = bodySchemaOf(operation) ?? ''
  return composedOf(document, valueAt(document, pointer) ?? null)
    .flatMap(({ properties }) => (isObject(properties) ? (properties[name] ?? []) : []))
    .flatMap((property: JsonValue) => composedOf(document, property))
}

const KINDS: Readonly<Record<string, FormField['kind']>> = {
  string: 'text',
  integer: 'number',
  number: 'number',
  boolean: 'flag',
}

function toField(name: string, schemas: readonly JsonObject[]): FormField | undefined {
  const types = schemas.flatMap(({ type }) => type ?? []).filter((type) => typeof type === 'string')
  const type = types.find((one) => Object.hasOwn(KINDS, one))
  const kind = type === undefined ? undefined : KINDS[type]
  if (kind === undefined) return undefined
  const values = schemas.flatMap((schema) => schema['enum'] ?? []).filter((value) => typeof value === 'string')
  const numberOf = (key: string): number | undefined =>
    schemas.map((schema) => schema[key]).find((value) => typeof value === 'number')
  return {
    name,
    kind: kind === 'text' && values.length > 0 ? 'choice' : kind,
    values,
    minimum: numberOf('minimum'),
    maximum: numberOf('maximum'),
    isWhole: type === 'integer',
    about: schemas.map(({ description }) => description).find((about) => typeof about === 'string') ?? '',
  }
}

/** The body of the request that the user entered. */
export function toChatBody({ fields: all }: Pick<ChatForm, 'fields'>, entry: ChatEntry): JsonObject {
  const { model, prompt, references, stream, fields } = entry
  const parts = references.map((url) => ({ type: 'image_url', image_url: { url } }))
  const content = parts.length === 0 ? prompt : [{ type: 'text', text: prompt }, ...parts]
  const given = all.flatMap(({ name, kind }) => {
    const text = fields[name] ?? ''
    return text === '' ? [] : [[name, VALUES[kind](text)] as const]
  })
  return {
    model,
    messages: [{ role: 'user', content }],
    ...(stream ? { stream } : {}),
    ...Object.fromEntries(given),
  }
}

const VALUES: Readonly<Record<FormField['kind'], (text: string) => JsonValue>> = {
  text: (text) => text,
  choice: (text) => text,
  number: Number,
  flag: (text) => text === 'true',
}

/** The headers of the request that the user entered. */
export function toChatHeaders({ headers }: Pick<ChatEntry, 'headers'>): Record<string, string> {
  const given = Object.entries(headers).flatMap(([name, value]) => (value.trim() === '' ? [] : [[name, value.trim()]]))
  return { 'content-type': 'application/json', ...Object.fromEntries(given) }
}
