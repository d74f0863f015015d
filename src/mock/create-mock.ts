import { setMaxListeners } from 'node:events'
import type { Hono } from 'hono'
import { createApp } from '../app/app.ts'
import type { ClientBindings } from '../app/client.ts'
import type { Env, MockContext } from '../app/context.ts'
import { createMockContext } from '../app/mock-context.ts'
import { refusal } from '../app/routes/errors.ts'
import { basePathOf, modelsOf } from '../app/routes/operations.ts'
import { sessionDataOf } from '../app/session-data.ts'
import { NoAnswer } from '../app/to-response.ts'
import type { OnRead } from '../openapi/document.ts'
import { InFlight } from '../node/in-flight.ts'
import {
  type ConnectOptions,
  type ListenOptions,
  type MockOptions,
  CONNECT_OPTIONS,
  LISTEN_OPTIONS,
  MOCK_OPTIONS,
  ownOptions,
} from './options.ts'
import { type Backend, type Mock, closedError, toMock } from './session.ts'
import { type Internals, toSettings } from './to-settings.ts'
import { toBase } from './wait-until-ready.ts'

const ALL_OPTIONS = { ...MOCK_OPTIONS, ...LISTEN_OPTIONS }
const IN_PROCESS = 'http://mock.invalid' // base of the links of a mock without a port

/**
 * Creates a mock without a port. Its `fetch` responds in this process. Throws a RangeError for an invalid option.
 * @example
 * const mock = await createMock()
 * const client = new OpenAI({ baseURL: mock.baseURL, apiKey: 'any', fetch: mock.fetch })
 */
export async function createMock(options: MockOptions = {}): Promise<Mock> {
  const { port, host, ...rest }: ListenOptions & MockOptions = ownOptions(options, ALL_OPTIONS)
  if (port !== undefined || host !== undefined)
    throw new RangeError(`${port === undefined ? 'host' : 'port'}: createMock does not open a port. Use startMock.`)
  const made = await make(rest)
  const inFlight = new InFlight()
  made.state.isReady = true
  return toMock({
    ...made.backend,
    url: IN_PROCESS,
    send: async (input, init) => fetchInProcess(made, new Request(input, init), inFlight),
    end: async (grace) => {
      made.state.isReady = false
      made.closing.abort()
      await inFlight.settled(grace)
      made.ending.abort()
      await made.store.close()
    },
  })
}

// Like the global fetch, it rejects as soon as its signal aborts.
async function fetchInProcess({ fetch, ending }: Made, request: Request, inFlight: InFlight): Promise<Response> {
  request.signal.throwIfAborted()
  if (ending.signal.aborted) throw closedError()
  const done = new AbortController()
  const onEnd = inFlight.begin()
  try {
    return await new Promise((answer, reject) => {
      request.signal.addEventListener('abort', () => reject(request.signal.reason), { signal: done.signal })
      ending.signal.addEventListener('abort', () => reject(closedError()), { signal: done.signal })
      Promise.resolve(fetch(request, { origin: IN_PROCESS, onEnd })).then(answer, reject)
    })
  } catch (error) {
    onEnd()
    throw error instanceof NoAnswer ? error.cause : error
  } finally {
    done.abort()
  }
}

/**
 * Starts a mock on a port of this machine, by default on a free one. Throws a RangeError for an invalid option, and an
 * Error if it cannot listen on the port.
 * @example
 * const mock = await startMock()
 * const client = new OpenAI({ baseURL: mock.baseURL, apiKey: 'any' })
 */
export async function startMock(options: MockOptions & ListenOptions = {}): Promise<Mock> {
  return (await startIn(options)).mock
}

/**
 * A mock on a port, and how many models and scenarios it has. With `command` it is the command's, in a process of its
 * own.
 */
