import { redactText } from '../journal/credentials.ts'
import type { CoverageTargets } from '../journal/coverage-keys.ts'
import { coverageKeysOf } from '../journal/coverage-keys.ts'
import { toExchange } from '../journal/exchange.ts'
import type { Ending } from '../store/store.ts'
import { StoreUnavailable } from '../store/store.ts'
import type { Reply } from '../util/reply.ts'
import { isStream } from '../util/reply.ts'
import type { AppContext, AppHandler, RequestContext } from './context.ts'
import { modelsOf } from './routes/operations.ts'
import type { Settings } from './settings.ts'

/** What an Exchange is called once it is recorded. */
export interface Recorded {
  /** What else `x-mock-note` says. */
  readonly notes: readonly string[]
  /** Completes the Exchange: its answer was read to its end, or its client disconnected before. */
  readonly end: (ending: Ending) => Promise<void>
}

/** Records requests and their answers. */
export interface Journal {
  /** What can be exercised, for the coverage. */
  readonly known: CoverageTargets
  /** Records a request and its answer before that is sent: a test that has read the answer finds it. */
  readonly record: (c: AppContext, reply: Reply, notes: readonly string[]) => Promise<Recorded>
}

/** From here on requests are recorded: those for the contract, and those that nothing answers. */
export function recorded(): AppHandler {
  return async (c, next) => {
    c.get('context').isRecorded = true
    await next()
  }
}

const NOT_RECORDED: Recorded = { notes: [], end: async () => {} }

/** A Journal in the mock's Store. A failure of its own changes no answer, and is reported. */
export function createJournal(settings: Settings, onFault: (error: unknown) => void): Journal {
  const { store, catalogue } = settings.choosing
  const { values: models, titles: families } = modelsOf(settings)
  const known: CoverageTargets = { contract: settings.contract, models, families, scenarios: [...catalogue.keys()] }
  const record = async (c: AppContext, reply: Reply): Promise<Recorded> => {
    const context = c.get('context')
    const { session, generation } = context
    const request = {
      method: context.method,
      path: context.path,
      query: context.query,
      headers: c.req.header(),
    }
    const time = Date.now()
    const write = (): Uint8Array => {
      try {
        return toExchange(context, { request, reply, time })
      } catch (error) {
        onFault(error)
        return new Uint8Array()
      }
    }
    const exchange = { size: sizeOf(context, reply), write }
    const [{ id, forgotten }] = await Promise.all([
      store.record(session, exchange.size > 65_536 ? exchange.write() : exchange, generation),
      store.mark(session, coverageKeysOf(context, { request, reply }, known), generation),
    ])
    return {
      notes: forgotten.slice(0, 3).map((name) => `session '${redactText(name)}' was forgotten, it was idle longest`),
      end: async (ending) =>
        store.end(session, id, ending).catch((error: unknown) => {
          if (!(error instanceof StoreUnavailable)) throw error
        }),
    }
  }
  return {
    known,
    record: async (c, reply) => {
      try {
        return await record(c, reply)
      } catch (error) {
        if (error instanceof StoreUnavailable)
          return { ...NOT_RECORDED, notes: ['not in the journal: the store cannot be reached'] }
        onFault(error)
        return NOT_RECORDED
      }
    },
  }
}

// Bytes that a request and its answer take: a character takes two, and parsed JSON as much again.
function sizeOf({ size }: RequestContext, { body }: Reply): number {
  const sent = isStream(body) ? body.reduce((sum, { data }) => sum + data.length + 32, 0) : body.length
  return 4096 + 4 * size + 2 * sent
}
