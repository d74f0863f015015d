import { isUtf8 } from 'node:buffer'
import { hash } from 'node:crypto'
import type { Violation } from '../openapi/violation.ts'
import type { JsonValue } from '../util/json.ts'
import { isObject } from '../util/json.ts'
import { isJsonType } from '../openapi/operation.ts'
import type { Frame, Reply } from '../util/reply.ts'
import { isStream } from '../util/reply.ts'
import type { StoredExchange } from '../store/store.ts'
import { redactNamed, redactQuery, sensitivityOf } from './credentials.ts'
import type { Limits } from './redact.ts'
import { Redactor } from './redact.ts'
import type { Choice, RequestContext } from './request-context.ts'

/** One thing that the contract forbids of a request. */
export interface RecordedViolation {
  /** The same for every request with it, whatever the place in a list: `type:messages[].content`. */
  readonly code: string
  /** Where: `messages[0].content`, or a parameter's name. */
  readonly param: string
  /** What is wrong, and what would be right. */
  readonly message: string
}

/** What a chat request was read as. */
export interface RecordedChat {
  readonly model: string
  /** The last user turn's text without reference URLs, at most 1,000 characters. */
  readonly prompt: string
  /** Of each picture, `1024x1536`. */
  readonly size: string
  /** Pictures that are asked for. */
  readonly count: number
  /** Reference pictures that are used. */
  readonly references: number
  readonly stream: boolean
}

/** What a client sent. Credentials are `[redacted]`, data URIs are told by type, digest and size, long texts are cut. */
export interface RecordedRequest {
  readonly method: string
  /** Percent-decoded, without the query. */
  readonly path: string
  /** Without its question mark; empty where there is none. */
  readonly query: string
  /** Names in lower case. */
  readonly headers: Readonly<Record<string, string>>
  /** The body as JSON; absent where none was read. */
  readonly body?: JsonValue
}

/** What was answered, with the same left out as of the request. */
export interface RecordedResponse {
  readonly status: number
  /** Without those that belong to the connection. Names in lower case. */
  readonly headers: Readonly<Record<string, string>>
  /** An answer that is JSON. */
  readonly body?: JsonValue
  /** Any other answer: a stream as it was to be sent, a page, or a picture's type, digest and size. */
  readonly text?: string
  /** Whether it was sent piece by piece. */
  readonly stream: boolean
  /** Milliseconds of all waits that were planned. */
  readonly wait: number
}

/**
 * One request and its answer, as the journal has them.
 * @example
 * const [{ request, chat, response, violations }] = await mock.exchanges()
 * expect([chat?.prompt, response.status, violations]).toEqual(['a fox', 200, []])
 */
export interface Exchange {
  /** Grows from one Exchange to the next. */
  readonly id: string
  /** When the answer began, in ISO 8601. */
  readonly time: string
  /** Whose it is: a name, the digest of a key, or nothing. */
  readonly session: string
  readonly request: RecordedRequest
  /** The operation of the contract; null where no path and method fitted. */
  readonly operation: { readonly id: string | null; readonly method: string; readonly path: string } | null
  /** What the contract forbids of the request, at most 50. */
  readonly violations: readonly RecordedViolation[]
  /** Null where it is no chat request, or could not be read. */
  readonly chat: RecordedChat | null
  /** Null where none shaped the answer. */
  readonly scenario: Choice | null
  /** The scenarios that fitted but for one thing, each with that thing: why one that was expected was not chosen. */
  readonly nearMisses: readonly string[]
  /** What the mock did otherwise than asked, as in `x-mock-note`. */
  readonly note: string | null
  readonly response: RecordedResponse
  /** Milliseconds from the request's head to the answer's last byte; undefined while it is sent. */
  readonly duration: number | undefined
  /** Whether the client was gone before it had all; undefined while it is sent. */
  readonly hungUp: boolean | undefined
}

