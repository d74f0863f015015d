import type { Contract } from './contract.ts'
import { type JsonObject, type JsonValue, isObject } from '../util/json.ts'
import { type Cache, createCache } from '../util/lru.ts'
import { acceptedOf, essenceOf } from './accept.ts'
import { deref, escapePointer, valueAt } from './json-pointer.ts'
import type { Validators } from './lazy-validators.ts'
import type { Operation, ResponseSpec } from './operation.ts'
import type { Preference } from './preference.ts'
import type { SchemaSample } from './sample-schema.ts'
import { type Content, writeSample } from './write-sample.ts'

/** The response of an Operation without custom behaviour. */
export interface Sample {
  readonly status: number
  /** Undefined if there is no body. */
  readonly mediaType: string | undefined
  /** A text, or `picture` or `bytes` for a media type that is not text. */
  readonly body: string
  readonly content: Content
  /** The documented headers. */
  readonly headers: Readonly<Record<string, string>>
  /** Whether the schema requires more than a sample may have. */
  readonly isCut: boolean
  /** Whether the body matches its schema, or is an example of the contract. */
  readonly isValid: boolean
  /** The preferences that were applied. */
  readonly applied: readonly string[]
}

/** What a client wants of a response. */
export interface Wishes {
  readonly accept?: string | undefined
  readonly preference?: Preference
}

const NO_PREFERENCE: Preference = { code: undefined, example: undefined, dynamic: false }
// HTTP allows no body with these statuses.
const BODILESS = new Set([204, 205, 304])

/**
 * The contract's response to an Operation: for the status that the client prefers, otherwise for the first success. Its
 * body is an example, otherwise a sample of the schema, in the media type that the client accepts most; JSON is
 * preferred. `known` lists the media types if the client accepts none.
 */
export async function sampleResponse(
  contract: Contract,
  operation: Operation,
  { accept, preference = NO_PREFERENCE }: Wishes = {},
): Promise<Sample | { readonly known: readonly string[] }> {
  const { document } = contract
  const preferred = preference.code === undefined ? undefined : responseFor(operation, preference.code)
  const response = preferred ?? successOf(operation.responses)
  const status = preferred === undefined ? statusOf(response) : Number(preference.code)
  const applied = preferred === undefined ? [] : [`code=${preference.code}`]
  const empty: Sample = {
    status,
    mediaType: undefined,
    body: '',
    content: 'text',
    headers: response === undefined ? {} : await headersOf(document, response),
    isCut: false,
    isValid: true,
    applied,
  }
  if (response === undefined || response.mediaTypes.length === 0 || BODILESS.has(status)) return empty
  const known = acceptedOf(accept, response.mediaTypes)
  if (known === undefined) return { known: response.mediaTypes }
  const pointer = `${response.pointer}/content/${escapePointer(known)}`
  const value = await valueOf(document, pointer, preference)
  const mediaType = toConcrete(known, accept)
  return {
    ...empty,
    ...value,
    applied: [...applied, ...value.applied],
    mediaType,
    ...(await writeSample(document, pointer, { mediaType, value: value.value })),
  }
}

/** The response that the contract documents for a status: for itself, for its class (`4XX`), or by default. */
export function responseFor({ responses }: Operation, status: string): ResponseSpec | undefined {
  return [status, `${status[0] ?? ''}XX`, 'DEFAULT']
    .map((key) => responses.find((response) => response.status.toUpperCase() === key))
    .find((response) => response !== undefined)
}

function statusOf(response: ResponseSpec | undefined): number {
  const code = Number(response?.status.replace(/xx$/i, '00'))
  return code >= 200 && code <= 599 ? code : 200 // an informational status does not end a request
}

function successOf(responses: readonly ResponseSpec[]): ResponseSpec | undefined {
  const successes = responses
    .filter(({ status }) => status.startsWith('2'))
    .toSorted((a, b) => a.status.localeCompare(b.status))
  return successes[0] ?? responses.find(({ status }) => status === 'default') ?? responses[0]
}

// A range of the contract, such as `image/*`, becomes the type that the client asks for.
function toConcrete(known: string, accept: string | undefined): string {
  if (!known.includes('*')) return known
  const start = essenceOf(known).replace('*/*', '').replace('*', '')
  const asked = (accept ?? '')
    .split(',')
    .map(essenceOf)
    .find((type) => !type.includes('*') && type.includes('/') && type.startsWith(start))
  return asked ?? DEFAULTS[start] ?? 'application/json'
}

