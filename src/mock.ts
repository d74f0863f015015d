import { setMaxListeners } from 'node:events'
import type { Server } from 'node:http'
import { createRequire } from 'node:module'
import { setTimeout as wait } from 'node:timers/promises'
import type { Contract } from './contract/contract.ts'
import { loadContract, toContract } from './contract/contract.ts'
import type { Dialect } from './reply/errors.ts'
import { DIALECTS } from './reply/errors.ts'
import { nearNames } from './reply/near.ts'
import type { Choosing } from './scenario/choose.ts'
import type { Fixtures } from './scenario/fixtures.ts'
import type { Catalogue } from './scenario/scenario.ts'
import type { App } from './server/app.ts'
import { createApp } from './server/app.ts'
import { fromWeb, IN_PROCESS } from './server/incoming.ts'
import { behaviourOf } from './server/operations.ts'
import { toPace } from './server/pace.ts'
import type { ContractMode, Exchange, Settings, Timer } from './server/settings.ts'
import { CONTRACT_MODES } from './server/settings.ts'
import type { Pacing } from './server/write.ts'
import { toResponse } from './server/write.ts'
import { MemoryStore } from './store/memory.ts'

/** How a mock is made; each has a default that works. */
export interface MockOptions {
  /** Another seed gives other ids and other pictures. */
  readonly seed?: string | number
  /** Whose statuses, words and envelope errors have: OpenAI's (the default) or the gateway's. */
  readonly errors?: Dialect
  /** `created`: always the same, or the time of day. */
  readonly clock?: 'fixed' | 'real'
  /** How long answers take: `instant` (the default), `real`, or a factor of `real`. */
  readonly pace?: 'instant' | 'real' | number
  /** What waits, when the pace is not instant; a test gives one that does not. */
  readonly timer?: Timer
  /** What links begin with: scheme, host, port, and a path if there is one. */
  readonly publicUrl?: string
  /** Bearer keys that pass; without them every key does, and none. */
  readonly apiKeys?: readonly string[]
  /** An OpenAPI 3.0 or 3.1 file in place of the packaged contract. */
  readonly spec?: string
  /** A folder whose `profiles.yaml` says how models of one's own speak, or packaged ones otherwise. */
  readonly fixtures?: string
  /** The scenario that every request gets that asks for nothing else. */
  readonly scenario?: string
  /** Share of the chat requests, from 0 to 1, that get one of `faults`, drawn by the seed. */
  readonly faultRate?: number
  /** Scenarios to draw from, for `faultRate`. */
  readonly faults?: readonly string[]
  /** Whether a request that the contract forbids is refused (`enforce`, the default), or answered all the same where it can be understood (`report`). */
  readonly contract?: ContractMode
  /** How many Exchanges of a session are kept; 1000 unless it is given. */
  readonly journal?: number
  /** Told of each request when it has been answered. */
  readonly onExchange?: (exchange: Exchange) => void
  /** Told of each fault of the mock itself. */
  readonly onFault?: (error: unknown) => void
}

/** A running mock. */
export interface Mock {
  /** Without a slash at its end. */
  readonly url: string
  /** What an OpenAI client takes as its base URL. */
  readonly baseURL: string
  /** Asks the mock, as the global fetch would. */
  readonly fetch: (input: string | URL | Request, init?: RequestInit) => Promise<Response>
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
  const { app, settings, pacing, ending, state } = await make(options)
  const url = IN_PROCESS
  const close = async (): Promise<void> => {
    state.isReady = false
    ending.abort()
  }
  state.isReady = true
  return { url, baseURL: `${url}${basePath(settings)}`, fetch: async (input, init) => answer(app, new Request(input, init), pacing), close, [Symbol.asyncDispose]: close }
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
      app.handle(fromWeb(request), async (reply) => toResponse(reply, pacing, request.signal)).then(resolve, reject)
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
  const { port = 0, host = '127.0.0.1' } = options
  const [{ createServer, toUrl }, { app, settings, pacing, ending, state }] = await Promise.all([import('./server/listen.ts'), make(options)])
  const server = createServer(app, pacing)
  await listen(server, port, host)
  const url = toUrl(server.address())
  state.isReady = true
  const close = async (grace = 0): Promise<void> => {
    state.isReady = false
    await end(server, ending, grace)
  }
  return { url, baseURL: `${url}${basePath(settings)}`, fetch: async (input, init) => fetch(input, init), close, [Symbol.asyncDispose]: async () => close() }
}

