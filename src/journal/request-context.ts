import type { ChatRequest } from '../chat/chat-request.ts'
import type { Violation } from '../openapi/violation.ts'
import type { JsonValue } from '../util/json.ts'
import type { Operation } from '../openapi/operation.ts'

/** Which Scenario shaped an answer, and why it was chosen. */
export interface Choice {
  readonly name: string
  /** How it was requested: `x-mock-scenario`, `scripted`, its own `when` … */
  readonly why: string
}

/** What the journal and the coverage read of a request. */
export interface RequestContext {
  readonly requestId: string
  session: string
  generation: string | undefined
  endpoint: string | undefined
  operation: Operation | undefined
  size: number
  body: JsonValue | undefined
  violations: readonly Violation[]
  chat: ChatRequest | undefined
  choice: Choice | undefined
  nearMisses: readonly string[]
  readonly notes: string[]
}
