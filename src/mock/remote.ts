import { hc } from 'hono/client'
import { version } from '#prepared'
import type { ControlApi } from '../app/routes/control-api.ts'
import { CONTROL } from '../app/context.ts'
import type { Coverage } from '../journal/coverage.ts'
import type { CoverageScope } from '../journal/coverage-scope.ts'
import type { Exchange } from '../journal/exchange.ts'
import type { Filter } from '../journal/filter.ts'
import type { SessionData } from '../app/session-data.ts'
import { type ProbeResult, READYZ, reasonOf, refusalOf, untilReady } from './wait-until-ready.ts'

const PATIENCE = 250 // milliseconds: timeout of the last probe
const TIMEOUT = 30_000 // milliseconds: timeout of a call of the control API
const MAX_HEALTH = 100_000 // characters of /__mock/health that are read

/**
 * Waits up to `wait` seconds until the mock is ready. Returns the path of its base URL. Throws an Error if it is not
 * ready in time, or immediately if the server is not a mock or has another version than this package.
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
      const reason = `the mock at ${url} has version ${theirs}, but this package has version ${version}`
      return { reason: `${reason}. Use the same version: responses differ between versions.`, isFinal: true }
    }
    const health = await fetch(`${url}${CONTROL}/health`, init)
    const { contract, status } = readJson((await health.text()).slice(0, MAX_HEALTH))
    const basePath = contract?.basePath
    if (typeof basePath === 'string' && /^(?:\/[\w.~-]+)*$/.test(basePath)) return { value: basePath }
    const hint = status === 'ok' ? `. Start the mock with --allow-host ${new URL(url).hostname}` : ''
    const reason = `GET ${url}${CONTROL}/health does not return the path of the base URL${hint}`
    return { reason, isFinal: health.status < 500 }
  } catch (error) {
    return { reason: signal.aborted ? 'no response' : reasonOf(error), isFinal: false }
  }
}

/** Throws an Error if the control API of the mock does not accept the token. */
export async function checkToken(url: string, controlToken: string | undefined): Promise<void> {
  await remoteData(url, controlToken, undefined)
    .pending()
    .catch((error: unknown) => {
      throw new Error(`connectMock: ${reasonOf(error)}`, { cause: error })
    })
}

/** Access to the data of a session through the control API. Its Errors have the message of the mock. */
export function remoteData(url: string, controlToken: string | undefined, session: string | undefined): SessionData {
  const headers: Record<string, string> = { 'content-type': 'application/json' }
  if (controlToken !== undefined) headers['x-mock-control-token'] = controlToken
  if (session !== undefined) headers['x-mock-session'] = session
  const api = hc<ControlApi>(url, { headers, fetch: askControl })['__mock']
  // These two routes return several media types, so their response has no type.
  const coverage = async ({ models, scenarios }: CoverageScope = {}, total?: 'true'): Promise<Coverage> => {
    const query = { total, models: toList(models), scenarios: toList(scenarios) }
    return JSON.parse(await (await api.coverage.$get({ query, header: {} })).text())
  }
  const exchanges = async (filter: Filter = {}, accept = 'application/json'): Promise<string> => {
    const request = { query: toQuery(filter), header: {} }
    return (await api.exchanges.$get(request, { headers: { ...headers, accept } })).text()
  }
  return {
    exchanges: async (filter) => {
      const body: { readonly exchanges: Exchange[] } = JSON.parse(await exchanges(filter))
      return body.exchanges
    },
    table: async (filter) => (await exchanges(filter, 'text/plain')).trimEnd(),
    coverage: async (scope) => coverage(scope),
    total: async (scope) => coverage(scope, 'true'),
    script: async (entries) => (await (await api.script.$post({ header: {}, json: entries })).json()).scripted,
    pending: async () => (await (await api.script.$get({ header: {} })).json()).pending,
    reset: async () => void (await (await api.reset.$post({ header: {} })).json()),
  }
}

function toList(names: string | readonly string[] = []): string[] {
  return typeof names === 'string' ? [names] : [...names]
}

function toQuery(filter: Filter): Record<string, string> {
  const given = Object.entries(filter).filter(([, value]) => value !== undefined)
  return Object.fromEntries(given.map(([name, value]) => [name, String(value)]))
}

// Does not follow redirects: they would send the token to another server.
async function askControl(input: string | URL | Request, init?: RequestInit): Promise<Response> {
  const response = await fetch(input, { ...init, redirect: 'manual', signal: AbortSignal.timeout(TIMEOUT) })
  if (response.ok) return response
  const text = await response.text()
  const message = readJson(text).error?.message
  if (typeof message === 'string') throw new Error(message)
  throw new Error(`the control API returned ${`${response.status} ${text.slice(0, 300)}`.trim()}`)
}

interface ControlBody {
  readonly status?: unknown
  readonly contract?: { readonly basePath?: unknown }
  readonly error?: { readonly message?: unknown }
}

// The response may come from any server, so a text that is not JSON is read as an empty object.
function readJson(text: string): ControlBody {
  try {
    return JSON.parse(text) ?? {}
  } catch {
    return {}
  }
}
