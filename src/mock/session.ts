import { randomUUID } from 'node:crypto'
import type { Pending, SessionData } from '../app/session-data.ts'
import { SESSION_KEY, SESSION_NAME, SESSION_NAMES } from '../app/session.ts'
import type { Coverage } from '../journal/coverage.ts'
import type { Exchange } from '../journal/exchange.ts'
import type { Filter } from '../journal/filter.ts'
import type { ScriptEntry, Then } from '../scenarios/scenario.ts'

/** A scenario by its name, a custom `then`, or a whole entry of a script. */
type Scriptable = string | ScriptEntry | { readonly then: Then }

/** What holds for every entry of a call of `script`. */
type ScriptOptions = Pick<ScriptEntry, 'times' | 'when'>

/**
 * One test's or client's share of a mock, with its own script, journal and coverage.
 * @example
 * const alice = mock.session()
 * await alice.script('limit-rate')
 * const client = new OpenAI({ baseURL: alice.baseURL, apiKey: alice.apiKey })
 */
export interface Session {
  /** URL of the mock, without a trailing slash. */
  readonly url: string
  /** Base URL for an OpenAI client. */
  readonly baseURL: string
  /** Like the global fetch, but every request goes to the mock, whatever its host, and belongs to this session. Redirects are not followed. */
  readonly fetch: (input: string | URL | Request, init?: RequestInit) => Promise<Response>
  /** API key that selects the session, for clients that cannot set headers. A mock with `apiKeys` rejects it like every other key. */
  readonly apiKey: string
  /** Headers that select the session. */
  readonly headers: Readonly<Record<string, string>>
  /**
   * Scripts the next answers, in order: the name of a scenario, a custom `then`, or a list of entries. The names are in
   * docs/scenarios.md and at `/__mock/scenarios`.
   * @example
   * await mock.script('limit-rate', { times: 2 }) // the next two answers
   * await mock.script({ then: { say: 'I cannot draw that.' } }, { when: { model: 'flux-*' } })
   */
  readonly script: (scenario: Scriptable | readonly Scriptable[], options?: ScriptOptions) => Promise<void>
  /** The scripted answers that no request has taken yet. */
  readonly pending: () => Promise<Pending[]>
  /**
   * The recorded requests with their answers, the oldest first.
   * @example
   * const [first] = await mock.exchanges({ model: 'flux-*', status: '2xx' })
   * expect(first.chat.prompt).toBe('a fox')
   */
  readonly exchanges: (filter?: Filter) => Promise<Exchange[]>
  /** A table for the message of a failed test: the pending answers, and the requests that came instead. */
  readonly table: (filter?: Filter) => Promise<string>
  /** Which parts of the contract the requests have covered, and which not yet. */
  readonly coverage: () => Promise<Coverage>
  /** Deletes script, sequence positions, Exchanges and coverage. */
  readonly reset: () => Promise<void>
}

/**
 * A mock: in this process, on a port, or in another process. What it scripts is for all clients that have no session of their own;
 * what it reports is of all sessions. After `close` it answers no request and takes no script, but its records can be read.
 * @example
 * const mock = await startMock()
 * await mock.script('retry-503')
 * console.log(await mock.table())
 * await mock.close()
 */
export interface Mock extends Omit<Session, 'apiKey' | 'headers'> {
  /** The coverage of all sessions since the start. A reset does not change it. */
  readonly total: () => Promise<Coverage>
  /**
   * A session of its own, by its name. Without a name it gets a unique one.
   * @example
   * const alice = mock.session()
   * const client = new OpenAI({ baseURL: alice.baseURL, apiKey: alice.apiKey })
   */
  readonly session: (name?: string) => Session
  /** Closes the mock. Open streams have `grace` seconds to finish, 0 to 3600, 0 by default; then each ends after its last whole event. A mock in another process keeps running. */
  readonly close: (grace?: number) => Promise<void>
  readonly [Symbol.asyncDispose]: () => Promise<void>
}

/** How mocks differ. */
export interface Backend {
  readonly url: string
  /** What follows `url` in a base URL. */
  readonly basePath: string
  readonly ask: (input: string | Request, init?: RequestInit) => Promise<Response>
  /** The data of a session; without a name that of all. It is looked up anew for each call, since `watch` can replace it. */
  readonly remembered: (session: string | undefined) => SessionData
  readonly end: (grace: number) => Promise<void>
}

