import type { ErrorFormat } from '../errors/api-error.ts'
import { relay } from '../gateway/relay.ts'
import { isObject, parseJson } from '../util/json.ts'
import { type Reply, isStream } from '../util/reply.ts'
import { ownReply } from './apply.ts'
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
  const { headers = {}, wait = 0 } = then
  const reply = replyOf(then, dialect)
  const body = reply === undefined || isStream(reply.body) ? '' : Buffer.from(reply.body).toString()
  const status = reply !== undefined && isStream(reply.body) ? null : (reply?.status ?? 200)
  return { status, code: codeIn(body), headers, wait, changes: Object.keys(then) }
}

// The gateway writes the error of a vendor in its own way. A reset is the only own reply that is a stream.
function replyOf(then: Then, dialect: ErrorFormat['dialect']): Reply | undefined {
  const requestId = ''
  const details = then.headers === undefined ? {} : { headers: then.headers }
  if (then.relay === undefined || dialect === 'openai') return ownReply(then, { dialect, requestId }, details)
  const reply = ownReply(then, { dialect: 'openai', requestId }, details)
  return reply && relay(reply, { format: { dialect, requestId }, request: undefined, ping: undefined })
}

function codeIn(body: string): string | null {
  const value = parseJson(body)
  const code = isObject(value) && isObject(value['error']) ? value['error']['code'] : null
  return typeof code === 'string' && code !== '' ? code : null
}
