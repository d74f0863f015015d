/** An entry to append to a session's script. */
export interface NewEntry {
  /** The response, as JSON. */
  readonly json: string
  /** Number of requests that it answers. */
  readonly times: number
}

/** An entry of a session's script. */
export interface Scripted {
  readonly id: string
  /** The response, as JSON. */
  readonly json: string
  /** Number of requests that it can still answer. */
  readonly left: number
}

/** The state of a session when a chat request arrives. */
export interface Opened {
  /** Number of the session's chat requests, including this one. */
  readonly nth: number
  /** The session's script, in order. */
  readonly scripted: readonly Scripted[]
  /** Changes when the session is reset. Writes with an earlier generation are ignored. */
  readonly generation: string
}

/** How an exchange ended. */
export interface Ending {
  /** Milliseconds from the head of the request to the first byte of the response; absent if no byte was sent. */
  readonly firstByte?: number
  /** Milliseconds from the head of the request to the last byte of the response. */
  readonly duration: number
  /** Whether the client disconnected before the end of the response. */
  readonly hungUp: boolean
}

/** An exchange as a Store returns it. The journal defines what the bytes mean. */
export interface StoredExchange {
  readonly id: string
  readonly session: string
  /** Empty once it is evicted or deleted, if the store is in this process: a list of exchanges then does not hold it. */
  readonly bytes: Uint8Array
  /** Undefined until the response is complete. */
  readonly ending: Ending | undefined
}

/** An exchange that is serialized on its first read. Most are evicted before. */
export interface LazyExchange {
  /** Bytes of memory that it needs until it is serialized; an estimate. It counts towards the limits. */
  readonly size: number
  /** Serializes the exchange. An empty array means that this failed: the exchange is then not listed. */
  readonly toBytes: () => Uint8Array
}

/** How much a Store contains. */
export interface StoreSize extends Readonly<Record<'sessions' | 'exchanges' | 'bytes', number>> {
  /** When the store began without its earlier data, in milliseconds; undefined if all sessions are complete. */
  readonly lostAt?: number
}

/** A change of the data in a Store. Evictions are not reported. */
export type StoreEvent =
  /** An exchange was recorded. `read` returns undefined if it is not stored any more. */
  | {
      readonly type: 'exchange'
      readonly id: string
      readonly session: string
      readonly read: () => Promise<StoredExchange | undefined>
    }
  /** The response of an exchange is complete. */
  | { readonly type: 'end'; readonly id: string; readonly session: string; readonly ending: Ending }
  /** Exchanges of a session were deleted: those with these ids; undefined: all of the session. */
  | { readonly type: 'deleted'; readonly session: string; readonly ids: readonly string[] | undefined }
  /** The script of a session has changed. */
  | { readonly type: 'script'; readonly session: string }
  /** Everything of a session was deleted; undefined: of all sessions. */
  | { readonly type: 'reset'; readonly session: string | undefined }
  /** Events were lost, because the connection to an external store was interrupted. */
  | { readonly type: 'missed' }

/** The limits of a Store; each has a default. */
export interface Bounds {
  /** Exchanges per session. The oldest are evicted first. Default 1000. */
  readonly exchanges?: number
  /** Sessions. The least recently used one is evicted first. Default 1000. */
  readonly sessions?: number
  /** Bytes of all exchanges. The oldest ones of the largest session are evicted first. Default 64 MiB. */
  readonly bytes?: number
}

/** Thrown when a script is too long. The message names the limit. */
export class StoreFull extends Error {
  override readonly name = 'StoreFull'
}

/** Thrown when an external store cannot be reached or rejects a command. The message has location and reason. */
export class StoreUnavailable extends Error {
  override readonly name: string = 'StoreUnavailable'
}

/**
 * Thrown when an external store may have lost data of the session, until the session is scripted or reset. The message
 * has location and time.
 */
export class StoreForgotten extends StoreUnavailable {
  override readonly name: string = 'StoreForgotten'
}

/**
 * All state of the mock, by session. A Store may be in another process, so every method is asynchronous. Every write
 * is atomic: when two requests arrive at once, only one of them takes the last response of a script.
 */
