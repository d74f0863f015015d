import type { StoredExchange } from '../store/store.ts'
import { type JsonValue, isObject } from '../util/json.ts'
import type { ChatRequest } from '../chat/chat-request.ts'
import type { Operation } from '../openapi/operation.ts'
import type { Violation } from '../openapi/violation.ts'

/** A violation of the contract, as the journal has it. */
export interface RecordedViolation {
  /** The same for every request with it, whatever the index in a list: `type:messages[].content`. */
  readonly code: string
  /** Where: `messages[0].content`, or a parameter's name. */
  readonly param: string
  /** What is wrong, and what is allowed. */
  readonly message: string
}

/** How a chat request was read. */
export interface RecordedChat {
  readonly model: string
  /** Text of the last user message without reference URLs, at most 1,000 characters. */
  readonly prompt: string
  /** Of each picture, `1024x1536`. */
  readonly size: string
  /** Requested pictures. */
  readonly count: number
  /** Reference pictures that are used. */
  readonly references: number
  readonly stream: boolean
}

/** What a client sent. Credentials are `[redacted]`, a data URI is its type, digest and size, long texts are cut. */
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

/** The response, redacted and cut as the request is. */
export interface RecordedResponse {
  readonly status: number
  /** Without those that belong to the connection. Names in lower case. */
  readonly headers: Readonly<Record<string, string>>
  /** The body of a JSON response. */
  readonly body?: JsonValue
  /** Any other body: a stream as it was to be sent, a page, or a picture's type, digest and size. */
  readonly text?: string
  /** Whether it was sent piece by piece. */
  readonly stream: boolean
  /** Milliseconds of all planned waits. */
  readonly wait: number
}

/**
 * One request and its response, as the journal has them.
 * @example
 * const [{ request, chat, response, violations }] = await mock.exchanges()
 * expect([chat?.prompt, response.status, violations]).toEqual(['a fox', 200, []])
 */
export interface Exchange {
  /** Grows from one Exchange to the next. */
  readonly id: string
  /** When the response began, in ISO 8601. */
  readonly time: string
  /** Name of the session, the digest of an API key, or empty. */
  readonly session: string
  readonly request: RecordedRequest
  /** The operation of the contract; null where no path and method match. */
  readonly operation: { readonly id: string | null; readonly method: string; readonly path: string } | null
  /** At most 50. */
  readonly violations: readonly RecordedViolation[]
  /** Null where it is not a chat request, or could not be read. */
  readonly chat: RecordedChat | null
  /** Null where no scenario shaped the response. */
  readonly scenario: Choice | null
  /** Scenarios that match except for one condition, each with that condition: why an expected one was not chosen. */
  readonly nearMisses: readonly string[]
  /** What the mock did differently from what was requested, as in `x-mock-note`. */
  readonly note: string | null
  readonly response: RecordedResponse
  /** Milliseconds from the request's head to the last byte of the response; undefined while it is sent. */
  readonly duration: number | undefined
  /** Whether the client disconnected before the end; undefined while the response is sent. */
  readonly hungUp: boolean | undefined
}

/** The first line of a stored Exchange. The rest of its bytes is the response's body, unescaped. */
export type ExchangeHead = Omit<Exchange, 'id' | 'duration' | 'hungUp' | 'response'> & {
  readonly response: Omit<RecordedResponse, 'body' | 'text'> & { readonly isJson: boolean }
}

/** Reads what `toExchange` wrote; a TypeError for other bytes. */
export function readExchange({ id, bytes, ending }: StoredExchange): Exchange {
  const stored = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length).toString('utf8')
  const end = stored.indexOf('\n')
  const head: unknown = JSON.parse(stored.slice(0, end))
  if (!isHead(head)) throw new TypeError(`exchange ${id} was not written by toExchange`)
  const text = stored.slice(end + 1)
  const { isJson, ...rest } = head.response
  const body = isJson ? parseJson(text) : undefined
  const response = { ...rest, ...(body === undefined ? { text } : { body }) }
  return { id, ...head, response, duration: ending?.duration, hungUp: ending?.hungUp }
}

function isHead(value: unknown): value is ExchangeHead {
  return (
    isObject(value) && isObject(value['request']) && isObject(value['response']) && typeof value['time'] === 'string'
  )
}

/** The value of a JSON text; undefined where it is not JSON. */
export function parseJson(text: string): JsonValue | undefined {
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}

/** The scenario that shaped a response, and why it was chosen. */
export interface Choice {
  readonly name: string
  /** `x-mock-scenario`, `Prefer`, `script`, its own `when` … */
  readonly why: string
}

/** What the journal and the coverage read of a request, once its response is known. */
export interface RequestFacts {
  /** Name of the session, the digest of an API key, or empty. */
  readonly session: string
  /** Generation of the session when the request came in; undefined where it was not read. */
  readonly generation: string | undefined
  /** The operation of the contract; undefined where no path and method match. */
  readonly operation: Operation | undefined
  /** Bytes of the request's body. */
  readonly size: number
  /** The request's body, parsed; undefined where none was read. */
  readonly body: JsonValue | undefined
  readonly violations: readonly Violation[]
  /** Undefined where it is not a chat request, or could not be read. */
  readonly chat: ChatRequest | undefined
  readonly choice: Choice | undefined
  /** Scenarios that match except for one condition, each with that condition. */
  readonly nearMisses: readonly string[]
  /** What the mock did differently from what was requested; the parts of `x-mock-note`. */
  readonly notes: readonly string[]
}
