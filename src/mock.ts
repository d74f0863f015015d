import { randomUUID } from 'node:crypto'
import { setMaxListeners } from 'node:events'
import type { Server } from 'node:http'
import type { Coverage } from './journal/coverage.ts'
import { toCoverage } from './journal/coverage.ts'
import type { Exchange } from './journal/exchange.ts'
import type { Filter } from './journal/filter.ts'
import type { Reply } from './reply/reply.ts'
import type { ScriptEntry, Then, When } from './scenario/scenario.ts'
import type { App } from './server/app.ts'
import { createApp } from './server/app.ts'
import { fromWeb, IN_PROCESS } from './server/incoming.ts'
import type { Memory, Pending } from './server/memory.ts'
import { memoryOf } from './server/memory.ts'
import { behaviourOf } from './server/operations.ts'
import type { MockOptions } from './server/options.ts'
import { toSettings } from './server/options.ts'
import { SESSION_KEY, SESSION_NAME } from './server/session.ts'
import type { Settings } from './server/settings.ts'
import type { Pacing } from './server/write.ts'
import { toResponse } from './server/write.ts'

/** What a mock remembers of one session. */
export interface Session {
  /** A key that stands for the session where a client can set nothing else; a mock with `apiKeys` refuses it, as it does every other key. */
  readonly apiKey: string
  /** Headers that name the session. */
  readonly headers: Readonly<Record<string, string>>
  /** Scripts the next answers, in order: a scenario by name, its own `then`, or a list of entries. Of a sequence all answers are meant, else one, unless `times` says more; `more` holds for each entry. */
  readonly script: (scenario: string | ScriptEntry | { readonly then: Then } | readonly ScriptEntry[], more?: { readonly times?: number; readonly when?: When }) => Promise<void>
  /** What is scripted and not yet asked for. */
  readonly pending: () => Promise<Pending[]>
  /** What was asked and answered, the oldest first. */
  readonly exchanges: (filter?: Filter) => Promise<Exchange[]>
  /** What was scripted and never asked for, and what was asked instead: a table for the message of a test that failed. */
  readonly table: (filter?: Filter) => Promise<string>
  /** What was exercised of all that there is, and what not yet. */
  readonly coverage: () => Promise<Coverage>
  /** Forgets script, positions, Exchanges and coverage. */
  readonly reset: () => Promise<void>
}

/** A running mock. */
export interface Mock {
  /** Without a slash at its end. */
  readonly url: string
  /** What an OpenAI client takes as its base URL. */
  readonly baseURL: string
  /** Asks the mock, as the global fetch would. */
  readonly fetch: (input: string | URL | Request, init?: RequestInit) => Promise<Response>
  /** Scripts the next answers of the requests that have no session of their own. */
  readonly script: Session['script']
  readonly pending: Session['pending']
  /** What was asked and answered, of all sessions. */
  readonly exchanges: Session['exchanges']
  readonly table: Session['table']
  readonly coverage: Session['coverage']
  readonly reset: Session['reset']
  /** What was exercised since the start, whatever was reset meanwhile. */
  readonly total: () => Promise<Coverage>
  /** A session of one's own, which no other sees: its requests carry its headers, or its key. */
  readonly session: (name?: string) => Session
  /** Ends it: open streams may go on for `grace` seconds, then each ends after its last whole event. */
  readonly close: (grace?: number) => Promise<void>
  readonly [Symbol.asyncDispose]: () => Promise<void>
}

/** Where a mock listens. */
export interface ListenOptions {
  /** 0, the default, is any free port. */
  readonly port?: number
  readonly host?: string
}

interface Made {
  readonly settings: Settings
  readonly app: App
  readonly pacing: Pacing
  readonly ending: AbortController
  readonly state: { isReady: boolean }
}

/** A mock without a port: its `fetch` answers in this process. */
export async function createMock(options: MockOptions = {}): Promise<Mock> {
  const made = await make(options)
  const { app, settings, pacing, ending, state } = made
  const url = IN_PROCESS
  const close = async (): Promise<void> => {
    state.isReady = false
    ending.abort()
  }
  state.isReady = true
  return { url, baseURL: `${url}${basePath(settings)}`, fetch: async (input, init) => answer(app, new Request(input, init), pacing), ...toRemembering(made), close, [Symbol.asyncDispose]: close }
}

// As the global fetch does, it rejects as soon as its signal aborts, whatever the mock is waiting for.
async function answer(app: App, request: Request, pacing: Pacing): Promise<Response> {
  request.signal.throwIfAborted()
  if (pacing.ending.aborted) throw closedError()
  const done = new AbortController()
  try {
    return await new Promise((resolve, reject) => {
      request.signal.addEventListener('abort', () => reject(request.signal.reason), { signal: done.signal })
      pacing.ending.addEventListener('abort', () => reject(closedError()), { signal: done.signal })
      const write = async (reply: Reply): Promise<Response> => toResponse(request.method === 'HEAD' ? { ...reply, body: '' } : reply, pacing, request.signal)
      app.handle(fromWeb(request), write).then(resolve, reject)
    })
  } finally {
    done.abort()
  }
}

function closedError(): TypeError {
  return new TypeError('fetch failed', { cause: new Error('the mock was closed') })
}

