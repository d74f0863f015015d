import { toPace } from '../../chat/delays.ts'
import { ApiError } from '../../errors/api-error.ts'
import { escapePointer } from '../../openapi/json-pointer.ts'
import { type Operation, isFormType, isJsonType } from '../../openapi/operation.ts'
import { missingCredentials } from '../../openapi/security.ts'
import { unknownFields } from '../../openapi/unknown-fields.ts'
import { validateRequest } from '../../openapi/validate-request.ts'
import { type JsonValue, isObject, readJson } from '../../util/json.ts'
import { nextTurn } from '../../util/next-turn.ts'
import type { Violation } from '../../openapi/violation.ts'
import type { AppContext, AppHandler, MockContext } from '../context.ts'
import { readBody } from '../read-body.ts'
import { bearerOf } from '../session.ts'
import type { Route } from '../contract-routes.ts'
import { isOwnModel, toViolationError, withLinkMessage } from '../routes/operations.ts'

/** Reads a request and throws an ApiError if it is not valid. */
type Read = (c: AppContext, route: Route) => Promise<void>

/**
 * Reads a request and validates it against its Operation, in the order 415, 413, 401, 400. An error becomes the
 * context's `rejection`: a scenario that a header requests is applied nevertheless.
 */
export function validate(route: Route, read: Read = readRequest): AppHandler {
  const { operation, template } = route
  return async (c, next) => {
    const context = c.get('context')
    if (!template.matches(context.path)) return next()
    const values = template.read(context.path)
    context.operation = operation
    context.endpoint = `${context.method} ${operation.path}`
    if (values === undefined)
      throw new ApiError('bad_request_line', { reason: 'The path is not valid percent-encoding. Write a % as %25.' })
    context.params = values
    context.rawParams = template.readRaw(context.path)
    await c.get('mock').contract.prepare?.()
    try {
      await read(c, route)
    } catch (error) {
      if (!(error instanceof ApiError)) throw error
      context.rejection = error
    }
    await next()
  }
}

/** Size of a body that takes milliseconds to validate, in bytes. Other requests are served between two of them. */
export const LARGE = 65_536

// The bytes of the body are freed when this returns: the response may be delayed for minutes.
async function readRequest(c: AppContext, route: Route): Promise<void> {
  const { operation, isSampled } = route
  const context = c.get('context')
  const { mediaType, bytes } = await readBytes(c, operation)
  context.size = bytes?.length ?? 0
  if (context.size > LARGE) await nextTurn()
  checkKey(c)
  if (isSampled) checkCredentials(c, operation)
  const body = bytes === undefined || mediaType === undefined ? undefined : await toValue(c, bytes, mediaType)
  await readContent(c, route, { body, bytes })
}

/** The content of a request. */
interface Content {
  readonly body: { readonly value: JsonValue; readonly mediaType: string } | undefined
  readonly bytes: Buffer | undefined
  /** Whether a violation is reported and does not reject the request. */
  readonly isTolerated?: (violation: Violation) => boolean
}

/** Validates the content of a request against its Operation, and reads a chat request. Throws an ApiError. */
export async function readContent(
  c: AppContext,
  { operation, isChat }: Route,
  { body, bytes, isTolerated = () => false }: Content,
): Promise<void> {
  const context = c.get('context')
  const mock = c.get('mock')
  context.body = body?.value
  const { params: path, rawParams: rawPath, query } = context
  const request = { path, rawPath, query, header: (name: string) => c.req.header(name), body }
  const { violations: all, isComplete } = validateRequest(mock.contract, operation, request)
  const found = all.filter((one) => !isOwnModel(one, mock))
  const violations = isChat ? found.map(withLinkMessage) : found
  const unknown = unknownFields(mock.contract, operation, request)
  const isStrict = mock.contractMode === 'strict'
  context.violations = isStrict ? [...violations, ...unknown] : violations
  context.unknownFields = isStrict ? [] : unknown
  const rejecting = context.violations.filter((violation) => !isTolerated(violation))
  if (rejecting.length > 0 && !isAnswered(mock, body?.value))
    throw toViolationError({ violations: rejecting, isComplete }, operation, mock)
  context.pace = paceOf(c.req.header('x-mock-pace')) ?? mock.pace
  if (isChat) await readChat(c, bytes ?? Buffer.alloc(0))
}

