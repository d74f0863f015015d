import { isUtf8 } from 'node:buffer'
import { ApiError } from '../../errors/api-error.ts'
import { type Admission, admitChat, chooseChannel } from '../../gateway/admit.ts'
import { type GatewayBody, readGatewayBody, toVendorValue } from '../../gateway/read-body.ts'
import { isJsonType } from '../../openapi/operation.ts'
import type { Violation } from '../../openapi/violation.ts'
import { nextTurn } from '../../util/next-turn.ts'
import type { AppContext } from '../context.ts'
import type { Route } from '../contract-routes.ts'
import { decompress } from '../decompress.ts'
import { readBody } from '../read-body.ts'
import { isAnswered, LARGE, readContent } from './validate.ts'

/**
 * Reads a chat request, or one for models, as the gateway does: key, body, model, channel, and then the types of the
 * fields. What it does not check is left to the vendor behind it, whose rules are those of the contract. Throws an
 * ApiError.
 */
export async function readThroughGateway(c: AppContext, route: Route, admission: Admission): Promise<void> {
  const { operation, isChat } = route
  checkKey(c)
  if (!isChat) return
  const body = await readBodyOf(c, admission)
  if (!isAnswered(c.get('mock'), body.value)) admitChat(body, admission)
  // The builds of 2025 send the bytes on as they are.
  if (!isUtf8(body.bytes)) throw new ApiError('invalid_encoding', { reason: 'The request body is not valid UTF-8.' })
  const mediaType = operation.body?.mediaTypes.find(isJsonType) ?? 'application/json'
  const value = toVendorValue(body)
  const content = value === undefined ? undefined : { value, mediaType }
  await readContent(c, route, { body: content, bytes: body.bytes, isTolerated })
}

/** Checks key and channel of a request for another operation. Its path may have the model. Throws an ApiError. */
export async function checkChannel(c: AppContext, admission: Admission, model: string | undefined): Promise<void> {
  checkKey(c)
  const body = await readBodyOf(c, admission)
  chooseChannel(model === undefined ? body : { ...body, model }, admission)
}

async function readBodyOf(c: AppContext, { dialect }: Admission): Promise<GatewayBody> {
  const context = c.get('context')
  const sent = await readBody(c)
  context.size = sent.length
  if (context.size > LARGE) await nextTurn()
  const bytes = await decompress(sent, c.req.header('content-encoding'))
  return readGatewayBody(bytes, c.req.header('content-type') ?? '', dialect)
}

// The gateway accepts a key without `Bearer` [M] and without `sk-` [S].
function checkKey(c: AppContext): void {
  const { apiKeys } = c.get('mock')
  if (apiKeys.length === 0) return
  const key = (c.req.header('authorization') ?? '').replace(/^[Bb]earer /, '').trim()
  const isKnown = apiKeys.some((known) => known.replace(/^sk-/, '') === key.replace(/^sk-/, ''))
  if (!isKnown) throw new ApiError(key === '' ? 'missing_api_key' : 'invalid_api_key')
}

// The gateway has chosen a channel for the model. It sends an empty role for a missing one, and the provider accepts null
// as content [M].
function isTolerated({ param, reason, value }: Violation): boolean {
  if (param === 'model') return true
  const isRole = reason === 'missing' && /^messages\[\d+\]\.role$/.test(param)
  return isRole || (value === null && /^messages\[\d+\]\.content$/.test(param))
}
