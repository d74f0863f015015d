import type { ChatRequest } from '../chat/chat-request.ts'
import type { Operation } from '../openapi/operation.ts'
import type { Violation } from '../openapi/violation.ts'
import type { JsonValue } from '../util/json.ts'

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
