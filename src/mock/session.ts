import { randomUUID } from 'node:crypto'
import type { Pending, SessionData } from '../app/session-data.ts'
import { SESSION_KEY, SESSION_NAME, SESSION_NAMES } from '../app/session.ts'
import type { Coverage } from '../journal/coverage.ts'
import type { CoverageScope } from '../journal/coverage-scope.ts'
import type { Exchange } from '../journal/exchange.ts'
import type { Filter } from '../journal/filter.ts'
import type { ScenarioName } from '../scenarios/scenario-name.ts'
import type { ScriptEntry, Then } from '../scenarios/scenario.ts'

/** The name of a scenario, a custom `then` with or without `when` and `times`, or an entry of a script. */
type Scriptable = ScenarioName | ScriptEntry | ({ readonly then: Then } & ScriptOptions)

/** Options for all entries of a call of `script`. */
type ScriptOptions = Pick<ScriptEntry, 'times' | 'when'>

/**
 * One test's or client's part of a mock, with its own script, journal and coverage.
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
  /**
   * Like the global fetch, but every request goes to the mock, whatever its host, and belongs to this session. It does
   * not follow redirects.
   */
  readonly fetch: (input: string | URL | Request, init?: RequestInit) => Promise<Response>
  /**
   * API key that selects the session, for clients that cannot set headers. A mock with `apiKeys` accepts it only if it
   * is one of them.
   */
  readonly apiKey: string
  /** Headers that select the session. */
  readonly headers: Readonly<Record<string, string>>
  /**
   * Scripts the next responses, in this order. Takes the name of a scenario, a custom `then`, or a list of both. The
   * names are in docs/scenarios.md and at `/__mock/scenarios`. Throws an Error if an entry is invalid.
   * @example
   * await mock.script('limit-rate', { times: 2 }) // the next two responses
   * await mock.script({ then: { say: 'I cannot draw that.' } }, { when: { model: 'flux-*' } })
   */
  readonly script: (scenario: Scriptable | readonly Scriptable[], options?: ScriptOptions) => Promise<void>
  /** The scripted responses that no request has used yet. */
  readonly pending: () => Promise<Pending[]>
  /**
   * The recorded requests with their responses, oldest first. Throws a RangeError for an invalid filter.
   * @example
   * const [first] = await mock.exchanges({ model: 'flux-*', status: '2xx' })
   * expect(first.chat.prompt).toBe('a fox')
   */
  readonly exchanges: (filter?: Filter) => Promise<Exchange[]>
  /** A text table for the message of a failed test: the pending responses, and the requests received. */
  readonly table: (filter?: Filter) => Promise<string>
  /**
   * Which parts of the contract the requests have covered, and which not. `scope` adds models and scenarios to the
   * totals. Throws an error if one of its names is unknown.
   */
  readonly coverage: (scope?: CoverageScope) => Promise<Coverage>
  /** Deletes script, sequence positions, Exchanges and coverage. */
  readonly reset: () => Promise<void>
}

/**
 * A mock: in this process, on a port, or in another process. `script` applies to clients without a session;
 * `exchanges` and `coverage` include all sessions. After `close`, requests and scripts fail; records can be read.
 * @example
 * const mock = await startMock()
 * await mock.script('retry-503')
 * console.log(await mock.table())
 * await mock.close()
 */
export interface Mock extends Omit<Session, 'apiKey' | 'headers'> {
  /** The coverage of all sessions since the start. `reset` does not clear it. */
  readonly total: (scope?: CoverageScope) => Promise<Coverage>
  /**
   * Opens a session. Its name defaults to a unique one. Throws a RangeError for an invalid name.
   * @example
   * const alice = mock.session()
   * const client = new OpenAI({ baseURL: alice.baseURL, apiKey: alice.apiKey })
   */
  readonly session: (name?: string) => Session
  /**
   * Closes the mock. Open responses have `grace` seconds to finish: 0 to 3600, by default 0. After that a stream ends
   * after its last complete event. A mock in another process keeps running.
   */
  readonly close: (grace?: number) => Promise<void>
  readonly [Symbol.asyncDispose]: () => Promise<void>
}

