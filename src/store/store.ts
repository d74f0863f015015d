/** One entry of a session's script. */
export interface Scripted {
  readonly id: string
  /** What is answered, as JSON. */
  readonly json: string
  /** How many requests it still answers. */
  readonly left: number
}

/** What is known when a session's chat request comes in. */
export interface Opened {
  /** Number of the session's chat requests, this one included. */
  readonly nth: number
  /** What is scripted, in order. */
  readonly scripted: readonly Scripted[]
  /** What the session is until it is reset: a write that names an earlier one comes too late, and is left out. */
  readonly generation: string
}

/** An answer that was taken from a script. */
export interface Claim {
  readonly id: string
  /** How many its entry had left, this one included. */
  readonly left: number
}

/** How an Exchange ended. */
export interface Ending {
  /** Milliseconds from the request's head to the answer's last byte. */
  readonly duration: number
  /** Whether the client was gone before it had all. */
  readonly hungUp: boolean
}

/** An Exchange as it is kept: the bytes that its journal made of it, and how it ended, once it has. */
export interface StoredExchange {
  readonly id: string
  readonly session: string
  readonly bytes: Uint8Array
  readonly ending: Ending | undefined
}

/**
 * An Exchange that is not written yet. To write one costs more than to answer its request; under load most are pushed out by
 * newer ones before anybody reads them.
 */
export interface LazyExchange {
  /** Bytes that it takes meanwhile, about. */
  readonly size: number
  /** The bytes that are kept; none where it could not be written. */
  readonly toBytes: () => Uint8Array
}

/** Something that a Store cannot keep because there is too much of it; the message says how much it takes. */
export class StoreFull extends Error {
  override readonly name = 'StoreFull'
}

/** What a Store keeps, in words. */
export const REMEMBERED = ['scripts', 'positions', 'journal', 'coverage'] as const

/** How a script is too long; what a StoreFull says of it. */
export const FULL = {
  entries: (): string => `a session's script has at most ${MAX_SCRIPTED} entries`,
  bytes: (): string => `a session's script has at most ${MAX_SCRIPT_BYTES} bytes`,
  all: (): string => `all scripts together have at most ${MAX_SCRIPTS_BYTES} bytes`,
} as const

/** What a Store in another process rejects with while that cannot be reached; the message says where it is and why, without its password. */
export class StoreUnavailable extends Error {
  override readonly name = 'StoreUnavailable'
}

/** How much a Store keeps; each has a default. */
export interface Bounds {
  /** Exchanges of a session. */
  readonly exchanges?: number
  readonly sessions?: number
  /** Of all Exchanges. */
  readonly bytes?: number
}

/**
 * Everything that is remembered, by session. All of it is asynchronous, so that it can lie in another process. Each call is
 * atomic: of two requests at once, only one takes the last entry of a script.
 */
export interface Store {
  /** Where it is, as it may be told; undefined for this process's own memory, which no other shares. */
  readonly place: string | undefined
  /** Counts a chat request of a session, and tells what is scripted for it. */
  readonly open: (session: string) => Promise<Opened>
  /** Adds 1 to a counter of a session, and gives what it then is: 1 at first, and where it comes too late. */
  readonly count: (session: string, counter: string, generation?: string) => Promise<number>
  /** Appends to a session's script; rejects with StoreFull. */
  readonly script: (
    session: string,
    entries: readonly { readonly json: string; readonly times: number }[],
  ) => Promise<void>
  /** What is scripted and not yet asked for. */
  readonly scripted: (session: string) => Promise<readonly Scripted[]>
  /** Takes one answer of the first of these entries that has one; undefined when other requests have had the last of them. */
  readonly take: (session: string, ids: readonly string[]) => Promise<Claim | undefined>
  /** Keeps an Exchange, which is written two seconds later at the latest; gives its id, and the sessions that were forgotten to make room. */
  readonly record: (
    session: string,
    exchange: Uint8Array | LazyExchange,
    generation?: string,
  ) => Promise<{ readonly id: string; readonly forgotten: readonly string[] }>
  /** Completes an Exchange, unless it is gone. */
  readonly end: (session: string, id: string, ending: Ending) => Promise<void>
  /** The Exchanges of a session, or of all, the oldest first. */
  readonly records: (session?: string) => Promise<readonly StoredExchange[]>
  /** Counts each of the marks for a session: what its requests have exercised. */
  readonly mark: (session: string, marks: readonly string[], generation?: string) => Promise<void>
  /** The marks of a session, or of all, with how often each was made. */
  readonly marks: (session?: string) => Promise<ReadonlyMap<string, number>>
  /** The marks of all requests since the start, whatever was reset. */
  readonly total: () => Promise<ReadonlyMap<string, number>>
  /** Forgets Exchanges of a session, or of all: those with these ids, else every one. */
  readonly erase: (session?: string, ids?: readonly string[]) => Promise<void>
  /** Forgets all of a session, or of all of them: script, counters, Exchanges, marks. */
  readonly reset: (session?: string) => Promise<void>
  /** How much is kept. */
  readonly size: () => Promise<{ readonly sessions: number; readonly exchanges: number; readonly bytes: number }>
  /** Writes what is not written yet, and lets go of what keeps this process busy. What is kept can still be read. */
  readonly close: () => Promise<void>
}

/** Sessions at most; the one that was idle longest is forgotten first. */
export const MAX_SESSIONS = 1000
/** Names of forgotten sessions at most that wait to be told. */
export const MAX_TOLD = 100
/** Bytes of Exchanges at most, of all sessions; the oldest of the session that has most go first. */
export const MAX_BYTES = 67_108_864
/** Entries of a session's script at most. */
export const MAX_SCRIPTED = 1000
/** Bytes of a session's script at most. */
export const MAX_SCRIPT_BYTES = 1_048_576
/** Bytes of all scripts at most. */
export const MAX_SCRIPTS_BYTES = 67_108_864
/** Different marks of a session at most, and different counters. */
export const MAX_MARKS = 10_000

/** How much a Store keeps; undefined while it cannot be reached. */
export async function sizeOf(store: Store): Promise<Awaited<ReturnType<Store['size']>> | undefined> {
  return store.size().catch((error: unknown) => {
    if (error instanceof StoreUnavailable) return undefined
    throw error
  })
}