async function make(options: MockOptions): Promise<Made> {
  const { document, validators, profiles, scenarios, version } = await import('#prepared')
  let source: ReturnType<Contract['source']> | undefined
  const packaged = toContract(document, validators, async () => (source ??= readPackaged()))
  const pace = typeof options.pace === 'number' ? options.pace : toPace(options.pace ?? 'instant')
  if (pace === undefined || !(pace >= 0 && pace <= 1000)) throw new RangeError(`pace: '${String(options.pace)}' is none; use 'instant', 'real', or a factor from 0 to 1000`)
  const contractMode = CONTRACT_MODES.find((mode) => mode === (options.contract ?? 'enforce'))
  if (contractMode === undefined) throw new RangeError(`contract: '${String(options.contract)}' is none; use 'enforce' or 'report'`)
  const errors = DIALECTS.find((dialect) => dialect === (options.errors ?? 'openai'))
  if (errors === undefined) throw new RangeError(`errors: '${String(options.errors)}' is none; use ${DIALECTS.map((dialect) => `'${dialect}'`).join(' or ')}`)
  if (options.clock !== undefined && options.clock !== 'fixed' && options.clock !== 'real') throw new RangeError(`clock: '${String(options.clock)}' is none; use 'fixed' or 'real'`)
  const own: Fixtures = options.fixtures === undefined ? { profiles: new Map(), scenarios: new Map() } : await (await import('./scenario/fixtures.ts')).loadFixtures(options.fixtures, profiles)
  const choosing = toChoosing(options, new Map([...scenarios, ...own.scenarios]))
  const settings: Settings = {
    version,
    contract: options.spec === undefined ? packaged : await loadContract(options.spec),
    packaged,
    profiles: new Map([...profiles, ...own.profiles]),
    choosing,
    contractMode,
    ownModels: [...own.profiles.keys()].filter((name) => name !== '*'),
    seed: String(options.seed ?? 0),
    errors,
    clock: options.clock === 'real' ? Date.now : () => FIXED,
    timer: options.timer ?? (async (ms, signal) => wait(ms, undefined, signal === undefined ? {} : { signal })),
    pace,
    publicUrl: options.publicUrl === undefined ? undefined : checkUrl(options.publicUrl),
    apiKeys: options.apiKeys ?? [],
    onExchange: options.onExchange ?? (() => {}),
    onFault: options.onFault ?? (() => {}),
  }
  const ending = new AbortController()
  setMaxListeners(0, ending.signal) // every open answer listens
  const state = { isReady: false }
  return { settings, app: createApp(settings, () => state.isReady), pacing: { timer: settings.timer, ending: ending.signal }, ending, state }
}

function toChoosing({ scenario, faultRate = 0, faults = [], journal = 1000, seed = 0 }: MockOptions, catalogue: Catalogue): Choosing {
  for (const name of [...(scenario === undefined ? [] : [scenario]), ...faults]) {
    const near = nearNames(name, catalogue.keys())
    if (!catalogue.has(name)) throw new RangeError(`there is no scenario '${name}'${near.length === 0 ? '' : `; did you mean ${near.join(', ')}?`}`)
  }
  if (!(faultRate >= 0 && faultRate <= 1)) throw new RangeError(`faultRate: '${faultRate}' is none; use a number from 0 to 1`)
  if (faultRate > 0 && faults.length === 0) throw new RangeError('faultRate: there is nothing to draw from; name scenarios in faults')
  if (!Number.isInteger(journal) || journal < 0 || journal > 100_000) throw new RangeError(`journal: '${journal}' is none; use a whole number from 0 to 100000`)
  return { catalogue, store: new MemoryStore({ exchanges: journal }), scenario, faultRate, faults, seed: String(seed) }
}

async function readPackaged(): ReturnType<Contract['source']> {
  const { loadFile } = await import('./contract/document.ts')
  return loadFile(createRequire(import.meta.url).resolve('#openapi'))
}

/** 1677652288 seconds: the time in the provider's own example. */
const FIXED = 1_677_652_288_000

// Links stand in markdown and in JSON: nothing that either of them reads, and no credentials.
function checkUrl(text: string): string {
  const url = URL.canParse(text) ? new URL(text) : undefined
  if (url === undefined || !/^https?:\/\/[^\s@?#()[\]"'\\<>|]+$/.test(url.href)) {
    throw new RangeError('publicUrl: links cannot begin with this; write it as https://mock.example:8443/path, without credentials, query or brackets')
  }
  return url.href.replace(/\/$/, '')
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
