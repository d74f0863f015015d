import { setTimeout as wait } from 'node:timers/promises'
import { hc } from 'hono/client'
import type { Coverage } from '../journal/coverage.ts'
import type { Exchange } from '../journal/exchange.ts'
import type { Filter } from '../journal/filter.ts'
import type { ControlRoutes } from '../server/control-api.ts'
import { CONTROL } from '../server/control.ts'
import type { Remembered } from './mock.ts'

/** How a mock elsewhere is reached. */
export interface Reaching {
  /** Without a slash at its end. */
  readonly url: string
  /** Seconds that it may take until it is ready. */
  readonly wait: number
}

const PAUSE = 50
const PATIENCE = 5000
const TOO_LATE = 30_000

/** The version of the mock at a URL, once it is ready; an error for one that is not ready in time, and at once for what is no mock. */
export async function reachMock({ url, wait: seconds }: Reaching): Promise<string> {
  const deadline = performance.now() + seconds * 1000
  for (;;) {
    const left = deadline - performance.now()
    const heard = await probe(url, Math.min(PATIENCE, Math.max(left, PAUSE)))
    if ('version' in heard) return heard.version
    if (heard.isFinal) throw new Error(heard.reason)
    if (left <= PAUSE) throw new Error(`there is no mock ready at ${url} after ${seconds} s: ${heard.reason}`)
    await wait(PAUSE)
  }
}

type Heard = { readonly version: string } | { readonly reason: string; readonly isFinal: boolean }

// A proxy before it says 502, 503 or 504 until the mock is up; whoever says anything else is somebody else.
async function probe(url: string, patience: number): Promise<Heard> {
  let response: Response
  try {
    response = await fetch(`${url}${CONTROL}/readyz`, { redirect: 'manual', signal: AbortSignal.timeout(patience) })
    await response.body?.cancel()
  } catch (error) {
    return { reason: reasonOf(error), isFinal: false }
  }
  const version = response.headers.get('x-mock-version')
  if (version !== null && response.ok) return { version }
  const said = `GET ${CONTROL}/readyz is answered with ${response.status}`
  if (version !== null && response.status === 404) return { reason: `${url} is a path of a mock; connect to ${new URL(url).origin}`, isFinal: true }
  return { reason: version === null ? `${said}, and not by chat-image-mock` : said, isFinal: version === null && response.status < 500 }
}

function reasonOf(error: unknown): string {
  const cause = error instanceof Error ? (error.cause ?? error) : error
  return cause instanceof Error ? (cause.message === '' && 'code' in cause ? String(cause.code) : cause.message) : String(cause)
}

/** What stands in a base URL of the mock at a URL, behind the URL. */
export async function askBasePath(url: string): Promise<string> {
  const response = await fetch(`${url}${CONTROL}/health`, { signal: AbortSignal.timeout(TOO_LATE) })
  const health: unknown = await response.json()
  const contract = typeof health === 'object' && health !== null && 'contract' in health ? health.contract : undefined
  if (typeof contract === 'object' && contract !== null && 'basePath' in contract) return String(contract.basePath)
  throw new Error(`${url}${CONTROL}/health does not tell what clients take as their base URL`)
}

/** How the control API of a mock elsewhere is asked. */
export interface Controlling {
  readonly url: string
  readonly controlToken: string | undefined
}

/** The memory of a session of a mock elsewhere, by its control API. An error has the words of the mock. */
export function remoteMemory({ url, controlToken }: Controlling, session: string | undefined): Remembered {
  const headers: Record<string, string> = { 'content-type': 'application/json' }
  if (session !== undefined) headers['x-mock-session'] = session
  if (controlToken !== undefined) headers['x-mock-control-token'] = controlToken
  const api = hc<ControlRoutes>(url, { headers, fetch: askControl })['__mock']
  // The same route tells the same as a text too, so that the types of its routes do not say which it is.
  const coverage = async (query: { total?: 'true' }): Promise<Coverage> => JSON.parse(await (await api.coverage.$get({ query, header: {} })).text())
  const exchanges = async (filter: Filter = {}): Promise<Exchange[]> => {
    const told: { readonly exchanges: Exchange[] } = JSON.parse(await (await api.exchanges.$get({ query: toQuery(filter), header: {} })).text())
    return told.exchanges
  }
  return {
    exchanges,
    coverage: async () => coverage({}),
    total: async () => coverage({ total: 'true' }),
    script: async (entries) => (await (await api.script.$post({ header: {}, json: entries })).json()).scripted,
    pending: async () => (await (await api.script.$get({ header: {} })).json()).pending,
    table: async (filter = {}) => (await (await api.exchanges.$get({ query: toQuery(filter), header: {} }, { headers: { ...headers, accept: 'text/plain' } })).text()).trimEnd(),
    reset: async () => void (await (await api.reset.$post({ header: {} })).json()),
  }
}

function toQuery(filter: Filter): Record<string, string> {
  return Object.fromEntries(Object.entries(filter).flatMap(([name, value]) => (value === undefined ? [] : [[name, String(value)]])))
}

async function askControl(input: string | URL | Request, init?: RequestInit): Promise<Response> {
  const response = await fetch(input, { ...init, signal: AbortSignal.timeout(TOO_LATE) })
  if (response.ok) return response
  const text = await response.text()
  throw new Error(messageIn(text) ?? `${response.status} ${text.slice(0, 300)}`)
}

function messageIn(text: string): string | undefined {
  try {
    const { error } = JSON.parse(text)
    return typeof error?.message === 'string' ? error.message : undefined
  } catch {
    return undefined
  }
}