async function readChat(c: AppContext, bytes: Buffer): Promise<void> {
  const context = c.get('context')
  const mock = c.get('mock')
  const { body, base, pace } = context
  if (!isObject(body)) throw new ApiError('invalid_body', { reason: 'The request body must be a JSON object.' })
  context.reading = await mock.readChat({ bytes, body, base, created: Math.floor(mock.clock() / 1000), pace })
  context.chat = context.reading.request
}

/** Whether violations are reported instead of rejected: in the mode `report`, if model and messages can be read. */
export function isAnswered({ contractMode }: MockContext, body: JsonValue | undefined): boolean {
  const isUnderstood = isObject(body) && typeof body['model'] === 'string' && Array.isArray(body['messages'])
  return contractMode === 'report' && isUnderstood
}

// A missing Content-Type means JSON, if the contract has it.
function mediaTypeOf({ req }: AppContext, mediaTypes: readonly string[]): string {
  const encoding = req.header('content-encoding')?.trim() ?? ''
  if (encoding !== '' && encoding.toLowerCase() !== 'identity')
    throw new ApiError('content_encoding', { asked: encoding.slice(0, 64) })
  const header = req.header('content-type')
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

// Without a body, the media type of an optional body does not matter.
async function readBytes(
  c: AppContext,
  { body }: Operation,
): Promise<{ readonly mediaType: string | undefined; readonly bytes: Buffer | undefined }> {
  if (body === undefined) return { mediaType: undefined, bytes: undefined }
  try {
    const mediaType = mediaTypeOf(c, body.mediaTypes)
    return { mediaType, bytes: await readBody(c) }
  } catch (error) {
    if (!(error instanceof ApiError) || error.kind !== 'wrong_content_type' || body.required) throw error
    const bytes = await readBody(c)
    if (bytes.length > 0) throw error
    return { mediaType: undefined, bytes }
  }
}

async function toValue(
  c: AppContext,
  bytes: Buffer,
  mediaType: string,
): Promise<{ readonly value: JsonValue; readonly mediaType: string } | undefined> {
  const operation = c.get('context').operation
  if (bytes.length === 0 && (operation?.body?.required === false || !isJsonType(mediaType))) return undefined
  if (!isJsonType(mediaType) && !isFormType(mediaType)) return { value: bytes.toString('utf8'), mediaType }
  const { contract } = c.get('mock')
  const pointer = `${operation?.body?.pointer ?? ''}/${escapePointer(mediaType)}`
  const contentType = c.req.header('content-type') ?? mediaType
  const reading = isFormType(mediaType)
    ? await (await import('../../openapi/read-form.ts')).readForm(bytes, contract, { pointer, contentType })
    : readJson(bytes)
  if ('fault' in reading) throw new ApiError('invalid_body', { reason: reading.fault })
  return { value: reading.value, mediaType }
}

function checkKey(c: AppContext): void {
  const { apiKeys } = c.get('mock')
  if (apiKeys.length === 0) return
  const header = c.req.header('authorization')
  const key = bearerOf(header)
  if (key === undefined || !apiKeys.includes(key))
    throw new ApiError(header === undefined ? 'missing_api_key' : 'invalid_api_key', {
      headers: { 'www-authenticate': 'Bearer' },
    })
}

// The credentials that the contract requires. Their values do not matter: `--api-key` checks those.
function checkCredentials(c: AppContext, { credentials }: Operation): void {
  const source = { query: c.get('context').query, header: (name: string) => c.req.header(name) }
  const missing = missingCredentials(credentials, source)
  if (missing !== undefined)
    throw new ApiError('missing_credentials', {
      reason: `The contract requires ${missing}.`,
      headers: { 'www-authenticate': 'Bearer' },
    })
}

function paceOf(header: string | undefined): number | undefined {
  if (header === undefined) return undefined
  const pace = toPace(header.trim())
  if (pace === undefined)
    throw new ApiError('invalid_header', {
      param: 'x-mock-pace',
      reason: "Invalid value for 'x-mock-pace': use instant, real, or a factor from 0 to 1000.",
    })
  return pace
}