/** The Mock of a backend. */
export function toMock(backend: Backend): Mock {
  let ended: Promise<void> | undefined
  const checkOpen = (): void => {
    if (ended !== undefined) throw closedError()
  }
  const close = async (grace = 0): Promise<void> => {
    if (!(grace >= 0 && grace <= 3600))
      throw new RangeError(`close: '${grace}' is none; use a number of seconds from 0 to 3600`)
    await (ended ??= backend.end(grace))
  }
  return {
    ...sessionMethods(backend, undefined, checkOpen),
    total: async () => backend.remembered(undefined).total(),
    session: (name = randomUUID()) => {
      checkOpen()
      if (typeof name !== 'string' || !SESSION_NAME.test(name))
        throw new RangeError(`session: '${name}' is no name; use ${SESSION_NAMES}`)
      const headers = { 'x-mock-session': name }
      return { ...sessionMethods(backend, name, checkOpen), apiKey: `${SESSION_KEY}${name}`, headers }
    },
    close,
    [Symbol.asyncDispose]: async () => close(),
  }
}

/** The error of a request to a closed mock. */
export function closedError(): TypeError {
  return new TypeError('the mock is closed')
}

function sessionMethods(
  { url, basePath, ask, remembered }: Backend,
  session: string | undefined,
  checkOpen: () => void,
): Omit<Session, 'apiKey' | 'headers'> {
  return {
    url,
    baseURL: `${url}${basePath}`,
    fetch: async (input, init) => {
      checkOpen()
      const target = toTarget(url, input instanceof Request ? input.url : String(input))
      const headers = new Headers(init?.headers ?? (input instanceof Request ? input.headers : undefined))
      if (session !== undefined && !headers.has('x-mock-session')) headers.set('x-mock-session', session)
      const request = input instanceof Request ? new Request(target, new Request(input, init)) : target
      return ask(request, { ...init, redirect: 'manual', headers })
    },
    script: async (scenario, options = {}) => {
      checkOpen()
      await remembered(session).script(toEntries(scenario, options))
    },
    pending: async () => remembered(session).pending(),
    exchanges: async (filter) => remembered(session).exchanges(await checked(filter)),
    table: async (filter) => remembered(session).table(await checked(filter)),
    coverage: async () => remembered(session).coverage(),
    reset: async () => {
      checkOpen()
      await remembered(session).reset()
    },
  }
}

async function checked(filter: Filter | undefined): Promise<Filter> {
  return (await import('../journal/filter.ts')).checkFilter(filter)
}

// The same path on the mock, whatever the host. A path alone is one of the mock too.
function toTarget(url: string, input: string): string {
  const base = new URL(`${url}/`)
  const { protocol, origin, pathname, search } = new URL(input, base)
  if (!/^https?:$/.test(protocol))
    throw new TypeError(
      `fetch: '${input.slice(0, 40)}' is no http(s) URL; data: and blob: URLs are read by the global fetch`,
    )
  const prefix = base.pathname.slice(0, -1)
  const isBelow = origin === base.origin && (pathname === prefix || pathname.startsWith(base.pathname))
  return `${base.origin}${isBelow ? '' : prefix}${pathname}${search}`
}

function toEntries(scenario: Scriptable | readonly Scriptable[], options: ScriptOptions): ScriptEntry | ScriptEntry[] {
  const unknown = Object.keys(options).find((name) => name !== 'times' && name !== 'when')
  if (unknown !== undefined)
    throw new RangeError(
      `script: '${unknown}' is not known beside an entry; there are times and when. Several entries are one list: script([…])`,
    )
  const toEntry = (entry: Scriptable): ScriptEntry =>
    typeof entry === 'object' && entry !== null && !('then' in entry)
      ? { ...entry, ...options }
      : { scenario: entry, ...options }
  return isList(scenario) ? scenario.map(toEntry) : toEntry(scenario)
}

// Array.isArray does not recognise a readonly list.
function isList(scenario: Scriptable | readonly Scriptable[]): scenario is readonly Scriptable[] {
  return Array.isArray(scenario)
}
