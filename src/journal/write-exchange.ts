import { isUtf8 } from 'node:buffer'
import { hash } from 'node:crypto'
import type { ChatRequest } from '../chat/chat-request.ts'
import { isJsonType } from '../openapi/operation.ts'
import type { Violation } from '../openapi/violation.ts'
import type { LazyExchange } from '../store/store.ts'
import type { JsonValue } from '../util/json.ts'
import { type Reply, isStream, joinNotes } from '../util/reply.ts'
import { redactCut, redactNamed, redactQuery, redactRepeated, sensitivityOf } from './credentials.ts'
import { type ExchangeHead, type RecordedChat, type RequestFacts, parseJson } from './exchange.ts'
import { type Limits, Redactor } from './redact.ts'

/** A request without its body. */
export interface RequestHead {
  readonly method: string
  readonly path: string
  /** Without its question mark. */
  readonly query: string
  readonly headers: Readonly<Record<string, string | readonly string[] | undefined>>
}

/** A request with its response. */
export interface Answered {
  readonly request: RequestHead
  readonly reply: Reply
  /** When the response started, in milliseconds since 1970. */
  readonly time: number
}

/** Maximum size of a written Exchange, in bytes. */
export const MAX_EXCHANGE = 262_144
/** Tried in this order until the Exchange is small enough. With the last limits it always is. */
const LIMITS: readonly Limits[] = [
  { characters: 160_000, longest: 20_000, values: 5000 },
  { characters: 40_000, longest: 10_000, values: 1000 },
  { characters: 6000, longest: 2000, values: 200 },
]
const MAX_STREAM = 100_000 // characters
const MAX_PROMPT = 1000 // characters
const MAX_VIOLATIONS = 50
const MAX_UNWRITTEN = 65_536 // bytes; a larger Exchange is written immediately, to save memory
const MAX_PLAIN = 8192 // characters; a longer JSON response is parsed and cut

/**
 * Writes an Exchange for a Store: at most 256 KiB, without credentials and data URIs. The bytes are one line of JSON,
 * then the unescaped body of the response, because escaping a whole stream takes longer than everything else.
 */
export function toExchange(facts: WrittenFacts, answered: Answered): Uint8Array {
  const { reply } = answered
  // Each iteration creates the frames again.
  const frames = isStream(reply.body) ? [...reply.body] : undefined
  const whole = frames === undefined ? answered : { ...answered, reply: { ...reply, body: frames } }
  let bytes = new Uint8Array()
  for (const limits of LIMITS) {
    const { head, body } = write(facts, whole, limits)
    bytes = Buffer.from(`${JSON.stringify(head)}\n${body}`)
    if (bytes.length <= MAX_EXCHANGE) break
  }
  return bytes
}

/**
 * An Exchange that is written when it is first read. Writing takes longer than responding, and under load most
 * Exchanges are dropped unread. Values of secret headers are removed immediately. A large Exchange, and one with any
 * other credential in its headers, path or query, is written immediately.
 */
export function lazyExchange(facts: RequestFacts, answered: Answered): LazyExchange {
  const request = withoutSecrets(answered.request)
  const size = sizeOf(facts, answered)
  if (request === undefined || size > MAX_UNWRITTEN) {
    const bytes = toExchange(facts, answered)
    return { size: bytes.length, toBytes: () => bytes }
  }
  const { session, operation, body, violations, chat, choice, nearMisses, notes } = facts
  const { reply, time } = answered
  const asked = chat && pick(chat)
  const some = violations.slice(0, MAX_VIOLATIONS)
  const held = { session, operation, body, violations: some, chat: asked, choice, nearMisses, notes }
  return { size, toBytes: () => toExchange(held, { request, reply, time }) }
}

// Redacts secret headers. Undefined if another part of the head contains a credential.
function withoutSecrets({ method, path, query, headers }: RequestHead): RequestHead | undefined {
  if (redactRepeated(path) !== path || redactQuery(query) !== query) return undefined
  const kept = { ...headers }
  for (const name in headers) {
    const value = headers[name]
    if (value === undefined) continue
    const text = textOf(value)
    if (sensitivityOf(name) !== 'open') kept[name] = redactNamed(name, text)
    else if (redactRepeated(text) !== text) return undefined
  }
  return { method, path, query, headers: kept }
}

function textOf(value: string | readonly string[]): string {
  return typeof value === 'string' ? value : value.join(', ')
}

// Estimated bytes in memory: rather too many than too few.
function sizeOf({ size, body, violations }: RequestFacts, { request, reply }: Answered): number {
  const { path, query, headers } = request
  let bytes = 2048 + 2 * (size + path.length + query.length)
  if (bytes > MAX_UNWRITTEN) return bytes
  bytes += partsOf(body)
  for (const name in headers) bytes += 96 + name.length + textOf(headers[name] ?? '').length
  for (const { message } of violations.slice(0, MAX_VIOLATIONS)) bytes += 512 + 2 * message.length
  if (!isStream(reply.body)) return bytes + 2 * reply.body.length
  for (const { data } of reply.body) {
    bytes += 2 * data.length + 64
    if (bytes > MAX_UNWRITTEN) break
  }
  return bytes
}

// Estimated bytes of parsed JSON without its texts: up to 30 times its length. Stops where the Exchange is written.
function partsOf(value: JsonValue | undefined): number {
  if (typeof value !== 'object' || value === null) return 0
  let bytes = 160
  for (const item of Object.values(value)) {
    bytes += 80 + partsOf(item)
    if (bytes > MAX_UNWRITTEN) break
  }
  return bytes
}

interface Written {
  readonly head: ExchangeHead
  readonly body: string
}

