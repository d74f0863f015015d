import { randomUUID } from 'node:crypto'
import type { Coverage } from '../journal/coverage.ts'
import type { Exchange } from '../journal/exchange.ts'
import type { Filter } from '../journal/filter.ts'
import type { ScriptEntry, Then, When } from '../scenarios/scenario.ts'
import type { SessionData, Pending } from '../app/session-data.ts'
import { SESSION_KEY, SESSION_NAME, SESSION_NAMES } from '../app/session.ts'

/** A scenario by name, its own `then`, or an entry that says more. */
type Scriptable = string | ScriptEntry | { readonly then: Then }

/**
 * One client's share of a mock: its script, its journal and its coverage are nobody else's.
 * @example
 * const alice = mock.session()
 * await alice.script('limit-rate')
 * const client = new OpenAI({ baseURL: alice.baseURL, apiKey: alice.apiKey })
 */
export interface Session {
  /** Of the mock, without a slash at its end. */
  readonly url: string
  /** What an OpenAI client takes as its base URL. */
  readonly baseURL: string
  /** Asks the mock, as the global fetch would, and as this session. Whatever host the URL names, the mock answers; a redirect is not followed. */
  readonly fetch: (input: string | URL | Request, init?: RequestInit) => Promise<Response>
  /** A key that stands for the session where a client can set nothing else; a mock with `apiKeys` refuses it, as it does every other key. */
  readonly apiKey: string
  /** Headers that name the session. */
  readonly headers: Readonly<Record<string, string>>
  /**
   * Scripts the next answers, in order: a scenario by name, its own `then`, or a list of entries. Of a sequence all answers
   * are meant, else one, unless `times` says more; `more` holds for each entry. The names stand in docs/scenarios.md, and at
   * `/__mock/scenarios`.
   * @example
   * await mock.script('limit-rate', { times: 2 }) // the next two answers
   * await mock.script({ then: { say: 'I cannot draw that.' } }, { when: { model: 'flux-*' } })
   */
  readonly script: (
    scenario: Scriptable | readonly Scriptable[],
    more?: { readonly times?: number; readonly when?: When },
  ) => Promise<void>
  /** What is scripted and not yet asked for. */
  readonly pending: () => Promise<Pending[]>
  /**
   * What was asked and answered, the oldest first.
   * @example
   * const [first] = await mock.exchanges({ model: 'flux-*', status: '2xx' })
   * expect(first.chat.prompt).toBe('a fox')
   */
  readonly exchanges: (filter?: Filter) => Promise<Exchange[]>
  /** What was scripted and never asked for, and what was asked instead: a table for the message of a test that failed. */
  readonly table: (filter?: Filter) => Promise<string>
  /** What was exercised of all that there is, and what not yet. */
  readonly coverage: () => Promise<Coverage>
  /** Forgets script, positions, Exchanges and coverage. */
  readonly reset: () => Promise<void>
}

/**
 * A mock: in this process, on a port, or elsewhere. Without a session, what it scripts is for every client that has no
 * session of its own, and what it tells is of all. Once it is closed it answers nothing and takes no script; what was
 * asked can still be read.
 * @example
 * const mock = await startMock()
 * await mock.script('retry-503')
 * console.log(await mock.table())
 * await mock.close()
 */
export interface Mock extends Omit<Session, 'apiKey' | 'headers'> {
  /** What was exercised since the start, whatever was reset meanwhile. */
  readonly total: () => Promise<Coverage>
  /**
   * A session of one's own, which no other sees: its requests carry its headers, or its key. Without a name it has one that
   * nobody else has.
   * @example
   * const alice = mock.session()
   * const client = new OpenAI({ baseURL: alice.baseURL, apiKey: alice.apiKey })
   */
  readonly session: (name?: string) => Session
  /** Ends it: open streams may go on for `grace` seconds, 0 to 3600 and 0 unless it is given, then each ends after its last whole event. A mock elsewhere goes on. */
  readonly close: (grace?: number) => Promise<void>
  readonly [Symbol.asyncDispose]: () => Promise<void>
}

/** What is asked of a session's memory, wherever that is. */
export interface Remembered extends Pick<
  SessionData,
  'pending' | 'exchanges' | 'table' | 'coverage' | 'total' | 'reset'
> {
  readonly script: (entries: ScriptEntry | ScriptEntry[]) => Promise<number>
}

type More = Required<Parameters<Session['script']>>[1]

/** What mocks differ in. */
export interface Backend {
  readonly url: string
  /** What stands in a base URL behind `url`. */
  readonly basePath: string
  readonly ask: (input: string | Request, init?: RequestInit) => Promise<Response>
  /** The memory of a session; without a name that of all. */
  readonly remembered: (session: string | undefined) => Remembered
  readonly end: (grace: number) => Promise<void>
}

