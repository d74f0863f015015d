import type { ChatRequest } from '../chat/chat-request.ts'
import type { Violation } from '../openapi/violation.ts'
import type { JsonValue } from '../util/json.ts'
import type { Operation } from '../openapi/operation.ts'

/** Which Scenario shaped an answer, and why it was chosen. */
export interface Choice {
  readonly name: string
  /** How it was asked for: `x-mock-scenario`, `script`, its own `when` … */
  readonly why: string
}

/** What is learnt of a request while it is answered; each part is filled in where it is known. */
export interface Trace {
  readonly requestId: string
  /** Whose memory it belongs to: a name, the digest of a key, or nothing. */
  session: string
  /** The session's when the request came in, where it was asked for. */
  generation: string | undefined
  /** Method and path template of what answers it. */
  endpoint: string | undefined
  operation: Operation | undefined
  /** Bytes of the request's body. */
  size: number
  /** The request's body, parsed. */
  body: JsonValue | undefined
  /** What the contract forbids of it. */
  faults: readonly Violation[]
  chat: ChatRequest | undefined
  choice: Choice | undefined
  /** The Scenarios that fitted but for one thing, and that thing. */
  nearMisses: readonly string[]
}

const NONE: readonly never[] = []

/** A Trace of which nothing is known yet. It has all its fields from the start: one that grows is moved with each of them. */
export function createTrace(requestId: string): Trace {
  return {
    requestId,
    session: '',
    generation: undefined,
    endpoint: undefined,
    operation: undefined,
    size: 0,
    body: undefined,
    faults: NONE,
    chat: undefined,
    choice: undefined,
    nearMisses: NONE,
  }
}
