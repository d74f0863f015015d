import type { Violation } from '../openapi/violation.ts'
import type { JsonValue } from '../util/json.ts'
import { isStream, totalsOf } from '../util/reply.ts'
import type { RequestFacts } from './exchange.ts'
import { MAX_EVENTS } from './stream-times.ts'
import type { Answered } from './write-exchange.ts'

/** Bytes; a larger Exchange is written immediately, to save memory. */
export const MAX_UNWRITTEN = 65_536
/** Maximum size of a written Exchange, in bytes. */
export const MAX_EXCHANGE = 262_144
/** Characters of the times of a stream's events, at most: a day has eight digits. */
const MAX_TIMES = 10 * MAX_EVENTS

/** The text of a header. */
export function textOf(value: string | readonly string[]): string {
  return typeof value === 'string' ? value : value.join(', ')
}

/** Estimated bytes of an Exchange: rather too many than too few. */
interface ExchangeSize {
  /** In memory, before it is written. */
  readonly held: number
  /** Written, if its stream is created when it is sent: then it can be more than what is held. Otherwise 0. */
  readonly written: number
}

/** The size of an Exchange before it is written. The frames of a long stream are not created for it. */
export function sizeOf(
  { size, body }: Pick<RequestFacts, 'size' | 'body'>,
  violations: readonly Violation[],
  { request, reply }: Answered,
): ExchangeSize {
  const { path, query, headers } = request
  let bytes = 2048 + 2 * (size + path.length + query.length)
  if (bytes > MAX_UNWRITTEN) return { held: bytes, written: 0 }
  bytes += partsOf(body)
  for (const name in headers) bytes += 96 + name.length + textOf(headers[name] ?? '').length
  for (const { message } of violations) bytes += 512 + 2 * message.length
  for (const name of reply.drawn ?? []) bytes += name.length
  if (!isStream(reply.body)) return { held: bytes + 2 * reply.body.length, written: 0 }
  const { held, sent } = totalsOf(reply.body)
  return { held: bytes + held, written: sent > held ? Math.min(MAX_EXCHANGE, bytes + sent + MAX_TIMES) : 0 }
}

// Estimated bytes of parsed JSON without its texts: up to 30 times its length. Stops where the Exchange is written.
function partsOf(value: JsonValue | undefined): number {
  if (typeof value !== 'object' || value === null) return 0
  let bytes = 160
  for (const item of Object.values(value)) {
    bytes += 80 + partsOf(item)
    if (bytes > MAX_UNWRITTEN) break
  }
  return bytes
}