export async function startIn(
  options: MockOptions & ListenOptions,
  command?: CommandCalls,
): Promise<{ readonly mock: Mock; readonly models: number; readonly scenarios: number }> {
  const { port = 0, host = '127.0.0.1', ...rest } = ownOptions(options, ALL_OPTIONS)
  const made = await make(rest, command)
  const { fetch: serve, context, closing, ending, state, store } = made
  const inFlight = new InFlight()
  const { createNodeServer, listen, shutDown, toUrl } = await import('../node/server.ts')
  const isReady = (): boolean => state.isReady
  const refuse = (error: Error): ReturnType<typeof refusal> => refusal(context(), error)
  const server = createNodeServer({ fetch: serve, refuse, isReady, inFlight, isOwnProcess: command !== undefined })
  await listen(server, port, host).catch(async (error: unknown) => {
    ending.abort() // also stops the watching of files
    await store.close()
    throw error
  })
  state.isReady = true
  const mock = toMock({
    ...made.backend,
    url: toUrl(server.address()),
    send: async (input, init) => fetch(input, init),
    end: async (grace) => {
      state.isReady = false
      closing.abort()
      await shutDown(server, { ending, inFlight }, grace)
      await store.close()
    },
  })
  return { mock, models: modelsOf(context()).values.length, scenarios: context().scenarios.size }
}

/**
 * Connects to a mock in a container or another process. Waits up to 10 seconds (`wait`) until the mock is ready.
 * Throws an Error if it is not ready in time, is not a mock, or has another version than this package.
 * @example
 * const mock = await connectMock('http://localhost:4010', { wait: 30 })
 */
export async function connectMock(url: string | URL, options: ConnectOptions = {}): Promise<Mock> {
  const { wait = 10, controlToken } = ownOptions(options, CONNECT_OPTIONS)
  const base = toBase(url, 'connectMock')
  const { checkToken, reachMock, remoteData } = await import('./remote.ts')
  const basePath = await reachMock(base, wait)
  await checkToken(base, controlToken)
  return toMock({
    url: base,
    basePath,
    send: async (input, init) => fetch(input, init),
    dataOf: (session) => remoteData(base, controlToken, session),
    end: async () => {},
  })
}

interface Made {
  /** Uses the latest app: `watch` replaces it when a file changes. */
  readonly fetch: (request: Request, env: ClientBindings) => Response | Promise<Response>
  readonly context: () => MockContext
  readonly backend: Pick<Backend, 'basePath' | 'dataOf'>
  readonly store: MockContext['store']
  readonly closing: AbortController
  readonly ending: AbortController
  readonly state: { isReady: boolean }
}

/** What the command logs in addition to exchanges and faults. */
interface CommandCalls extends Pick<Internals, 'onStream' | 'onStoreBack'> {
  /** Called after each reload of `watch`, with the files that changed. */
  readonly onReload?: (files: readonly string[]) => void
}

async function make(options: MockOptions, { onReload = () => {}, ...command }: CommandCalls = {}): Promise<Made> {
  const [closing, ending] = [new AbortController(), new AbortController()]
  for (const { signal } of [closing, ending]) setMaxListeners(0, signal) // each open response adds a listener
  const state = { isReady: false }
  const surroundings = { isReady: () => state.isReady, closing: closing.signal, ending: ending.signal }
  let kept: Pick<Internals, 'store' | 'metrics'> = {}
  const load = async (onRead?: OnRead): Promise<{ readonly context: MockContext; readonly app: Hono<Env> }> => {
    const settings = await toSettings(options, { ...command, ...kept, onRead })
    kept = { store: settings.store, metrics: settings.metrics }
    const context = createMockContext(settings, surroundings)
    return { context, app: createApp(context) }
  }
  let latest =
    options.watch === true
      ? await (
          await import('./watch.ts')
        ).loadAndWatch(load, {
          signal: ending.signal,
          onLoaded: (loaded, files) => {
            latest = loaded
            onReload(files)
          },
          onError: (error) => latest.context.onFault(error),
        })
      : await load()
  return {
    fetch: (request, env) => latest.app.fetch(request, env),
    context: () => latest.context,
    backend: { basePath: basePathOf(latest.context), dataOf: (session) => sessionDataOf(latest.context, session) },
    store: latest.context.store,
    closing,
    ending,
    state,
  }
}