/** A request's head, as the server has it. */
export interface Head {
  readonly method: string
  readonly path: string
  /** Without its question mark. */
  readonly query: string
  readonly headers: Readonly<Record<string, string | readonly string[] | undefined>>
}

/** A request, its answer, and the time in milliseconds. */
export interface Told {
  readonly request: Head
  readonly reply: Reply
  readonly time: number
}

/** Bytes of an Exchange at most. */
export const MAX_EXCHANGE = 262_144
// The first by which an Exchange is small enough; by the last each one is.
const LIMITS: readonly Limits[] = [
  { characters: 160_000, longest: 20_000, values: 5000 },
  { characters: 40_000, longest: 10_000, values: 1000 },
  { characters: 6000, longest: 2000, values: 200 },
]
const MAX_STREAM = 100_000
const MAX_PROMPT = 1000
const MAX_VIOLATIONS = 50

/**
 * An Exchange as a Store keeps it, at most 256 KiB, without credentials and data URIs: one line of JSON, and behind it the
 * answer's body as it stands, since to escape a whole stream would take longer than all the rest.
 */
export function toExchange(trace: RequestContext, told: Told): Uint8Array {
  let bytes = new Uint8Array()
  for (const limits of LIMITS) {
    const { head, body } = write(trace, told, limits)
    bytes = Buffer.from(`${JSON.stringify(head)}\n${body}`)
    if (bytes.length <= MAX_EXCHANGE) break
  }
  return bytes
}

type Written = Omit<Exchange, 'id' | 'duration' | 'hungUp' | 'response'> & {
  readonly response: Omit<RecordedResponse, 'body' | 'text'> & { readonly isJson: boolean }
}

function write(
  { session, operation, body, violations, chat, choice, nearMisses }: RequestContext,
  { request, reply, time }: Told,
  limits: Limits,
): { head: Written; body: string } {
  const redactor = new Redactor(limits)
  const text = (value: string, longest: number): string => redactor.text(value, longest)
  const { method, path, query, headers } = request
  const note = reply.headers['x-mock-note']
  const head = {
    time: new Date(time).toISOString(),
    session: text(session, 200),
    request: {
      method: text(method, 100),
      path: text(path, 2000),
      query: text(redactQuery(query), 4000),
      headers: writeHeaders(headers, redactor, limits),
      ...(body === undefined ? {} : { body: redactor.value(body, 'request') }),
    },
    operation:
      operation === undefined
        ? null
        : { id: operation.operationId ?? null, method: operation.method, path: operation.path },
    violations: violations.slice(0, MAX_VIOLATIONS).map((fault) => ({
      code: text(codeOf(fault), 300),
      param: text(fault.param, 300),
      message: text(fault.message, 1000),
    })),
    chat: chat === undefined ? null : writeChat(chat, redactor),
    scenario: choice === undefined ? null : { name: text(choice.name, 200), why: text(choice.why, 500) },
    nearMisses: nearMisses.slice(0, 10).map((told) => text(told, 500)),
    note: note === undefined ? null : text(note, 500),
  }
  const answer = writeBody(reply, redactor, chat !== undefined && choice === undefined) // last: it depends on what the request had in it
  const response = {
    status: reply.status,
    headers: writeHeaders(reply.headers, redactor, limits),
    stream: isStream(reply.body),
    wait: Math.round(waitOf(reply)),
    isJson: answer.isJson,
  }
  return { head: { ...head, response }, body: answer.text }
}

/** A fault's code: the same for every request with it. */
export function codeOf({ reason, param }: Pick<Violation, 'reason' | 'param'>): string {
  return `${reason}:${param.replaceAll(/\[\d+\]/g, '[]')}`
}

