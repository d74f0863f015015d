import type { Ending, StoredExchange } from '../store/store.ts'
import { type JsonValue, isObject, parseJson } from '../util/json-value.ts'
import type { ChatRequest } from '../chat/chat-request.ts'
import type { Operation } from '../openapi/operation.ts'
import type { Violation } from '../openapi/violation.ts'
import type { RecordedPicture } from './recorded-pictures.ts'

/** A recorded violation of the contract. */
export interface RecordedViolation {
  /** Identifies the violation in all requests, without list indexes: `type:messages[].content`. */
  readonly code: string
  /** Its location: `messages[0].content`, or a parameter's name. */
  readonly param: string
  /** What is wrong and what is allowed. */
  readonly message: string
  /** JSON pointer of the broken rule in the contract; absent if it was not found. */
  readonly pointer?: string
  /** How to fix the request: the values that the rule allows. Absent if the rule was not found. */
  readonly hint?: string
}

/** How the mock understood a chat request. */
export interface RecordedChat {
  readonly model: string
  /** Text of the last user message, without reference URLs. At most 1,000 characters. */
  readonly prompt: string
  /** Size of each picture, for example `1024x1536`. */
  readonly size: string
  /** Number of requested pictures. */
  readonly count: number
  /** Number of reference pictures that are used. */
  readonly references: number
  readonly stream: boolean
}

/** The request. Credentials are `[redacted]`, data URIs are replaced by type, digest and size, long texts are cut. */
export interface RecordedRequest {
  readonly method: string
  /** Percent-decoded, without the query. */
  readonly path: string
  /** Without its question mark; empty if the URL has no query. */
  readonly query: string
  /** Names are in lower case. */
  readonly headers: Readonly<Record<string, string>>
  /** The parsed JSON body; absent if no body was read. */
  readonly body?: JsonValue
}

/** The response, redacted and cut like the request. */
export interface RecordedResponse {
  readonly status: number
  /** Without the headers of the connection. Names are in lower case. */
  readonly headers: Readonly<Record<string, string>>
  /** The body of a JSON response. */
  readonly body?: JsonValue
  /** Any other body: the planned text of a stream, a page, or a picture's type, digest and size. */
  readonly text?: string
  /** Whether the body is a stream. */
  readonly stream: boolean
  /** All planned delays together, in milliseconds. */
  readonly wait: number
  /**
   * Only for a stream of server-sent events: planned milliseconds from the request until each event is complete, in the
   * order of the events in `text`. A comment counts as an event. An incomplete event at the end has no time. At most
   * the first 1,000.
   */
  readonly events?: readonly number[]
  /** Whether the response ends with a reset of the connection. */
  readonly reset: boolean
}

/**
 * One recorded request and its response.
 * @example
 * const [{ request, chat, response, violations }] = await mock.exchanges()
 * expect([chat?.prompt, response.status, violations]).toEqual(['a fox', 200, []])
 */
export interface Exchange {
  /** A later Exchange has a higher id. */
  readonly id: string
  /** When the response started, in ISO 8601 format. */
  readonly time: string
  /** The session's name, a digest of the API key, or an empty string. */
  readonly session: string
  readonly request: RecordedRequest
  /** The operation of the contract; null if no method and path match. */
  readonly operation: { readonly id: string | null; readonly method: string; readonly path: string } | null
  /** The first 50 violations of the contract. */
  readonly violations: readonly RecordedViolation[]
  /** Null if it is not a chat request or could not be read. */
  readonly chat: RecordedChat | null
  /** The scenario of the response; null if it has none. */
  readonly scenario: Choice | null
  /** Near misses: scenarios that match except for one condition, each with what was expected and the actual value. */
  readonly nearMisses: readonly string[]
  /** How the response differs from what was requested; also in the header `x-mock-note`. */
  readonly note: string | null
  readonly response: RecordedResponse
  /**
   * The pictures in the response, in order, at most 50. Empty if the request contains a credential, because the name of
   * a picture contains the prompt.
   */
  readonly pictures: readonly RecordedPicture[]
  /**
   * Milliseconds from the request's headers to the first byte of the response; undefined while the response is being
   * sent, and if no byte was sent.
   */
  readonly firstByte: number | undefined
  /** Milliseconds from the request's headers to the last byte of the response; undefined while it is being sent. */
  readonly duration: number | undefined
  /** Whether the client disconnected before the end; undefined while the response is being sent. */
  readonly hungUp: boolean | undefined
}

/** The first line of a stored Exchange. The unescaped body of the response follows it. */
export type ExchangeHead = Omit<Exchange, 'id' | 'response' | keyof Ending> & {
  readonly response: Omit<RecordedResponse, 'body' | 'text'> & { readonly isJson: boolean }
}

/** Reads the bytes that `toExchange` wrote. Throws a TypeError for any others. */
export function readExchange({ id, bytes, ending }: StoredExchange): Exchange {
  const { head, rest: sent } = readHead({ id, bytes })
  const text = sent.toString('utf8')
  const { isJson, ...rest } = head.response
  const body = isJson ? parseJson(text) : undefined
  const response = { ...rest, ...(body === undefined ? { text } : { body }) }
  const { firstByte, duration, hungUp } = ending ?? {}
  return { id, ...head, response, firstByte, duration, hungUp }
}

/** Reads the first line of a stored Exchange. `rest` is the body of the response. Throws a TypeError for other bytes. */
export function readHead({ id, bytes }: Pick<StoredExchange, 'id' | 'bytes'>): {
  readonly head: ExchangeHead
  readonly rest: Buffer
} {
  const stored = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length)
  const end = stored.indexOf('\n')
  const head: unknown = JSON.parse(stored.toString('utf8', 0, end))
  if (!isHead(head)) throw new TypeError(`exchange ${id} was not written by toExchange`)
  return { head, rest: stored.subarray(end + 1) }
}

function isHead(value: unknown): value is ExchangeHead {
  return (
    isObject(value) && isObject(value['request']) && isObject(value['response']) && typeof value['time'] === 'string'
  )
}

/** The model of a request, also of a chat request that could not be read. Undefined if it has none. */
export function modelOfExchange({ chat, request }: Pick<Exchange, 'chat' | 'request'>): string | undefined {
  const model = chat?.model ?? (isObject(request.body) ? request.body['model'] : undefined)
  return typeof model === 'string' ? model : undefined
}

/** The scenario of a response, and why it was chosen. */
export interface Choice {
  readonly name: string
  /** For example `x-mock-scenario`, `Prefer`, `script` or `when`. */
  readonly why: string
}

/** What the journal and the coverage need to know about a request. */
export interface RequestFacts {
  readonly session: string
  /** Generation of the session when the request arrived; undefined if it was not read. */
  readonly generation: string | undefined
  readonly operation: Operation | undefined
  /** Bytes of the request's body. */
  readonly size: number
  /** The parsed body; undefined if none was read. */
  readonly body: JsonValue | undefined
  readonly violations: readonly Violation[]
  /** What the contract does not name. */
  readonly unknownFields: readonly Violation[]
  readonly chat: ChatRequest | undefined
  readonly choice: Choice | undefined
  readonly nearMisses: readonly string[]
  /** The parts of `x-mock-note`. */
  readonly notes: readonly string[]
}