const DEFAULTS: Readonly<Record<string, string>> = {
  'image/': 'image/png',
  'text/': 'text/plain',
  'audio/': 'audio/mpeg',
  'video/': 'video/mp4',
}

interface Value {
  readonly value: JsonValue
  readonly isCut: boolean
  readonly isValid: boolean
  readonly applied: readonly string[]
}

async function valueOf(document: JsonObject, pointer: string, { example: name, dynamic }: Preference): Promise<Value> {
  const media = valueAt(document, pointer)
  const named = isObject(media) && name !== undefined ? namedExample(document, media, name) : undefined
  const plain = { isCut: false, isValid: true, applied: named === undefined ? [] : [`example=${name ?? ''}`] }
  const keyword = isObject(media) && media['schema'] === undefined ? 'itemSchema' : 'schema' // of a stream, in 3.2
  const hasSchema = isObject(media) && media[keyword] !== undefined
  const isDynamic = dynamic && named === undefined && hasSchema
  const example = named ?? (isObject(media) && !isDynamic ? exampleOf(document, media) : undefined)
  if (example !== undefined || !hasSchema) return { ...plain, value: example ?? null }
  const { value, isCut, isValid } = await cachedSample(document, `${pointer}/${keyword}`, isDynamic)
  return { value, isCut, isValid, applied: isDynamic ? ['dynamic=true'] : [] }
}

/** Characters of cached samples of a document, at most. */
const MAX_CACHED = 4_194_304

type CachedSample = SchemaSample & { readonly length: number }

const samples = new WeakMap<JsonObject, Cache<CachedSample>>()

// A sample is always the same, and may take a second to find.
async function cachedSample(document: JsonObject, pointer: string, isDynamic: boolean): Promise<SchemaSample> {
  const cache = samples.get(document) ?? createCache<CachedSample>(MAX_CACHED, ({ length }) => length)
  samples.set(document, cache)
  const key = `${pointer}${isDynamic ? ' dynamic' : ''}`
  const cached = cache.get(key)
  if (cached !== undefined) return cached
  const { sampleSchema } = await import('./sample-schema.ts')
  const sample = sampleSchema(document, pointer, { validators: await validatorsOf(document), isDynamic })
  cache.set(key, { ...sample, length: JSON.stringify(sample.value).length + key.length })
  return sample
}

const validators = new WeakMap<JsonObject, Validators>()

async function validatorsOf(document: JsonObject): Promise<Validators> {
  const { createValidators } = await import('./lazy-validators.ts')
  const known = validators.get(document) ?? createValidators(document, 'response')
  validators.set(document, known)
  return known
}

function exampleOf(document: JsonObject, media: JsonObject): JsonValue | undefined {
  if (media['example'] !== undefined) return media['example']
  const [first] = Object.keys(isObject(media['examples']) ? media['examples'] : {})
  return first === undefined ? undefined : namedExample(document, media, first)
}

function namedExample(document: JsonObject, { examples }: JsonObject, name: string): JsonValue | undefined {
  const named = isObject(examples) && Object.hasOwn(examples, name) ? examples[name] : undefined
  const { value } = deref(document, named ?? null, '')
  return isObject(value) ? value['value'] : undefined
}

// Headers that the server sets itself.
const OWN_HEADERS =
  /^(?:content-(?:type|length|encoding)|transfer-encoding|connection|trailer|upgrade|keep-alive|date|x-request-id|x-oneapi-request-id|x-mock-.*)$/i
const HEADER_NAME = /^[\w!#$%&'*+.^`|~-]{1,100}$/

async function headersOf(document: JsonObject, response: ResponseSpec): Promise<Record<string, string>> {
  const documented = valueAt(document, `${response.pointer}/headers`)
  const headers: Record<string, string> = {}
  for (const name of Object.keys(isObject(documented) ? documented : {})) {
    if (OWN_HEADERS.test(name) || !HEADER_NAME.test(name)) continue
    const place = deref(
      document,
      isObject(documented) ? (documented[name] ?? null) : null,
      `${response.pointer}/headers/${escapePointer(name)}`,
    )
    const { value } = await valueOf(document, place.pointer, NO_PREFERENCE)
    const text = toHeader(value)
    if (/^[\x20-\x7e]{1,1000}$/.test(text)) headers[name.toLowerCase()] = text
  }
  return headers
}

// In the style `simple`.
function toHeader(value: JsonValue): string {
  if (Array.isArray(value))
    return value.map((item) => (typeof item === 'object' ? JSON.stringify(item) : String(item))).join(',')
  if (isObject(value)) return Object.entries(value).flat().map(String).join(',')
  return typeof value === 'object' ? '' : String(value)
}
