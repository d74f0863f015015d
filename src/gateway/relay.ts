import type { ChatRequest } from '../chat/chat-request.ts'
import { countTokens } from '../chat/step.ts'
import { type GatewayFormat, type VendorError, ApiError, errorReply, vendorErrorReply } from '../errors/api-error.ts'
import { goJson } from '../errors/envelopes.ts'
import type { ErrorKind } from '../errors/table.ts'
import { type JsonObject, type JsonValue, isObject, parseJson } from '../util/json.ts'
import { type Reply, createFrames, EVENT_STREAM_HEADERS, isStream, totalsOf } from '../util/reply.ts'
import { syntaxFault } from './go-syntax.ts'
import { afterSilence, relayFrames } from './relay-stream.ts'
import { gatewayPromptTokens, gatewayUsage } from './usage.ts'

/** A request that the gateway has sent to a vendor. */
export interface Relayed {
  readonly format: GatewayFormat
  /** Undefined if it could not be read as a chat request. */
  readonly request: Pick<ChatRequest, 'model' | 'wantsStream' | 'usage' | 'promptTokens'> | undefined
  /** Milliseconds of silence after which the gateway sends a comment in a stream. */
  readonly ping: number | undefined
}

const NO_REQUEST = { model: '', wantsStream: false, usage: 'absent', promptTokens: 0 } as const

/**
 * What a client receives through the gateway when the vendor behind it sends this Reply [M]. An error of the vendor is
 * rewritten, anything that is not JSON is an error of the gateway, and a stream always ends in the same way.
 */
export function relay(reply: Reply, relayed: Relayed): Reply {
  const { format, ping, request = NO_REQUEST } = relayed
  const { wait = 0, notes = [] } = reply
  const failed = beginsWithReset(reply)
    ? gatewayError('upstream_unreachable', relayed)
    : reply.status === 200
      ? undefined
      : failure(reply, relayed)
  if (failed !== undefined)
    return {
      ...afterComments({ ...failed, wait }, format.wantsStream ? ping : undefined),
      notes: [...notes, ...(failed.notes ?? [])],
    }
  return { ...(request.wantsStream ? stream(reply, relayed) : json(reply, relayed)), notes }
}

function beginsWithReset({ body }: Reply): boolean {
  if (isStream(body)) for (const { isReset } of body) return isReset !== undefined
  return false
}

function gatewayError(kind: ErrorKind, { format }: Relayed, decoder?: string): Reply {
  const { notes: _advice, ...reply } = errorReply(new ApiError(kind, decoder === undefined ? {} : { decoder }), format)
  return reply
}

// An error of the vendor, or a status without one.
function failure({ status, body }: Reply, { format }: Relayed): Reply {
  const error = errorIn(parseJson(joinFrames(body).text))
  if (error !== undefined) return vendorErrorReply({ status, ...error }, format)
  const code = 'bad_response_status_code'
  return format.dialect === 'gateway'
    ? vendorErrorReply({ status, message: 'openai_error', type: code, param: null, code }, format)
    : vendorErrorReply(
        { status, message: `bad response status code ${status}`, type: 'upstream_error', param: String(status), code },
        format,
      )
}

function errorIn(value: JsonValue | undefined): Omit<VendorError, 'status'> | undefined {
  const error = isObject(value) ? value['error'] : undefined
  if (!isObject(error) || typeof error['message'] !== 'string') return undefined
  const { message, type, param, code = null } = error
  return {
    message,
    type: typeof type === 'string' ? type : 'upstream_error',
    param: typeof param === 'string' ? param : null,
    code,
  }
}

function json(reply: Reply, relayed: Relayed): Reply {
  return { ...readJson(reply, relayed), ...(reply.wait === undefined ? {} : { wait: reply.wait }) }
}

