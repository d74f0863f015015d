import { hc } from 'hono/client'
import { version } from '#prepared'
import type { ControlApi } from '../app/routes/control-api.ts'
import { CONTROL } from '../app/context.ts'
import type { Coverage } from '../journal/coverage.ts'
import type { Exchange } from '../journal/exchange.ts'
import type { Filter } from '../journal/filter.ts'
import type { SessionData } from '../app/session-data.ts'
import { type ProbeResult, READYZ, reasonOf, refusalOf, untilReady } from './wait-until-ready.ts'

const PATIENCE = 250 // milliseconds that the last probe may take
const TIMEOUT = 30_000 // milliseconds that a call of the control API may take
const MAX_HEALTH = 100_000 // characters of /__mock/health that are read

/**
 * Waits so many seconds until the mock is ready and returns the path of its base URL. An Error says why it is not ready in
 * time; at once, if the server is not a mock or has another version than this package.
 */
export async function reachMock(url: string, wait: number): Promise<string> {
  return untilReady(url, { wait, patience: PATIENCE, probe })
}

async function probe(url: string, patience: number): Promise<ProbeResult<string>> {
  const signal = AbortSignal.timeout(patience)
  const init: RequestInit = { redirect: 'manual', signal }
  try {
    const response = await fetch(`${url}${READYZ}`, init)
    await response.body?.cancel()
    const theirs = response.headers.get('x-mock-version') ?? undefined
    if (theirs === undefined || !response.ok) return refusalOf(url, response.status, theirs)
    if (theirs !== version) {
      const reason = `the mock at ${url} is version ${theirs}, this package is ${version}: their answers can differ; use the same version of both`
      return { reason, isFinal: true }
    }
    const health = await fetch(`${url}${CONTROL}/health`, init)
    const { contract } = readJson((await health.text()).slice(0, MAX_HEALTH))
    const basePath = contract?.basePath
    if (typeof basePath === 'string' && /^(?:\/[\w.~-]+)*$/.test(basePath)) return { value: basePath }
    const reason = `GET ${url}${CONTROL}/health does not say what clients take as their base URL`
    return { reason, isFinal: health.status < 500 }
  } catch (error) {
    return { reason: signal.aborted ? 'no answer' : reasonOf(error), isFinal: false }
  }
}

/** Checks that the control API of the mock accepts the token, or requires none. An Error says that it does not. */
export async function checkToken(url: string, controlToken: string | undefined): Promise<void> {
  await remoteData(url, controlToken, undefined)
    .pending()
    .catch((error: unknown) => {
      throw new Error(`connectMock: ${reasonOf(error)}`, { cause: error })
    })
}

/** The data of a session of a mock in another process, by its control API. An Error has the mock's own message. */
export function remoteData(url: string, controlToken: string | undefined, session: string | undefined): SessionData {
  const headers: Record<string, string> = { 'content-type': 'application/json' }
  if (controlToken !== undefined) headers['x-mock-control-token'] = controlToken
  if (session !== undefined) headers['x-mock-session'] = session
  const api = hc<ControlApi>(url, { headers, fetch: askControl })['__mock']
  // The types of these two routes do not say which of their media types is returned.
  const coverage = async (query: { total?: 'true' }): Promise<Coverage> =>
    JSON.parse(await (await api.coverage.$get({ query, header: {} })).text())
  const exchanges = async (filter: Filter = {}, accept = 'application/json'): Promise<string> => {
    const asked = { query: toQuery(filter), header: {} }
    return (await api.exchanges.$get(asked, { headers: { ...headers, accept } })).text()
  }
  return {
    exchanges: async (filter) => {
      const body: { readonly exchanges: Exchange[] } = JSON.parse(await exchanges(filter))
      return body.exchanges
    },
    table: async (filter) => (await exchanges(filter, 'text/plain')).trimEnd(),
    coverage: async () => coverage({}),
    total: async () => coverage({ total: 'true' }),
    script: async (entries) => (await (await api.script.$post({ header: {}, json: entries })).json()).scripted,
    pending: async () => (await (await api.script.$get({ header: {} })).json()).pending,
    reset: async () => void (await (await api.reset.$post({ header: {} })).json()),
  }
}

function toQuery(filter: Filter): Record<string, string> {
  const given = Object.entries(filter).filter(([, value]) => value !== undefined)
  return Object.fromEntries(given.map(([name, value]) => [name, String(value)]))
}

// No redirect is followed: it would take the token to another server.
async function askControl(input: string | URL | Request, init?: RequestInit): Promise<Response> {
  const response = await fetch(input, { ...init, redirect: 'manual', signal: AbortSignal.timeout(TIMEOUT) })
  if (response.ok) return response
  const text = await response.text()
  const message = readJson(text).error?.message
  if (typeof message === 'string') throw new Error(message)
  throw new Error(`the control API answered ${`${response.status} ${text.slice(0, 300)}`.trim()}`)
}

interface Answer {
  readonly contract?: { readonly basePath?: unknown }
  readonly error?: { readonly message?: unknown }
}

// An answer that may come from any server: what is not JSON has no members.
function readJson(text: string): Answer {
  try {
    return JSON.parse(text) ?? {}
  } catch {
    return {}
  }
}
