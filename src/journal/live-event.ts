import type { Ending } from '../store/store.ts'
import type { Exchange } from './exchange.ts'

/** The data of the event `exchange`: an exchange was recorded, and its response is about to be sent. */
export interface RecordedEvent extends Pick<Exchange, 'id' | 'session' | 'time'> {
  readonly method: string
  /** At most 1,000 characters. */
  readonly path: string
  /** Null if it is not a chat request, or could not be read. */
  readonly model: string | null
  /** Whether a chat request requested a stream; for other requests, whether the response is one. */
  readonly stream: boolean
  /** The name of the scenario; null if the response has none. */
  readonly scenario: string | null
  readonly status: number
  /** All planned delays together, in milliseconds. */
  readonly wait: number
}

/** The data of the event `end`: the response of an exchange is complete. */
export interface EndEvent extends Pick<Exchange, 'id' | 'session'>, Ending {}

/** The data of the event `deleted`: exchanges of a session were deleted, but not because of a limit. */
export interface DeletedEvent {
  readonly session: string
  /** The ids of the exchanges; null: all of the session. */
  readonly ids: readonly string[] | null
}

/** The data of the event `script`: the script of a session has changed. */
export interface ScriptEvent {
  readonly session: string
}

/** The data of the event `reset`: everything of a session was deleted. */
export interface ResetEvent {
  /** Null: of all sessions. */
  readonly session: string | null
}

/**
 * A server-sent event of `GET /__mock/events`. `open` is the first event of each connection. After `missed`, events are
 * missing: read the exchanges and the script again.
 */
export type LiveEvent =
  | { readonly event: 'open' | 'missed'; readonly data: Readonly<Record<string, never>> }
  | { readonly event: 'exchange'; readonly data: RecordedEvent }
  | { readonly event: 'end'; readonly data: EndEvent }
  | { readonly event: 'deleted'; readonly data: DeletedEvent }
  | { readonly event: 'script'; readonly data: ScriptEvent }
  | { readonly event: 'reset'; readonly data: ResetEvent }

/** The names of the events, each with its meaning. */
export const LIVE_EVENTS: Readonly<Record<LiveEvent['event'], string>> = {
  open: 'the connection is open',
  exchange: 'an exchange was recorded, and its response is about to be sent',
  end: 'the response of an exchange is complete',
  deleted: 'exchanges were deleted; without ids, all of the session',
  script: 'the script of a session has changed',
  reset: 'everything of a session was deleted; without a session, of all sessions',
  missed: 'events are missing: read the data again',
}

/** Characters of a path in an event. */
const MAX_PATH = 1000

/** What the event `exchange` has of an Exchange. */
export function toRecordedEvent({ id, session, time, request, chat, scenario, response }: Exchange): RecordedEvent {
  return {
    id,
    session,
    time,
    method: request.method,
    path: request.path.slice(0, MAX_PATH),
    model: chat?.model ?? null,
    stream: chat?.stream ?? response.stream,
    scenario: scenario?.name ?? null,
    status: response.status,
    wait: response.wait,
  }
}
