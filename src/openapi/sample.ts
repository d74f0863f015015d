import type { Contract } from './contract.ts'
import type { Validators } from './lazy-validators.ts'
import { type JsonObject, type JsonValue, isObject } from '../util/json.ts'
import { type Operation, type ResponseSpec, isJsonType } from './operation.ts'
import { deref, escapePointer, valueAt } from './json-pointer.ts'

/** The response of an Operation without custom behaviour. The media type is undefined if there is no body. */
export interface Sample {
  readonly status: number
  readonly mediaType: string | undefined
  readonly body: string
  /** Whether the schema requires more than a sample may have. */
  readonly isCut: boolean
  /** Whether the body matches its schema, or is an example of the contract. */
  readonly isValid: boolean
}

// HTTP allows no body with these statuses.
const BODILESS = new Set([204, 205, 304])

/** The contract's example for an Operation's first success, otherwise a sample of its schema. JSON is preferred. */
export async function sampleResponse(contract: Contract, operation: Operation): Promise<Sample> {
  const response = successOf(operation.responses)
  const code = Number(response?.status.replace(/xx$/i, '00'))
  const status = code >= 200 && code <= 599 ? code : 200 // an informational status does not end a request
  const known = response?.mediaTypes.find(isJsonType) ?? response?.mediaTypes[0]
  if (response === undefined || known === undefined || BODILESS.has(status))
    return { status, mediaType: undefined, body: '', isCut: false, isValid: true }
  const { value, isCut, isValid } = await valueOf(
    contract.document,
    `${response.pointer}/content/${escapePointer(known)}`,
  )
  const mediaType = known.includes('*') ? 'application/json' : known
  const isText = typeof value === 'string' && !isJsonType(mediaType)
  return { status, mediaType, body: isText ? value : JSON.stringify(value ?? null), isCut, isValid }
}

function successOf(responses: readonly ResponseSpec[]): ResponseSpec | undefined {
  const successes = responses
    .filter(({ status }) => status.startsWith('2'))
    .toSorted((a, b) => a.status.localeCompare(b.status))
  return successes[0] ?? responses.find(({ status }) => status === 'default') ?? responses[0]
}

interface Value {
  readonly value: unknown
  readonly isCut: boolean
  readonly isValid: boolean
}

async function valueOf(document: JsonObject, pointer: string): Promise<Value> {
  const media = valueAt(document, pointer)
  const example = isObject(media) ? exampleOf(document, media) : undefined
  if (example !== undefined) return { value: example, isCut: false, isValid: true }
  if (!isObject(media) || media['schema'] === undefined) return { value: null, isCut: false, isValid: true }
  const { sampleSchema } = await import('./sample-schema.ts')
  return sampleSchema(document, `${pointer}/schema`, await validatorsOf(document))
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
  const [first] = Object.values(isObject(media['examples']) ? media['examples'] : {})
  const { value } = deref(document, first ?? null, '')
  return isObject(value) ? value['value'] : undefined
}
