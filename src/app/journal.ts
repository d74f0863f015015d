import { redactText } from '../journal/credentials.ts'
import type { Head } from '../journal/exchange.ts'
import { toExchange } from '../journal/exchange.ts'
import type { CoverageTargets } from '../journal/coverage-keys.ts'
import { coverageKeysOf } from '../journal/coverage-keys.ts'
import type { Trace } from '../journal/request-context.ts'
import type { Reply } from '../util/reply.ts'
import { isStream } from '../util/reply.ts'
import type { Ending, Store, LazyExchange } from '../store/store.ts'
import { StoreUnavailable } from '../store/store.ts'
import type { Incoming } from './incoming.ts'
import { modelsOf } from './operations.ts'
import type { Settings } from './settings.ts'

/** An Exchange that has begun. */
export interface Begun {
  /** What is to be told of it beside its answer. */
  readonly notes: readonly string[]
  /** Completes it: its answer was written, or its client was gone before. */
  readonly end: (ending: Ending) => Promise<void>
}

/** Keeps what is asked and answered. */
export interface Journal {
  /** What can be exercised, for the coverage. */
  readonly known: CoverageTargets
  /** Keeps a request with its answer, which is not complete yet, before that is written: a test that has read the answer finds it. */
  readonly begin: (request: Incoming, trace: Trace, reply: Reply) => Promise<Begun>
}

/** Of a request that is not kept. */
export const NOT_KEPT: Begun = { notes: [], end: async () => {} }

/** What a Journal needs beside the Settings. */
export interface Surroundings {
  /** Makes a Reply as it is sent. */
  readonly complete: (reply: Reply, requestId: string) => Reply
  readonly onFault: (error: unknown) => void
}

/** A Journal that keeps in the Settings' Store; a fault of its own changes no answer, and is told. */
export function createJournal(settings: Settings, { complete, onFault }: Surroundings): Journal {
  const { store, catalogue } = settings.choosing
  const { values: models, titles: families } = modelsOf(settings)
  const known: CoverageTargets = { contract: settings.contract, models, families, scenarios: [...catalogue.keys()] }
  const write = ({ trace, request, reply, time }: Held): Uint8Array => {
    try {
      return toExchange(trace, { request, reply: complete(reply, trace.requestId), time })
    } catch (error) {
      onFault(error)
      return new Uint8Array()
    }
  }
  const begin: Journal['begin'] = async (incoming, trace, reply) => {
    const { method, path, query } = incoming
    const request = { method, path, query, headers: incoming.headers() }
    const { session, generation } = trace
    const held = new Held(trace, { request, reply: hold(reply), write })
    const exchange = held.size > MAX_UNWRITTEN ? serialized(held.toBytes()) : held
    const [{ id, forgotten }] = await Promise.all([
      store.record(session, exchange, generation),
      store.mark(session, coverageKeysOf(trace, { request, reply }, known), generation),
    ])
    return {
      notes: forgotten.slice(0, 3).map((name) => `session '${redactText(name)}' was forgotten, it was idle longest`),
      end: (ending) => finish(store, { session, id }, ending),
    }
  }
  return {
    known,
    begin: async (request, trace, reply) => {
      try {
        return await begin(request, trace, reply)
      } catch (error) {
        if (error instanceof StoreUnavailable)
          return { ...NOT_KEPT, notes: ['not in the journal: the store cannot be reached'] }
        onFault(error)
        return NOT_KEPT
      }
    },
  }
}

// What a store that is gone cannot be told is lost with it; that it is gone, it tells itself.
async function finish(
  store: Store,
  { session, id }: { readonly session: string; readonly id: string },
  ending: Ending,
): Promise<void> {
  try {
    await store.end(session, id, ending)
  } catch (error) {
    if (!(error instanceof StoreUnavailable)) throw error
  }
}

/** Bytes that a request and its answer may take until they are written; larger ones are written at once. */
const MAX_UNWRITTEN = 65_536

type Holding = Pick<Held, 'request' | 'reply'> & { readonly write: (held: Held) => Uint8Array }

// A request and its answer as they came. Each collection of garbage copies what outlives it: so this has little of its own,
// and what a request shares with those before it (a connection's headers, a recalled body and its answer) stands here as well.
class Held implements LazyExchange {
  readonly size: number
  readonly time = Date.now()
  readonly trace: Trace
  readonly request: Head
  readonly reply: Reply
  readonly #write: Holding['write']

  constructor(trace: Trace, { request, reply, write }: Holding) {
    this.size = sizeOf(trace, reply)
    this.trace = trace
    this.request = request
    this.reply = reply
    this.#write = write
  }

  toBytes(): Uint8Array {
    return this.#write(this)
  }
}

function serialized(bytes: Uint8Array): LazyExchange {
  return { size: bytes.length, toBytes: () => bytes }
}

// What is held of a request and its answer as they came, about: a character takes two bytes, and parsed JSON as much again.
function sizeOf({ size }: Trace, { body }: Reply): number {
  return (
    4096 + 4 * size + 2 * (isStream(body) ? body.reduce((sum, { data }) => sum + data.length + 32, 0) : body.length)
  )
}

// What is held keeps no long text: each collection of garbage copies texts that have outlived their turn, and no bytes.
function hold(reply: Reply): Reply {
  return typeof reply.body === 'string' ? { ...reply, body: Buffer.from(reply.body) } : reply
}
