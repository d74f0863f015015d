import type { RequestFacts } from '../journal/request-facts.ts'

type Mutable<T> = { -readonly [K in keyof T]: T[K] }

/** What is learnt of a request while it is answered; each part is filled in where it is known. */
export interface RequestContext extends Mutable<RequestFacts> {
  readonly requestId: string
  /** Method and path template of what answers it. */
  endpoint: string | undefined
}

const NONE: readonly never[] = []

/** A RequestContext of which nothing is known yet. */
export function createContext(requestId: string): RequestContext {
  return {
    requestId,
    session: '',
    generation: undefined,
    endpoint: undefined,
    operation: undefined,
    size: 0,
    body: undefined,
    violations: NONE,
    chat: undefined,
    choice: undefined,
    nearMisses: NONE,
    notes: NONE,
  }
}