/** What differs between the kinds of mocks. */
export interface Backend {
  readonly url: string
  /** The path of the base URL, which follows `url`. */
  readonly basePath: string
  readonly send: (input: string | Request, init?: RequestInit) => Promise<Response>
  /** The data of a session, or of all without a name. Called again each time, because `watch` can replace it. */
  readonly dataOf: (session: string | undefined) => SessionData
  readonly end: (grace: number) => Promise<void>
}

/** Creates a Mock from its Backend. */
export function toMock(backend: Backend): Mock {
  let ended: Promise<void> | undefined
  const checkOpen = (): void => {
    if (ended !== undefined) throw closedError()
  }
  const close = async (grace = 0): Promise<void> => {
    if (!(grace >= 0 && grace <= 3600)) throw new RangeError(`close: grace must be 0 to 3600 seconds, got ${grace}.`)
    await (ended ??= backend.end(grace))
  }
  return {
    ...sessionMethods(backend, undefined, checkOpen),
    total: async (scope) => backend.dataOf(undefined).total(scope),
    session: (name = randomUUID()) => {
      checkOpen()
      if (typeof name !== 'string' || !SESSION_NAME.test(name))
        throw new RangeError(`session: '${name}' is not a valid name. Use ${SESSION_NAMES}.`)
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
  { url, basePath, send, dataOf }: Backend,
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
      return send(request, { ...init, redirect: 'manual', headers })
    },
    script: async (scenario, options = {}) => {
      checkOpen()
      await dataOf(session).script(toEntries(scenario, options))
    },
    pending: async () => dataOf(session).pending(),
    exchanges: async (filter) => dataOf(session).exchanges(await checked(filter)),
    table: async (filter) => dataOf(session).table(await checked(filter)),
    coverage: async (scope) => dataOf(session).coverage(scope),
    reset: async () => {
      checkOpen()
      await dataOf(session).reset()
    },
  }
}

async function checked(filter: Filter | undefined): Promise<Filter> {
  return (await import('../journal/filter.ts')).checkFilter(filter)
}

// Replaces the host of a URL by the mock's. Also resolves a path without a host.
function toTarget(url: string, input: string): string {
  const base = new URL(`${url}/`)
  const { protocol, origin, pathname, search } = new URL(input, base)
  if (!/^https?:$/.test(protocol))
    throw new TypeError(
      `fetch: '${input.slice(0, 40)}' is not an http(s) URL. Use the global fetch for data: and blob: URLs.`,
    )
  const prefix = base.pathname.slice(0, -1)
  const isBelow = origin === base.origin && (pathname === prefix || pathname.startsWith(base.pathname))
  return `${base.origin}${isBelow ? '' : prefix}${pathname}${search}`
}

function toEntries(scenario: Scriptable | readonly Scriptable[], options: ScriptOptions): ScriptEntry | ScriptEntry[] {
  const unknown = Object.keys(options).find((name) => name !== 'times' && name !== 'when')
  if (unknown !== undefined)
    throw new RangeError(
      `script: unknown option '${unknown}'. Use times or when. Pass several entries as one list: script([…]).`,
    )
  const toEntry = (entry: Scriptable): ScriptEntry => {
    if (typeof entry !== 'object' || entry === null) return { scenario: entry, ...options }
    if (isEntry(entry)) return { ...entry, ...options }
    const { then, ...rest } = entry
    return { scenario: { then }, ...rest, ...options }
  }
  return isList(scenario) ? scenario.map(toEntry) : toEntry(scenario)
}

// An object with neither key is rejected as an entry.
function isEntry(entry: Exclude<Scriptable, string>): entry is ScriptEntry {
  return 'scenario' in entry || !('then' in entry)
}

// Array.isArray does not narrow the type of a readonly list.
function isList(scenario: Scriptable | readonly Scriptable[]): scenario is readonly Scriptable[] {
  return Array.isArray(scenario)
}