/** The Mock that is at a place. */
export function toMock(place: Backend): Mock {
  let ended: Promise<void> | undefined
  const open: Open = (doing) => {
    if (ended !== undefined) throw closedError()
    return doing()
  }
  const close = async (grace = 0): Promise<void> => {
    if (!(grace >= 0 && grace <= 3600))
      throw new RangeError(`close: '${grace}' is none; use a number of seconds from 0 to 3600`)
    await (ended ??= place.end(grace))
  }
  return {
    ...sessionMethods(place, undefined, open),
    total: async () => place.remembered(undefined).total(),
    session: (name = randomUUID()) => open(() => toSession(place, name, open)),
    close,
    [Symbol.asyncDispose]: async () => close(),
  }
}

/** What a request fails with that meets a mock which was closed. */
export function closedError(): TypeError {
  return new TypeError('the mock is closed')
}

/** Does what only an open mock can do. */
type Open = <T>(doing: () => T) => T

function toSession(place: Backend, name: string, open: Open): Session {
  if (typeof name !== 'string' || !SESSION_NAME.test(name))
    throw new RangeError(`session: '${name}' is no name; use ${SESSION_NAMES}`)
  return { ...sessionMethods(place, name, open), apiKey: `${SESSION_KEY}${name}`, headers: headersOf(name) }
}

function headersOf(session: string): Record<string, string> {
  return { 'x-mock-session': session }
}

// What a mock knows may change while it runs: its memory is asked for each time.
function sessionMethods(
  { url, basePath, ask, remembered }: Backend,
  session: string | undefined,
  open: Open,
): Omit<Session, 'apiKey' | 'headers'> {
  const memory = (): Remembered => remembered(session)
  return {
    url,
    baseURL: `${url}${basePath}`,
    fetch: async (input, init) =>
      open(async () => {
        const target = onto(url, input, init)
        return session === undefined
          ? ask(target, { ...init, redirect: 'manual' })
          : ask(target, { ...init, redirect: 'manual', headers: named(target, init, session) })
      }),
    script: async (scenario, more = {}) => open(async () => void (await memory().script(toEntries(scenario, more)))),
    pending: async () => memory().pending(),
    exchanges: async (filter) => memory().exchanges(await checked(filter)),
    table: async (filter) => memory().table(await checked(filter)),
    coverage: async () => memory().coverage(),
    reset: async () => open(async () => memory().reset()),
  }
}

async function checked(filter: Filter | undefined): Promise<Filter> {
  return (await import('../journal/filter.ts')).checkFilter(filter)
}

// A request for whatever host becomes one for the mock; a path alone does too. What is no http(s) URL holds its own answer.
function onto(url: string, input: string | URL | Request, init?: RequestInit): string | Request {
  const asked = input instanceof Request ? input.url : String(input)
  const target = toTarget(url, asked)
  return input instanceof Request ? new Request(target, new Request(input, init)) : target
}

function toTarget(url: string, asked: string): string {
  const base = new URL(`${url}/`)
  const { protocol, origin, pathname, search } = new URL(asked, base)
  if (!/^https?:$/.test(protocol))
    throw new TypeError(
      `fetch: '${asked.slice(0, 40)}' is no http(s) URL; data: and blob: URLs are read by the global fetch`,
    )
  const prefix = base.pathname.slice(0, -1)
  const isBelow = origin === base.origin && (pathname === prefix || pathname.startsWith(base.pathname))
  return `${base.origin}${isBelow ? '' : prefix}${pathname}${search}`
}

// The headers of a request with that of a session, unless it has one of its own.
function named(input: string | Request, init: RequestInit | undefined, session: string): Headers {
  const headers = new Headers(init?.headers ?? (input instanceof Request ? input.headers : undefined))
  for (const [name, value] of Object.entries(headersOf(session))) if (!headers.has(name)) headers.set(name, value)
  return headers
}

function toEntries(scenario: Scriptable | readonly Scriptable[], more: More): ScriptEntry | ScriptEntry[] {
  const wrong = Object.keys(more).find((name) => name !== 'times' && name !== 'when')
  if (wrong !== undefined)
    throw new RangeError(
      `script: '${wrong}' is not known beside an entry; there are times and when. Several entries are one list: script([…])`,
    )
  return isList(scenario) ? scenario.map((entry) => toEntry(entry, more)) : toEntry(scenario, more)
}

function isList(scenario: Scriptable | readonly Scriptable[]): scenario is readonly Scriptable[] {
  return Array.isArray(scenario)
}

function toEntry(entry: Scriptable, more: More): ScriptEntry {
  return typeof entry === 'object' && entry !== null && !('then' in entry)
    ? { ...entry, ...more }
    : { scenario: entry, ...more }
}
