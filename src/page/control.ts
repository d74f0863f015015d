import { hc } from 'hono/client'
import type { ControlApi } from '../app/routes/control-api.ts'

/** Where the mock is mounted, with a slash at its end. This script is at `__mock/page/` below it. */
export const ROOT = new URL('../../', import.meta.url).href

/** The header that holds the control token. */
const TOKEN = 'x-mock-control-token'

let token = ''

/** Sets the control token. It is kept in memory only. */
export function setToken(value: string): void {
  token = value
}

/** The headers of requests to the control API. */
export function controlHeaders(): Record<string, string> {
  return token === '' ? {} : { [TOKEN]: token }
}

/** The typed client of the control API. The page reads and changes data only with it. */
export const control = hc<ControlApi>(ROOT.replace(/\/$/, ''), { headers: controlHeaders })['__mock']

/** An error that the control API returned. */
export class ControlError extends Error {
  override readonly name = 'ControlError'
  readonly status: number
  constructor(status: number, message: string) {
    super(message)
    this.status = status
  }
}

interface JsonResponse {
  readonly ok: boolean
  readonly status: number
  readonly json: () => Promise<unknown>
}
// The typed client allows all media types of a route; the page requests JSON.
type JsonOf<R extends JsonResponse> = R extends unknown
  ? Exclude<Awaited<ReturnType<R['json']>>, string | Response>
  : never

/** The JSON of a response of the control API. Throws a ControlError for an error status. */
export async function read<R extends JsonResponse>(response: Promise<R>): Promise<JsonOf<R>>
export async function read(response: Promise<JsonResponse>): Promise<unknown> {
  const received = await response
  if (received.ok) return received.json()
  const body: unknown = await received.json().catch(() => undefined)
  throw new ControlError(received.status, messageIn(body) ?? `HTTP ${received.status}`)
}

function messageIn(body: unknown): string | undefined {
  if (typeof body !== 'object' || body === null || !('error' in body)) return undefined
  const { error } = body
  return typeof error === 'object' && error !== null && 'message' in error ? String(error.message) : undefined
}

/** The URL of one of the mock's own paths. */
export function urlOf(path: string): string {
  return ROOT + path.replace(/^\//, '')
}
