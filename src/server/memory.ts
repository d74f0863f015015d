import type { Coverage } from '../journal/coverage.ts'
import { toCoverage } from '../journal/coverage.ts'
import type { Exchange } from '../journal/exchange.ts'
import { readExchange } from '../journal/exchange.ts'
import type { Filter } from '../journal/filter.ts'
import { selectExchanges } from '../journal/filter.ts'
import type { Known } from '../journal/marks.ts'
import type { Kept, Scripted, Store } from '../store/store.ts'
import type { Settings } from './settings.ts'

/** What is scripted and not yet asked for. */
export interface Pending {
  /** A scenario's name, or what it answers. */
  readonly scenario: unknown
  /** Which requests it is for. */
  readonly when?: unknown
  /** How many requests it still answers. */
  readonly times: number
}

/** What a mock remembers of a session, or of all of them. */
export interface Memory {
  readonly script: (entries: unknown) => Promise<number>
  readonly pending: () => Promise<Pending[]>
  readonly exchanges: (filter?: Filter) => Promise<Exchange[]>
  /** One Exchange by its id; `latest` is the newest. */
  readonly exchange: (id: string) => Promise<Exchange | undefined>
  readonly coverage: () => Promise<Coverage>
  readonly erase: () => Promise<void>
  readonly reset: () => Promise<void>
}

/** The memory of a session; without a name, what is read is of all sessions, and what is changed is of those requests that have none. */
export function memoryOf({ choosing }: Settings, known: Known, session: string | undefined): Memory {
  const { store }: { store: Store } = choosing
  const own = session ?? ''
  return {
    script: async (entries) => (await import('../scenario/script.ts')).addScript(entries, own, choosing),
    pending: async () => (await store.scripted(own)).map(toPending),
    exchanges: async (filter = {}) => selectExchanges(newest(await store.records(session), filter).map(readExchange), filter),
    exchange: async (id) => {
      const kept = await store.records(session)
      const found = id === 'latest' ? kept.at(-1) : kept.find((one) => one.id === id)
      return found === undefined ? undefined : readExchange(found)
    },
    coverage: async () => toCoverage(await store.marks(session), known),
    erase: async () => store.erase(own),
    reset: async () => store.reset(own),
  }
}

// Where nothing but their number is asked, the others need not be read.
function newest(kept: readonly Kept[], { limit, ...filter }: Filter): readonly Kept[] {
  return limit === undefined || Object.keys(filter).length > 0 ? kept : kept.slice(Math.max(0, kept.length - limit))
}

function toPending({ json, left }: Scripted): Pending {
  const entry: Omit<Pending, 'times'> = JSON.parse(json)
  return { ...entry, times: left }
}