/** A mock on a port of this machine. */
export async function startMock(options: MockOptions & ListenOptions = {}): Promise<Mock> {
  const { port = 0, host = '127.0.0.1', ...rest } = options
  const [{ createServer, toUrl }, made] = await Promise.all([import('./server/listen.ts'), make(rest)])
  const { app, settings, pacing, ending, state } = made
  const server = createServer(app, pacing)
  await listen(server, port, host)
  const url = toUrl(server.address())
  state.isReady = true
  const close = async (grace = 0): Promise<void> => {
    state.isReady = false
    await end(server, ending, grace)
  }
  return { url, baseURL: `${url}${basePath(settings)}`, fetch: async (input, init) => fetch(input, init), ...toRemembering(made), close, [Symbol.asyncDispose]: async () => close() }
}

async function make(options: MockOptions): Promise<Made> {
  const settings = await toSettings(options)
  const ending = new AbortController()
  setMaxListeners(0, ending.signal) // every open answer listens
  const state = { isReady: false }
  const app = createApp(settings, () => state.isReady)
  return {
    settings,
    app: options.watch === true ? await renewed(app, { options, settings, ending: ending.signal, isReady: () => state.isReady }) : app,
    pacing: { timer: settings.timer, ending: ending.signal },
    ending,
    state,
  }
}

interface Renewing {
  readonly options: MockOptions
  readonly settings: Settings
  readonly ending: AbortSignal
  readonly isReady: () => boolean
}

// An App that becomes another one whenever a file changes. What is remembered stays.
async function renewed(first: App, { options, settings, ending, isReady }: Renewing): Promise<App> {
  const { watchFiles } = await import('./server/watch.ts')
  let app = first
  const renew = async (): Promise<void> => {
    app = createApp(await toSettings(options, settings.choosing.store), isReady)
  }
  const stop = watchFiles(options, () => void renew().catch(first.onFault))
  ending.addEventListener('abort', stop, { once: true })
  return {
    get settings() {
      return app.settings
    },
    get known() {
      return app.known
    },
    handle: async (request, write) => app.handle(request, write),
    onFault: first.onFault,
    refuse: (error) => app.refuse(error),
  }
}

function toRemembering({ app }: Made): Pick<Mock, 'total' | 'script' | 'pending' | 'exchanges' | 'table' | 'coverage' | 'reset' | 'session'> {
  return { ...remembering(app, undefined), total: async () => toCoverage(await app.settings.choosing.store.total(), app.known), session: (name = randomUUID()) => toSession(app, name) }
}

function toSession(app: App, name: string): Session {
  if (!SESSION_NAME.test(name)) throw new RangeError(`session: '${name}' is no name; use 1 to 100 characters of printable ASCII, without spaces`)
  return { apiKey: `${SESSION_KEY}${name}`, headers: { 'x-mock-session': name }, ...remembering(app, name) }
}

// What an App knows may change while it runs.
function remembering(app: App, session: string | undefined): Omit<Session, 'apiKey' | 'headers'> {
  const memory = (): Memory => memoryOf(app.settings, app.known, session)
  return {
    script: async (scenario, more = {}) => void (await memory().script(toEntries(scenario, more))),
    pending: async () => memory().pending(),
    exchanges: async (filter) => memory().exchanges(filter),
    table: async (filter) => memory().table(filter),
    coverage: async () => memory().coverage(),
    reset: async () => memory().reset(),
  }
}

function toEntries(scenario: unknown, more: object): unknown {
  const wrong = Object.keys(more).find((name) => name !== 'times' && name !== 'when')
  if (wrong !== undefined) throw new RangeError(`script: '${wrong}' is not known beside an entry; there are times and when. Several entries are one list: script([…])`)
  if (Array.isArray(scenario)) return scenario.map((entry: unknown) => toEntry(entry, more))
  return toEntry(scenario, more)
}

function toEntry(entry: unknown, more: object): unknown {
  if (typeof entry === 'object' && entry !== null && !('then' in entry)) return { ...entry, ...more }
  return { scenario: entry, ...more }
}

// OpenAI's clients append two segments to their base URL: /chat/completions.
function basePath({ contract, packaged }: Settings): string {
  const chat = packaged.operations.find(({ body }) => body !== undefined)
  const own = contract.operations.find((operation) => chat !== undefined && behaviourOf(operation, packaged) === behaviourOf(chat, packaged))
  return (own ?? chat)?.path.split('/').slice(0, -2).join('/') ?? ''
}

async function listen(server: Server, port: number, host: string): Promise<void> {
  return new Promise((resolve, reject) => {
    server.once('error', reject)
    server.listen({ port, host }, () => {
      server.off('error', reject)
      resolve()
    })
  })
}

// Streams get their grace; then they end after their last whole event, and what is open a moment later is cut.
async function end(server: Server, ending: AbortController, grace: number): Promise<void> {
  const closed = new Promise<void>((resolve) => server.close(() => resolve()))
  server.closeIdleConnections()
  const timers = [setTimeout(() => ending.abort(), grace * 1000), setTimeout(() => server.closeAllConnections(), grace * 1000 + 200)]
  await closed
  ending.abort()
  timers.forEach(clearTimeout)
}
