import { hc } from 'hono/client'
import type { Coverage } from '../journal/coverage.ts'
import type { Exchange } from '../journal/exchange.ts'
import type { Filter } from '../journal/filter.ts'
import type { ControlApi } from '../app/routes/control-api.ts'
import { CONTROL } from '../app/context.ts'
import type { Remembered } from './session.ts'
import type { ProbeResult } from './wait-until-ready.ts'
import { READYZ, reasonOf, refusalOf, untilReady } from './wait-until-ready.ts'

/** How a mock elsewhere is reached. */
export interface Reaching {
  /** Without a slash at its end. */
  readonly url: string
  /** Seconds that it may take until it is ready. */
  readonly wait: number
  /** Of this package. */
  readonly version: string
}

/** Milliseconds that a probe may take, however late it is. */
const PATIENCE = 250
const TOO_LATE = 30_000

/**
 * What stands in a base URL of the mock at a URL, behind the URL, once it is ready; an error for one that is not ready in time,
 * and at once for what is no mock, or one of another version.
 */
export async function reachMock({ url, wait, version }: Reaching): Promise<string> {
  return untilReady({ url, wait, patience: PATIENCE, ask: async (patience) => probe({ url, version }, patience) })
}

async function probe(
  { url, version: own }: Pick<Reaching, 'url' | 'version'>,
  patience: number,
): Promise<ProbeResult<string>> {
  const signal = AbortSignal.timeout(patience)
  const init: RequestInit = { redirect: 'manual', signal }
  try {
    const response = await fetch(`${url}${READYZ}`, init)
    await response.body?.cancel()
    const version = response.headers.get('x-mock-version') ?? undefined
    if (version === undefined || !response.ok) return refusalOf(url, response.status, version)
    if (version !== own)
      return {
        reason: `the mock at ${url} is version ${version}, this package is ${own}: their answers can differ; use the same version of both`,
        isFinal: true,
      }
    const health = await fetch(`${url}${CONTROL}/health`, init)
    const basePath = basePathIn(await health.text())
    if (basePath === undefined)
      return {
        reason: `GET ${url}${CONTROL}/health does not say what clients take as their base URL`,
        isFinal: health.status < 500,
      }
    return { value: basePath }
  } catch (error) {
    return { reason: signal.aborted ? 'no answer' : reasonOf(error), isFinal: false }
  }
}

function basePathIn(text: string): string | undefined {
  try {
    const { contract } = JSON.parse(text.slice(0, MAX_HEALTH))
    return typeof contract?.basePath === 'string' && /^(?:\/[\w.~-]+)*$/.test(contract.basePath)
      ? contract.basePath
      : undefined
  } catch {
    return undefined
  }
}

const MAX_HEALTH = 100_000

/** Asks whether the control API of the mock at a URL takes a token, the one that is given or none; an error says when it does not. */
export async function checkToken(controlling: Controlling): Promise<void> {
  await remoteMemory(controlling, undefined)
    .pending()
    .catch((error: unknown) => {
      throw new Error(`connectMock: ${reasonOf(error)}`, { cause: error })
    })
}

function tokenOf(controlToken: string | undefined): Record<string, string> {
  return controlToken === undefined ? {} : { 'x-mock-control-token': controlToken }
}

/** How the control API of a mock elsewhere is asked. */
export interface Controlling {
  readonly url: string
  readonly controlToken: string | undefined
}

/** The memory of a session of a mock elsewhere, by its control API. An error has the words of the mock. */
export function remoteMemory({ url, controlToken }: Controlling, session: string | undefined): Remembered {
  const headers: Record<string, string> = {
    'content-type': 'application/json',
    ...tokenOf(controlToken),
    ...(session === undefined ? {} : { 'x-mock-session': session }),
  }
  const api = hc<ControlApi>(url, { headers, fetch: askControl })['__mock']
  // The same route tells the same as a text too, so that the types of its routes do not say which it is.
  const coverage = async (query: { total?: 'true' }): Promise<Coverage> =>
    JSON.parse(await (await api.coverage.$get({ query, header: {} })).text())
  const exchanges = async (filter: Filter = {}): Promise<Exchange[]> => {
    const told: { readonly exchanges: Exchange[] } = JSON.parse(
      await (await api.exchanges.$get({ query: toQuery(filter), header: {} })).text(),
    )
    return told.exchanges
  }
  return {
    exchanges,
    coverage: async () => coverage({}),
    total: async () => coverage({ total: 'true' }),
    script: async (entries) => (await (await api.script.$post({ header: {}, json: entries })).json()).scripted,
    pending: async () => (await (await api.script.$get({ header: {} })).json()).pending,
    table: async (filter = {}) =>
      (
        await (
          await api.exchanges.$get(
            { query: toQuery(filter), header: {} },
            { headers: { ...headers, accept: 'text/plain' } },
          )
        ).text()
      ).trimEnd(),
    reset: async () => void (await (await api.reset.$post({ header: {} })).json()),
  }
}

function toQuery(filter: Filter): Record<string, string> {
  return Object.fromEntries(
    Object.entries(filter).flatMap(([name, value]) => (value === undefined ? [] : [[name, String(value)]])),
  )
}

async function askControl(input: string | URL | Request, init?: RequestInit): Promise<Response> {
  const response = await fetch(input, { ...init, redirect: 'manual', signal: AbortSignal.timeout(TOO_LATE) }) // a token goes nowhere else
  if (response.ok) return response
  const text = await response.text()
  throw new Error(messageIn(text) ?? `the control API answered ${`${response.status} ${text.slice(0, 300)}`.trim()}`)
}

function messageIn(text: string): string | undefined {
  try {
    const { error } = JSON.parse(text)
    return typeof error?.message === 'string' ? error.message : undefined
  } catch {
    return undefined
  }
}
