import { type Ending, type LazyExchange, type Store, StoreUnavailable } from '../store/store.ts'
import { type CoverageTargets, coverageKeysOf } from './coverage-keys.ts'
import { redactText } from './credentials.ts'
import type { RequestFacts } from './exchange.ts'
import { type Answered, lazyExchange } from './write-exchange.ts'

/** A request whose response is about to be sent, recorded. */
export interface Recording {
  /** What the response has to report about it, to be added to `x-mock-note`. */
  readonly notes: readonly string[]
  /** Completes it: the response was sent, or its client disconnected. */
  readonly end: (ending: Ending) => Promise<void>
}

/**
 * Records a request before its response is sent, so that a test which has read the response finds it. Never rejects: a store
 * that cannot be reached is a note, any other error goes to `onFault`.
 */
export type Recorder = (facts: RequestFacts, answered: Answered) => Promise<Recording>

/** A request that is not recorded. */
export const NOT_RECORDED: Recording = { notes: [], end: async () => {} }

/** A Recorder that writes to a Store. `targets` is what coverage counts. */
export function createRecorder(store: Store, targets: CoverageTargets, onFault: (error: unknown) => void): Recorder {
  const toLazy = (facts: RequestFacts, answered: Answered): LazyExchange => {
    const { size, toBytes } = lazyExchange(facts, answered)
    const attempt = (): Uint8Array => {
      try {
        return toBytes()
      } catch (error) {
        onFault(error)
        return new Uint8Array()
      }
    }
    return { size, toBytes: attempt }
  }
  return async (facts, answered) => {
    const { session, generation } = facts
    try {
      const [{ id, forgotten }] = await Promise.all([
        store.record(session, toLazy(facts, answered), generation),
        store.mark(session, coverageKeysOf(facts, answered, targets), generation),
      ])
      return {
        notes: forgotten.slice(0, 3).map((name) => `session '${redactText(name)}' was forgotten, it was idle longest`),
        end: async (ending) => store.end(session, id, ending).catch(ignoreUnavailable),
      }
    } catch (error) {
      if (error instanceof StoreUnavailable)
        return { ...NOT_RECORDED, notes: ['not in the journal: the store cannot be reached'] }
      onFault(error)
      return NOT_RECORDED
    }
  }
}

// The store reports by itself that it cannot be reached.
function ignoreUnavailable(error: unknown): void {
  if (!(error instanceof StoreUnavailable)) throw error
}
