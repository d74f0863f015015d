import type { Violation } from '../openapi/violation.ts'
import type { JsonValue } from '../util/json.ts'
import { isStream } from '../util/reply.ts'
import type { RequestFacts } from './exchange.ts'
import type { Answered } from './write-exchange.ts'

/** Bytes; a larger Exchange is written immediately, to save memory. */
export const MAX_UNWRITTEN = 65_536

/** The text of a header. */
export function textOf(value: string | readonly string[]): string {
  return typeof value === 'string' ? value : value.join(', ')
}

/** Estimated bytes of an Exchange in memory before it is written: rather too many than too few. */
export function sizeOf(
  { size, body }: Pick<RequestFacts, 'size' | 'body'>,
  violations: readonly Violation[],
  { request, reply }: Answered,
): number {
  const { path, query, headers } = request
  let bytes = 2048 + 2 * (size + path.length + query.length)
  if (bytes > MAX_UNWRITTEN) return bytes
  bytes += partsOf(body)
  for (const name in headers) bytes += 96 + name.length + textOf(headers[name] ?? '').length
  for (const { message } of violations) bytes += 512 + 2 * message.length
  for (const name of reply.drawn ?? []) bytes += name.length
  if (!isStream(reply.body)) return bytes + 2 * reply.body.length
  for (const { data } of reply.body) {
    bytes += 2 * data.length + 64
    if (bytes > MAX_UNWRITTEN) break
  }
  return bytes
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
