import type { Coverage } from '../journal/coverage.ts'
import type { CoverageTargets } from '../journal/coverage-keys.ts'
import type { CoverageScope } from '../journal/coverage-scope.ts'
import { type Exchange, readExchange } from '../journal/exchange.ts'
import type { Filter } from '../journal/filter.ts'
import type { ScriptEntry } from '../scenarios/scenario.ts'
import type { Scripted, StoredExchange } from '../store/store.ts'
import type { Settings } from './settings.ts'

/**
 * A scripted response that is not used up yet.
 * @example
 * expect(await mock.pending()).toEqual([]) // all scripted responses were used
 */
export interface Pending {
  /** A scenario's name, or the response. */
  readonly scenario: unknown
  readonly when?: unknown
  /** Number of requests that still get it. */
  readonly times: number
}

/** The data of one session, or of all sessions. */
export interface SessionData {
  readonly script: (entries: ScriptEntry | ScriptEntry[]) => Promise<number>
  readonly pending: () => Promise<Pending[]>
  readonly exchanges: (filter?: Filter) => Promise<Exchange[]>
  /** A table of the scripted responses that were not used, and of the exchanges. */
  readonly table: (filter?: Filter) => Promise<string>
  readonly coverage: (scope?: CoverageScope) => Promise<Coverage>
  /** The coverage of all sessions since the start. A reset does not clear it. */
  readonly total: (scope?: CoverageScope) => Promise<Coverage>
  readonly reset: () => Promise<void>
}

/** The data of a mock in this process. */
export interface OwnSessionData extends SessionData {
  /** The Exchanges as they are stored, to be parsed one by one. */
  readonly kept: (filter?: Filter) => Promise<readonly StoredExchange[]>
  /** One Exchange by its id, or the newest one: `latest`. */
  readonly exchange: (id: string) => Promise<Exchange | undefined>
  /** Deletes one Exchange by its id, or the newest one: `latest`. Returns whether there was one. */
  readonly remove: (id: string) => Promise<boolean>
  /** Deletes the Exchanges that match. */
  readonly erase: (filter?: Filter) => Promise<void>
}

type DataSource = Pick<Settings, 'store' | 'scenarios' | 'scripted'> & { readonly targets: CoverageTargets }

/** The data of a session, or of all. A script without a session is for all sessions that have no name and no script. */
export function sessionDataOf(mock: DataSource, session: string | undefined): OwnSessionData {
  const { store, targets } = mock
  const own = session ?? ''
  const kept = async (filter: Filter = {}): Promise<readonly StoredExchange[]> =>
    select(await store.records(session), filter)
  const coverageOf = async (counts: ReadonlyMap<string, number>, scope?: CoverageScope): Promise<Coverage> =>
    (await import('../journal/coverage.ts')).toCoverage(counts, targets, scope)
  const find = async (id: string): Promise<StoredExchange | undefined> => {
    const all = await store.records(session)
    return id === 'latest' ? all.at(-1) : all.find((one) => one.id === id)
  }
  return {
    kept,
    exchanges: async (filter) => readAll(await kept(filter)),
    table: async (filter) => {
      const { toTable } = await import('../journal/failure-table.ts')
      const scripted = await store.scripted(own)
      return toTable(await kept(filter), scripted)
    },
    script: async (entries) => (await import('../scenarios/script.ts')).addScript(entries, own, mock),
    pending: async () => (await store.scripted(own)).map(toPending),
    exchange: async (id) => {
      const found = await find(id)
      return found === undefined ? undefined : readExchange(found)
    },
    remove: async (id) => {
      const found = await find(id)
      if (found !== undefined) await store.erase(found.session, [found.id])
      return found !== undefined
    },
    coverage: async (scope) => coverageOf(await store.marks(session), scope),
    total: async (scope) => coverageOf(await store.total(), scope),
    erase: async (filter = {}) => {
      const isAll = Object.keys(filter).length === 0
      await store.erase(session, isAll ? undefined : (await kept(filter)).map(({ id }) => id))
    },
    reset: async () => store.reset(session),
  }
}

const TURN = 8 // exchanges of up to 256 KiB each

// Searches from the newest, until there are enough. A long journal takes several turns of the event loop.
async function select(
  all: readonly StoredExchange[],
  { limit = all.length, ...filter }: Filter,
): Promise<readonly StoredExchange[]> {
  if (Object.keys(filter).length === 0) return all.slice(Math.max(0, all.length - limit))
  const { createMatcher } = await import('../journal/filter.ts')
  const isMatch = createMatcher(filter)
  const found: StoredExchange[] = []
  for (let i = all.length - 1; i >= 0 && found.length < limit; i--) {
    const kept = all[i]
    if (kept !== undefined && readAll([kept]).some(isMatch)) found.push(kept)
    if (i % TURN === 0) await new Promise((resolve) => setImmediate(resolve))
  }
  return found.filter(isKept).toReversed()
}

function readAll(all: readonly StoredExchange[]): Exchange[] {
  return all.filter(isKept).map(readExchange)
}

// Others were evicted or deleted since they were listed.
function isKept({ bytes }: StoredExchange): boolean {
  return bytes.length > 0
}

function toPending({ json, left }: Scripted): Pending {
  const entry: Omit<Pending, 'times'> = JSON.parse(json)
  return { ...entry, times: left }
}
