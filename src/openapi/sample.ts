import type { Contract } from './contract.ts'
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
    return { status, mediaType: undefined, body: '', isCut: false }
  const { value, isCut } = await valueOf(contract.document, `${response.pointer}/content/${escapePointer(known)}`)
  const mediaType = known.includes('*') ? 'application/json' : known
  const isText = typeof value === 'string' && !isJsonType(mediaType)
  return { status, mediaType, body: isText ? value : JSON.stringify(value ?? null), isCut }
}

function successOf(responses: readonly ResponseSpec[]): ResponseSpec | undefined {
  const successes = responses
    .filter(({ status }) => status.startsWith('2'))
    .toSorted((a, b) => a.status.localeCompare(b.status))
  return successes[0] ?? responses.find(({ status }) => status === 'default') ?? responses[0]
}

async function valueOf(document: JsonObject, pointer: string): Promise<{ value: unknown; isCut: boolean }> {
  const media = valueAt(document, pointer)
  if (!isObject(media)) return { value: null, isCut: false }
  const example = exampleOf(document, media)
  if (example !== undefined) return { value: example, isCut: false }
  const { value: schema } = deref(document, media['schema'] ?? {}, '')
  const { sampleSchema } = await import('./sample-schema.ts')
  return sampleSchema(isObject(schema) ? schema : {}, document)
}

function exampleOf(document: JsonObject, media: JsonObject): JsonValue | undefined {
  if (media['example'] !== undefined) return media['example']
  const [first] = Object.values(isObject(media['examples']) ? media['examples'] : {})
  const { value } = deref(document, first ?? null, '')
  return isObject(value) ? value['value'] : undefined
}
