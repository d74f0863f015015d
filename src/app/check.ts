import { validateRequest } from '../openapi/validate-request.ts'
import type { JsonValue } from '../util/json.ts'
import { isObject, readJson } from '../util/json.ts'
import type { Operation } from '../openapi/operation.ts'
import { isJsonType } from '../openapi/operation.ts'
import { encodeRecipe } from '../images/recipe.ts'
import { ApiError } from '../errors/api-error.ts'
import type { Trace } from '../journal/request-context.ts'
import type { Chosen } from '../scenarios/choose.ts'
import type { PictureCache } from '../images/picture-cache.ts'
import type { Incoming } from './incoming.ts'
import type { CheckedRequest } from './checked.ts'
import { isOwnModel, toViolationError } from './operations.ts'
import { paceOf } from '../chat/parse-pace.ts'
import type { Recall, Recalled } from './recall.ts'
import { keyOf } from './recall.ts'
import type { Settings } from './settings.ts'

/** What a request matched. */
export interface Matched {
  readonly operation: Operation
  readonly path: Readonly<Record<string, string>>
  readonly settings: Settings
  readonly gallery: PictureCache
  readonly recall: Recall
  readonly trace: Trace
  readonly asked: Chosen | undefined
  /** What our own paths begin with. */
  readonly prefix: string
}

/** Reads a request and checks it by its Operation; an ApiError tells what is wrong in this order: 415, 413, 401, 400. */
export async function toChecked(
  request: Incoming,
  { operation, path, settings, gallery, prefix, trace, asked, recall }: Matched,
): Promise<CheckedRequest> {
  const mediaType = operation.body === undefined ? undefined : mediaTypeOf(request, operation.body.mediaTypes)
  const bytes = operation.body === undefined ? undefined : await request.readBody()
  if (bytes !== undefined) trace.size = bytes.length
  checkKey(request, settings.apiKeys)
  const base = (settings.publicUrl ?? request.origin) + prefix
  const { key, recalled, body } =
    bytes === undefined || mediaType === undefined
      ? NO_CONTENT
      : contentOf({ bytes, mediaType, base }, operation, recall)
  const faults = validateRequest(settings.contract, operation, {
    path,
    query: request.query,
    header: (name) => request.header(name),
    body,
  }).filter((fault) => !isOwnModel(fault, settings))
  if (faults.length > 0) trace.faults = faults
  if (body !== undefined) trace.body = body.value
  if (faults.length > 0 && !(settings.contractMode === 'report' && isUnderstood(body?.value)))
    throw toViolationError(faults, operation, settings)
  return {
    operation,
    path,
    trace,
    asked,
    recall,
    key,
    recalled,
    body: body?.value,
    base,
    pace: paceOf(request.header('x-mock-pace')) ?? settings.pace,
    render: async (recipe) => gallery({ name: encodeRecipe(recipe).name, recipe, isGone: request.isGone }),
  }
}

// A chat request whose model and messages can be read; whatever else is wrong with it is only told.
function isUnderstood(body: JsonValue | undefined): boolean {
  return isObject(body) && typeof body['model'] === 'string' && Array.isArray(body['messages'])
}

// A missing Content-Type is read as JSON, where the contract offers it.
function mediaTypeOf(request: Incoming, mediaTypes: readonly string[]): string {
  const encoding = request.header('content-encoding')?.trim() ?? ''
  if (encoding !== '' && encoding.toLowerCase() !== 'identity')
    throw new ApiError('content_encoding', { asked: encoding.slice(0, 64) })
  const header = request.header('content-type')
  if (header === undefined) return mediaTypes.find(isJsonType) ?? mediaTypes[0] ?? 'application/json'
  if (mediaTypes.includes(header)) return header
  const asked = essenceOf(header)
  const found =
    mediaTypes.find((known) => essenceOf(known) === asked) ??
    mediaTypes.find((known) => known === '*/*' || essenceOf(known) === `${asked.split('/')[0]}/*`)
  if (found === undefined) throw new ApiError('wrong_content_type', { asked: asked.slice(0, 64), known: mediaTypes })
  return found
}

// A media type without its parameters.
function essenceOf(mediaType: string): string {
  return mediaType.split(';')[0]?.trim().toLowerCase() ?? ''
}

interface Content {
  /** What it is recalled by. */
  readonly key: string | undefined
  readonly recalled: Recalled | undefined
  readonly body: CheckedBody
}

const NO_CONTENT: Content = { key: undefined, recalled: undefined, body: undefined }

interface Sent {
  readonly bytes: Buffer
  readonly mediaType: string
  /** What links begin with. */
  readonly base: string
}

// What a request says is read, or recalled of one with the same bytes.
function contentOf({ bytes, mediaType, base }: Sent, operation: Operation, recall: Recall): Content {
  const key = isJsonType(mediaType) ? keyOf(bytes, base) : undefined
  const recalled = key === undefined ? undefined : recall.get(key)
  return {
    key,
    recalled,
    body: recalled === undefined ? readContent(bytes, mediaType, operation) : { value: recalled.body, mediaType },
  }
}

function readContent(bytes: Buffer, mediaType: string, { body }: Operation): CheckedBody {
  if (!isJsonType(mediaType)) return bytes.length === 0 ? undefined : { value: bytes.toString('utf8'), mediaType }
  if (bytes.length === 0 && body?.required === false) return undefined
  const reading = readJson(bytes)
  if ('fault' in reading) throw new ApiError('invalid_body', { reason: reading.fault })
  return { value: reading.value, mediaType }
}

type CheckedBody = Parameters<typeof validateRequest>[2]['body']

function checkKey(request: Incoming, keys: readonly string[]): void {
  if (keys.length === 0) return
  const header = request.header('authorization')
  const key = /^Bearer\s+(\S+)\s*$/i.exec(header ?? '')?.[1]
  if (key === undefined || !keys.includes(key))
    throw new ApiError(header === undefined ? 'missing_api_key' : 'invalid_api_key', {
      headers: { 'www-authenticate': 'Bearer' },
    })
}