function writeHeaders(headers: Head['headers'], redactor: Redactor, { values }: Limits): Record<string, string> {
  const kept: [string, string][] = []
  for (const [name, value] of Object.entries(headers).slice(0, values)) {
    if (value === undefined) continue
    const text = typeof value === 'string' ? value : value.join(', ')
    kept.push([
      toHeaderName(name, redactor),
      redactor.text(sensitivityOf(name) === 'open' ? text : redactNamed(name, text), 4000),
    ])
  }
  return Object.fromEntries(kept)
}

// Nearly all requests have the same headers; what stands here has been searched once.
const headerNames = new Set<string>()

function toHeaderName(name: string, redactor: Redactor): string {
  if (headerNames.has(name)) return name
  const kept = redactor.text(name.toLowerCase(), 200)
  if (kept === name && name.length <= 64 && headerNames.size < 1000) headerNames.add(name)
  return kept
}

function writeChat(
  { model, prompt, size, count, references, wantsStream }: NonNullable<RequestContext['chat']>,
  redactor: Redactor,
): RecordedChat {
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
  return isStream(body) ? body.reduce((sum, frame) => sum + frame.wait, wait) : wait
}

interface Body {
  readonly text: string
  readonly isJson: boolean
}

// Nothing but its request can bring a credential into an answer that no scenario shaped: it is neither parsed nor searched.
// What a request with one is answered is not kept: styles write a prompt in pieces, in links and with other signs.
function writeBody({ body, headers }: Reply, redactor: Redactor, isOurs: boolean): Body {
  const type = headers['content-type'] ?? ''
  const isPlain = (text: string): boolean => isOurs && !text.includes('base64,')
  if (redactor.hasFound)
    return {
      isJson: false,
      text: `[not kept: the request has a credential or a data URI in its text, which its answer may repeat; ${type}]`,
    }
  if (isStream(body)) {
    const text = joined(body)
    return { isJson: false, text: isPlain(text) ? redactor.plain(text, MAX_STREAM) : redactor.answer(text, MAX_STREAM) }
  }
  const text = typeof body === 'string' ? body : type.startsWith('image/') || !isUtf8(body) ? undefined : toText(body)
  if (text === undefined)
    return {
      isJson: false,
      text: `[${type}, sha256 ${hash('sha256', body, 'hex').slice(0, 16)}, ${body.length} bytes]`,
    }
  if (text.length <= PLAIN_JSON && isPlain(text)) return { isJson: isJsonType(type), text: redactor.plain(text) }
  const value = isJsonType(type) ? parse(text) : undefined
  return value === undefined
    ? { isJson: false, text: redactor.answer(text) }
    : { isJson: true, text: JSON.stringify(redactor.value(value, 'answer')) }
}

function toText(bytes: Uint8Array): string {
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length).toString('utf8')
}

const PLAIN_JSON = 8192

function parse(text: string): JsonValue | undefined {
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}

function joined(frames: readonly Frame[]): string {
  return frames.every(({ data }) => typeof data === 'string')
    ? frames.map(({ data }) => data).join('')
    : Buffer.concat(frames.map(({ data }) => Buffer.from(data))).toString('utf8')
}

/** An Exchange that a Store has kept. */
export function readExchange({ id, bytes, ending }: StoredExchange): Exchange {
  const [head = '', text = ''] = splitLine(toText(bytes))
  const written: unknown = JSON.parse(head)
  if (!isWritten(written)) throw new TypeError(`exchange ${id} was not written by toExchange`)
  const { isJson, ...response } = written.response
  const body = isJson ? parse(text) : undefined
  return {
    id,
    ...written,
    response: { ...response, ...(body === undefined ? { text } : { body }) },
    duration: ending?.duration,
    hungUp: ending?.hungUp,
  }
}

function splitLine(text: string): string[] {
  const end = text.indexOf('\n')
  return [text.slice(0, end), text.slice(end + 1)]
}

function isWritten(value: unknown): value is Written {
  return (
    isObject(value) && isObject(value['request']) && isObject(value['response']) && typeof value['time'] === 'string'
  )
}
