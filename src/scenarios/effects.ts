import { type ErrorFormat, ApiError, errorReply } from '../errors/api-error.ts'
import { isObject } from '../util/json.ts'
import type { Then } from './scenario.ts'

/** What a client sees of a scenario's response to a chat request. */
export interface Effect {
  /** Null if the connection is reset before the first byte. */
  readonly status: number | null
  /** The `code` in the body of an error; null if there is none. */
  readonly code: string | null
  /** The headers that the scenario adds. */
  readonly headers: Readonly<Record<string, string>>
  /** Seconds before the first byte, in addition to the pace. */
  readonly wait: number
  /** The keys of `then` that set or change the response, such as `error`, `stream` or `pictures`. */
  readonly changes: readonly string[]
}

/** The responses of a scenario: one for each request of a sequence. */
export function effectsOf(then: Then, dialect: ErrorFormat['dialect']): Effect[] {
  return (then.sequence ?? [then]).map((step) => effectOf(step, dialect))
}

function effectOf(then: Then, dialect: ErrorFormat['dialect']): Effect {
  const { error, reset, headers = {}, wait = 0 } = then
  const reply =
    error === undefined ? undefined : errorReply(new ApiError(error, { headers }), { dialect, requestId: '' })
  const status = reset === true ? null : (then.status ?? reply?.status ?? 200)
  return { status, code: codeIn(reply?.body ?? ''), headers, wait, changes: Object.keys(then) }
}

function codeIn(body: string): string | null {
  if (!body.startsWith('{')) return null
  const value: unknown = JSON.parse(body)
  const code = isObject(value) && isObject(value['error']) ? value['error']['code'] : null
  return typeof code === 'string' && code !== '' ? code : null
}