function readJson({ headers, body }: Reply, relayed: Relayed): Reply {
  const { text, isReset } = joinFrames(body)
  if (isReset) return gatewayError('response_reset', relayed)
  const value = parseJson(text)
  if (value === undefined) return gatewayError('bad_response_body', relayed, unreadable(text, relayed))
  const error = errorIn(value)
  if (error !== undefined) return vendorErrorReply({ status: 200, ...error }, relayed.format)
  return { status: 200, headers, body: withUsage(value, relayed) ?? text }
}

// The builds of 2025 read the response while it arrives, and report its early end in other words [M].
function unreadable(text: string, { format }: Relayed): string {
  const fault = syntaxFault(Buffer.from(text)) ?? ''
  if (format.dialect === 'gateway' || !fault.startsWith('unexpected end')) return fault
  return text === '' ? 'EOF' : 'unexpected EOF'
}

// The builds of 2026 count the tokens themselves if the vendor did not, and then write the response again [M].
function withUsage(value: JsonValue, { format, request = NO_REQUEST }: Relayed): string | undefined {
  if (format.dialect !== 'gateway' || !isObject(value)) return undefined
  const { usage, ...rest } = value
  const counts = isObject(usage) ? usage : {}
  if (Number(counts['prompt_tokens'] ?? 0) > 0) return undefined
  const completion = Number(counts['completion_tokens'] ?? 0) || countTokens(contentOf(value))
  const whole = JSON.stringify(sorted(rest)).slice(0, -1)
  return `${whole},"usage":${goJson(gatewayUsage(gatewayPromptTokens(request.promptTokens), completion))}}`
}

function contentOf({ choices }: JsonObject): string {
  const [choice] = Array.isArray(choices) ? choices : []
  const message = isObject(choice) ? choice['message'] : undefined
  return isObject(message) && typeof message['content'] === 'string' ? message['content'] : ''
}

function sorted(value: JsonValue): JsonValue {
  if (Array.isArray(value)) return value.map(sorted)
  if (!isObject(value)) return value
  const entries = Object.entries(value).toSorted(([a], [b]) => (a < b ? -1 : 1))
  return Object.fromEntries(entries.map(([key, inner]) => [key, sorted(inner)]))
}

// How much a relayed stream grows at most, without comments: each event is written again, with the usage at the end.
const GROWTH = 2
const MAX_USAGE = 1000 // bytes

// With comments, the headers do not wait for the vendor.
function stream({ body, wait = 0 }: Reply, { request = NO_REQUEST, ping }: Relayed): Reply {
  const { model, usage } = request
  const promptTokens = gatewayPromptTokens(request.promptTokens)
  const frames = isStream(body) ? body : [{ wait: 0, data: body }]
  const before = ping === undefined ? 0 : wait
  const options = { model, promptTokens, hasUsage: usage === 'chunk', ping, before }
  const { held, sent } = totalsOf(frames)
  const totals = { held, sent: GROWTH * sent + MAX_USAGE }
  const relayed = createFrames(() => relayFrames(frames, options), totals)
  return { status: 200, headers: EVENT_STREAM_HEADERS, body: relayed, wait: wait - before }
}

// After a comment, the status is always 200 [M].
function afterComments(reply: Reply, ping: number | undefined): Reply {
  const { wait = 0, body } = reply
  if (ping === undefined || wait < ping || typeof body !== 'string') return reply
  return { status: 200, headers: EVENT_STREAM_HEADERS, body: [...afterSilence(wait, body, ping)] }
}

interface Joined {
  readonly text: string
  readonly isReset: boolean
}

// The text of a body, up to a reset of the connection.
function joinFrames(body: Reply['body']): Joined {
  if (!isStream(body)) return { text: Buffer.from(body).toString('utf8'), isReset: false }
  const parts: Uint8Array[] = []
  for (const { data, isReset } of body) {
    if (isReset !== undefined) return { text: Buffer.concat(parts).toString('utf8'), isReset: true }
    parts.push(Buffer.from(data))
  }
  return { text: Buffer.concat(parts).toString('utf8'), isReset: false }
}