function write(facts: WrittenFacts, { request, reply, time }: Answered, limits: Limits): Written {
  const { session, operation, body, violations, chat, choice, nearMisses, notes } = facts
  const redactor = new Redactor(limits)
  const text = (value: string, longest: number): string => redactor.text(value, longest)
  const head = {
    time: new Date(time).toISOString(),
    session: text(session, 200),
    request: {
      method: text(request.method, 100),
      path: text(request.path, 2000),
      query: text(redactQuery(request.query), 4000),
      headers: writeHeaders(request.headers, redactor, limits),
      ...(body === undefined ? {} : { body: redactor.value(body, 'request') }),
    },
    operation:
      operation === undefined
        ? null
        : { id: operation.operationId ?? null, method: operation.method, path: operation.path },
    violations: violations.slice(0, MAX_VIOLATIONS).map((violation) => ({
      code: text(codeOf(violation), 300),
      param: text(violation.param, 300),
      message: text(violation.message, 1000),
    })),
    chat: chat === undefined ? null : writeChat(chat, redactor),
    scenario: choice === undefined ? null : { name: text(choice.name, 200), why: text(choice.why, 500) },
    nearMisses: nearMisses.slice(0, 10).map((nearMiss) => text(nearMiss, 500)),
    note: notes.length === 0 ? null : text(redactCut(joinNotes(notes)), 500),
  }
  // The response comes last, because the redactor must have searched the request before.
  const written = writeBody(reply, redactor, chat !== undefined && choice === undefined)
  const response = {
    status: reply.status,
    headers: writeHeaders(reply.headers, redactor, limits),
    stream: isStream(reply.body),
    wait: Math.round(waitOf(reply)),
    isJson: written.isJson,
  }
  return { head: { ...head, response }, body: written.text }
}

/** Identifies a violation in all requests, without list indexes. */
export function codeOf({ reason, param }: Pick<Violation, 'reason' | 'param'>): string {
  return `${reason}:${param.replaceAll(/\[\d+\]/g, '[]')}`
}

function writeHeaders(headers: RequestHead['headers'], redactor: Redactor, { values }: Limits): Record<string, string> {
  const kept: Record<string, string> = {}
  let left = values
  for (const name in headers) {
    const value = headers[name]
    if (value === undefined || left-- <= 0) continue
    const text = typeof value === 'string' ? value : value.join(', ')
    const open = sensitivityOf(name) === 'open' ? text : redactNamed(name, text)
    const whole = name === 'x-mock-note' ? redactCut(open) : open
    kept[redactor.text(name.toLowerCase(), 200)] = redactor.text(whole, 4000)
  }
  return kept
}

/** The part of the facts that is written. */
type WrittenFacts = Omit<RequestFacts, 'chat' | 'generation' | 'size' | 'unknownFields'> & {
  readonly chat: ChatFacts | undefined
}

/** The part of a chat request that is written. */
type ChatFacts = Pick<ChatRequest, 'model' | 'prompt' | 'size' | 'count' | 'references' | 'wantsStream'>

function pick({ model, prompt, size, count, references, wantsStream }: ChatFacts): ChatFacts {
  return { model, prompt, size, count, references, wantsStream }
}

function writeChat(chat: ChatFacts, redactor: Redactor): RecordedChat {
  const { model, prompt, size, count, references, wantsStream } = chat
  return {
    model: redactor.repeated(model, 200),
    prompt: redactor.repeated(prompt, MAX_PROMPT),
    size: `${size.width}x${size.height}`,
    count,
    references: references.length,
    stream: wantsStream,
  }
}

function waitOf({ body, wait = 0 }: Reply): number {
  let sum = wait
  if (isStream(body)) for (const frame of body) sum += frame.wait
  return sum
}

// A character may be split between two frames of bytes.
function textIn(parts: readonly (string | Uint8Array)[]): string {
  if (parts.every((part) => typeof part === 'string')) return parts.join('').toWellFormed()
  return Buffer.concat(parts.map((part) => (typeof part === 'string' ? Buffer.from(part) : part))).toString('utf8')
}

interface WrittenBody {
  readonly text: string
  readonly isJson: boolean
}

function asText(text: string): WrittenBody {
  return { text, isJson: false }
}

// Without a scenario, a response can contain a credential only if its request does. So it is not searched if the
// request has none, and not kept if the request has one: styles split a prompt, change it and write it into links.
function writeBody({ body, headers }: Reply, redactor: Redactor, isOwn: boolean): WrittenBody {
  const type = headers['content-type'] ?? ''
  if (redactor.hasFound)
    return asText(
      `[not recorded: the request contains a credential or a data URI, and the response may repeat it; ${type}]`,
    )
  const isPlain = (text: string): boolean => isOwn && !text.includes('base64,')
  if (isStream(body)) {
    const text = textIn(Array.from(body, ({ data }) => data))
    return asText(isPlain(text) ? redactor.plain(text, MAX_STREAM) : redactor.answer(text, MAX_STREAM))
  }
  if (typeof body !== 'string' && (type.startsWith('image/') || !isUtf8(body)))
    return asText(`[${type}, sha256 ${hash('sha256', body, 'hex').slice(0, 16)}, ${body.length} bytes]`)
  const text = typeof body === 'string' ? body : Buffer.from(body).toString('utf8')
  if (text.length <= MAX_PLAIN && isPlain(text)) return { isJson: isJsonType(type), text: redactor.plain(text) }
  const value = isJsonType(type) ? parseJson(text) : undefined
  return value === undefined
    ? asText(redactor.answer(text))
    : { isJson: true, text: JSON.stringify(redactor.value(value, 'answer')) }
}
