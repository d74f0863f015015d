import { type Ending, type LazyExchange, type Store, StoreForgotten, StoreUnavailable } from '../store/store.ts'
import { type CoverageTargets, coverageKeysOf } from './coverage-keys.ts'
import { redactText } from './credentials.ts'
import type { RequestFacts } from './exchange.ts'
import { type Answered, type WritingMock, lazyExchange } from './write-exchange.ts'

/** The record of a request whose response is about to be sent. */
export interface Recording {
  /** Notes to add to the response's `x-mock-note`. */
  readonly notes: readonly string[]
  /** Completes the record when the response was sent or the client disconnected. */
  readonly end: (ending: Ending) => Promise<void>
}

/**
 * Records a request before its response is sent, so a test that has read the response finds the Exchange. It never
 * rejects: a store that cannot be reached becomes a note, any other error goes to `onFault`.
 */
export type Recorder = (facts: RequestFacts, answered: Answered) => Promise<Recording>

/** The Recording of a request that is not recorded. */
export const NOT_RECORDED: Recording = { notes: [], end: async () => {} }

/** What a Recorder needs of its mock. */
interface RecordingMock extends WritingMock {
  readonly store: Store
  readonly targets: CoverageTargets
  readonly onFault: (error: unknown) => void
}

/** Creates a Recorder that writes to the Store of a mock. */
export function createRecorder({ store, targets, onFault, ...mock }: RecordingMock): Recorder {
  const toLazy = (facts: RequestFacts, answered: Answered): LazyExchange => {
    const { size, toBytes } = lazyExchange(facts, answered, mock)
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
        notes: forgotten.slice(0, 3).map((name) => `session '${redactText(name)}' was deleted: it was idle longest`),
        end: async (ending) => store.end(session, id, ending).catch(ignoreUnavailable),
      }
    } catch (error) {
      if (error instanceof StoreUnavailable)
        return { ...NOT_RECORDED, notes: [`not in the journal: ${reasonOf(error)}`] }
      onFault(error)
      return NOT_RECORDED
    }
  }
}

function reasonOf(error: StoreUnavailable): string {
  return error instanceof StoreForgotten ? 'the store has lost data of the session' : 'the store cannot be reached'
}

// The store itself reports that it cannot be reached.
function ignoreUnavailable(error: unknown): void {
  if (!(error instanceof StoreUnavailable)) throw error
}
