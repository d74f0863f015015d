import { setMaxListeners } from 'node:events'
import type { Server } from 'node:http'
import { version } from '#prepared'
import type { Mock, Backend } from './session.ts'
import { closedError, toMock } from './session.ts'
import { InFlight } from './in-flight.ts'
import { toBase } from './wait-until-ready.ts'
import type { Reply } from '../util/reply.ts'
import type { App } from '../app/app.ts'
import { createApp } from '../app/app.ts'
import { createServer, toUrl } from '../app/listen.ts'
import { fromWeb, IN_PROCESS } from '../app/incoming.ts'
import { memoryOf } from '../app/session-data.ts'
import { basePathOf } from '../app/operations.ts'
import type { ConnectOptions, ListenOptions, MockOptions } from './options.ts'
import { CONNECT_OPTIONS, LISTEN_OPTIONS, MOCK_OPTIONS, ownOptions } from './options.ts'
import { toSettings } from './to-settings.ts'
import type { Settings } from '../app/settings.ts'
import type { Pacing } from '../app/write.ts'
import { toResponse } from '../app/write.ts'

interface Made {
  readonly settings: Settings
  readonly app: App
  readonly pacing: Pacing
  readonly ending: AbortController
  readonly state: { isReady: boolean }
}

/**
 * A mock without a port: its `fetch` answers in this process. A RangeError names the option that is wrong.
 * @example
 * const mock = await createMock()
 * const client = new OpenAI({ baseURL: mock.baseURL, apiKey: 'any', fetch: mock.fetch })
 */
export async function createMock(options: MockOptions = {}): Promise<Mock> {
  const { port, host, ...rest }: ListenOptions & MockOptions = ownOptions(options, {
    ...MOCK_OPTIONS,
    ...LISTEN_OPTIONS,
  })
  if (port !== undefined || host !== undefined)
    throw new RangeError(`${port === undefined ? 'host' : 'port'}: createMock opens no port; use startMock`)
  const made = await make(rest)
  const open = new InFlight()
  made.state.isReady = true
  return toMock({
    ...toBackend(made),
    url: IN_PROCESS,
    ask: async (input, init) => answer(made, new Request(input, init), open),
    end: async (grace) => {
      made.state.isReady = false
      await open.settled(grace)
      made.ending.abort()
      await made.settings.choosing.store.close()
    },
  })
}

// As the global fetch does, it rejects as soon as its signal aborts, whatever the mock is waiting for.
async function answer({ app, pacing }: Made, request: Request, open: InFlight): Promise<Response> {
  request.signal.throwIfAborted()
  if (pacing.ending.aborted) throw closedError()
  const done = new AbortController()
  const ended = open.begin()
  try {
    return await new Promise((resolve, reject) => {
      request.signal.addEventListener('abort', () => reject(request.signal.reason), { signal: done.signal })
      pacing.ending.addEventListener('abort', () => reject(closedError()), { signal: done.signal })
      const write = async (reply: Reply): Promise<Response> =>
        toResponse(request.method === 'HEAD' ? { ...reply, body: '' } : reply, pacing, {
          hangUp: request.signal,
          ended,
        })
      app.handle(fromWeb(request), write).then(resolve, reject)
    })
  } catch (error) {
    ended()
    throw error
  } finally {
    done.abort()
  }
}

/**
 * A mock on a port of this machine. An error says which option is wrong, or that the port is taken.
 * @example
 * const mock = await startMock()
 * const client = new OpenAI({ baseURL: mock.baseURL, apiKey: 'any' })
 */
export async function startMock(options: MockOptions & ListenOptions = {}): Promise<Mock> {
  const { port = 0, host = '127.0.0.1', ...rest } = ownOptions(options, { ...MOCK_OPTIONS, ...LISTEN_OPTIONS })
  const made = await make(rest)
  const { app, pacing, ending, state } = made
  const open = new InFlight()
  const server = await createServer(app, pacing, (outgoing) => {
    if (!state.isReady) outgoing.shouldKeepAlive = false // its client is told to connect anew, elsewhere if there is another
    return open.begin()
  })
  await listen(server, port, host).catch(async (error: unknown) => {
    ending.abort() // what watches files ends too
    await made.settings.choosing.store.close()
    throw error
  })
  state.isReady = true
  return toMock({
    ...toBackend(made),
    url: toUrl(server.address()),
    ask: async (input, init) => fetch(input, init),
    end: async (grace) => {
      state.isReady = false
      await end(server, { ending, open }, grace)
      await made.settings.choosing.store.close()
    },
  })
}