export interface Store {
  /** URL of the store, without credentials; undefined for this process's memory. */
  readonly location: string | undefined
  /** Counts a chat request and returns the session's state. */
  readonly open: (session: string) => Promise<Opened>
  /** Adds 1 to a counter of the session and returns its value. Returns 1 if the generation is an earlier one. */
  readonly count: (session: string, counter: string, generation?: string) => Promise<number>
  /** Appends entries to the session's script: all, or none with StoreFull. */
  readonly script: (session: string, entries: readonly NewEntry[]) => Promise<void>
  /** The entries of the session's script that can still answer requests. */
  readonly scripted: (session: string) => Promise<readonly Scripted[]>
  /** Takes a response from the first of these entries that has one left. `left` includes it. Undefined if none has. */
  readonly take: (
    session: string,
    entries: readonly Pick<Scripted, 'id' | 'json'>[],
  ) => Promise<Omit<Scripted, 'json'> | undefined>
  /** Adds an exchange. Returns its id, and the sessions that were evicted since the last call. */
  readonly record: (
    session: string,
    exchange: LazyExchange,
    generation?: string,
  ) => Promise<{ readonly id: string; readonly forgotten: readonly string[] }>
  /** Adds how an exchange ended, if it is still stored. */
  readonly end: (session: string, id: string, ending: Ending) => Promise<void>
  /** The exchanges of one session or of all, the oldest first. */
  readonly records: (session?: string) => Promise<readonly StoredExchange[]>
  /**
   * Counts coverage keys: what a request of the session has exercised. Those beyond a limit are counted together, under
   * NOT_COUNTED.
   */
  readonly mark: (session: string, marks: readonly string[], generation?: string) => Promise<void>
  /** The coverage keys of one session or of all, with their counts. */
  readonly marks: (session?: string) => Promise<ReadonlyMap<string, number>>
  /** The coverage keys of all requests since the start, with their counts. A reset does not clear them. */
  readonly total: () => Promise<ReadonlyMap<string, number>>
  /** Deletes exchanges of one session or of all: those with these ids, by default every one. */
  readonly erase: (session?: string, ids?: readonly string[]) => Promise<void>
  /** Deletes everything of one session or of all: script, counters, exchanges and coverage. */
  readonly reset: (session?: string) => Promise<void>
  readonly size: () => Promise<StoreSize>
  /**
   * Calls the listener for each later change, also of other processes that use the store. Returns a function that stops
   * it.
   */
  readonly subscribe: (listener: (event: StoreEvent) => void) => Promise<() => void>
  /** Closes connections, so that the process can end. The content can still be read afterwards. */
  readonly close: () => Promise<void>
}

/** What a Store contains, for messages. */
export const REMEMBERED = ['scripts', 'positions', 'journal', 'coverage'] as const

/** Default limits of a Store. */
export const DEFAULT_BOUNDS: Required<Bounds> = { exchanges: 1000, sessions: 1000, bytes: 67_108_864 }

/** The fixed limits of every Store. */
export const LIMITS = {
  /** Names of evicted sessions that the next `record` returns. */
  forgotten: 100,
  /** Entries of a session's script. */
  entries: 1000,
  /** Bytes of a session's script. */
  scriptBytes: 1_048_576,
  /** Bytes of all scripts. */
  allScripts: 67_108_864,
  /** Different coverage keys of a session, and of the total; and different counters of a session. */
  marks: 10_000,
  /** Coverage keys of all sessions together; a key of two sessions counts twice. */
  allMarks: 100_000,
} as const

/** The coverage key that counts how often others were not counted, because a limit was reached. */
export const NOT_COUNTED = 'not counted'

/** Adds up the coverage keys of sessions. A sum has as many different keys as a session may have. */
export function sumMarks(sessions: readonly ReadonlyMap<string, number>[]): Map<string, number> {
  const sums = new Map<string, number>()
  let notCounted = 0
  for (const marks of sessions)
    for (const [mark, count] of marks) {
      if (mark !== NOT_COUNTED && (sums.has(mark) || sums.size < LIMITS.marks))
        sums.set(mark, (sums.get(mark) ?? 0) + count)
      else notCounted += count
    }
  if (notCounted > 0) sums.set(NOT_COUNTED, notCounted)
  return sums
}

/** The messages of StoreFull. */
export const FULL = {
  entries: `a session's script has at most ${LIMITS.entries} entries`,
  bytes: `a session's script has at most ${LIMITS.scriptBytes} bytes`,
  all: `all scripts together have at most ${LIMITS.allScripts} bytes`,
} as const

/** How much a store contains; undefined while it cannot be reached. */
export async function sizeOf(store: Store): Promise<StoreSize | undefined> {
  return store.size().catch((error: unknown) => {
    if (error instanceof StoreUnavailable) return undefined
    throw error
  })
}