/**
 * A mock elsewhere, in a container or another process, by its control API. It waits until the mock is ready; an error says
 * that it is not in time, that it is no mock, or that it is one of another version.
 * @example
 * const mock = await connectMock('http://localhost:4010', { wait: 30 })
 */
export async function connectMock(url: string | URL, options: ConnectOptions = {}): Promise<Mock> {
  const { wait = 10, controlToken } = ownOptions(options, CONNECT_OPTIONS)
  const base = toBase(url, 'connectMock')
  const { checkToken, reachMock, remoteMemory } = await import('./remote.ts')
  const basePath = await reachMock({ url: base, wait, version })
  await checkToken({ url: base, controlToken })
  return toMock({
    url: base,
    basePath,
    ask: async (input, init) => fetch(input, init),
    remembered: (session) => remoteMemory({ url: base, controlToken }, session),
    end: async () => {},
  })
}

async function make(options: MockOptions): Promise<Made> {
  const settings = await toSettings(options)
  const ending = new AbortController()
  setMaxListeners(0, ending.signal) // every open answer listens
  const state = { isReady: false }
  const app = createApp(settings, () => state.isReady)
  return {
    settings,
    app:
      options.watch === true
        ? await renewed(app, { options, settings, ending: ending.signal, isReady: () => state.isReady })
        : app,
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
  const { watchFiles } = await import('./watch.ts')
  let app = first
  const renew = async (): Promise<void> => {
    app = createApp(await toSettings(options, settings.choosing.store, settings.metrics), isReady)
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

// What an App knows may change while it runs.
function toBackend({ settings, app }: Made): Pick<Backend, 'basePath' | 'remembered'> {
  return { basePath: basePathOf(settings), remembered: (session) => memoryOf(app.settings, app.known, session) }
}

/** Connections that wait to be taken; of a thousand at once, Node's 511 lets the rest try again a second later. */
const BACKLOG = 4096

async function listen(server: Server, port: number, host: string): Promise<void> {
  return new Promise((resolve, reject) => {
    const refuse = (error: NodeJS.ErrnoException): void =>
      reject(new Error(reasonOf(error, port, host), { cause: error }))
    server.once('error', refuse)
    server.listen({ port, host, backlog: BACKLOG }, () => {
      server.off('error', refuse)
      resolve()
    })
  })
}

function reasonOf({ code, message }: NodeJS.ErrnoException, port: number, host: string): string {
  if (code === 'EADDRINUSE') return `port ${port} is in use on ${host}; choose another port, or 0 for any free one`
  if (code === 'EACCES') return `port ${port} may not be opened; choose one above 1023`
  if (code === 'EADDRNOTAVAIL' || code === 'ENOTFOUND' || code === 'EAI_AGAIN')
    return `${host} is no address of this machine; choose another host`
  return message
}

/** Milliseconds that who is connected still has to ask, and a stream that was stopped to end. */
const LAST = 200

// Answers get their grace; then streams end after their last whole event, and what is open a moment later is cut. As long as
// one goes on, who connects is answered: a probe hears that this mock is not ready, and who does not know it yet loses nothing.
async function end(
  server: Server,
  { ending, open }: { readonly ending: AbortController; readonly open: InFlight },
  grace: number,
): Promise<void> {
  let closing: NodeJS.Timeout | undefined
  const stop = (): void => {
    ending.abort()
    closing = setInterval(() => server.closeIdleConnections(), 20) // a stream that ends leaves its connection open
  }
  const timers = [setTimeout(stop, grace * 1000), setTimeout(() => server.closeAllConnections(), grace * 1000 + LAST)]
  await open.settled(grace)
  const closed = new Promise<void>((resolve) => server.close(() => resolve())) // Node cuts what it calls idle, though its answer be on the way: not before all are sent
  await Promise.race([closed, new Promise((resolve) => setTimeout(resolve, LAST).unref())])
  await open.settled(grace)
  server.closeAllConnections() // what is left has asked for nothing
  await closed
  ending.abort()
  timers.forEach(clearTimeout)
  clearInterval(closing)
}
