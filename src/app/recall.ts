import type { Profile } from '../chat/profile.ts'
import type { ChatRequest } from '../chat/chat-request.ts'
import type { JsonObject } from '../util/json.ts'
import type { Reply } from '../util/reply.ts'
import { isStream } from '../util/reply.ts'
import type { Cache } from '../util/lru.ts'
import { createCache } from '../util/lru.ts'

/** A chat request as it was read, and what it was answered last. */
export interface Recalled {
  readonly body: JsonObject
  readonly request: ChatRequest
  readonly profile: Profile
  answer: { readonly created: number; readonly pace: number; readonly reply: Reply } | undefined
}

/**
 * The last chat requests, by what links begin with and their own bytes: a suite and a load test ask the same again and
 * again. What a request says, and what it is answered within one second at one pace, follows from nothing else.
 */
export type Recall = Cache<Recalled>

/** How many requests are recalled. */
const MAX_RECALLED = 250
/** The longest body that is recalled, in bytes. */
const MAX_BODY = 4096
/** The longest answer that is recalled, in bytes. */
const MAX_ANSWER = 65_536

/** A Recall that knows nothing yet. */
export function createRecall(): Recall {
  return createCache<Recalled>(MAX_RECALLED, () => 1)
}

/** What a Recall knows a request by; undefined where it is too long. Latin 1 gives each byte a character. */
export function keyOf(bytes: Buffer, base: string): string | undefined {
  return bytes.length > MAX_BODY ? undefined : `${base}\n${bytes.toString('latin1')}`
}

/** A Reply whose text is made bytes, once for all who will be answered it. */
export function inBytes(reply: Reply): Reply {
  const { body } = reply
  if (typeof body === 'string') return { ...reply, body: Buffer.from(body) }
  return isStream(body) ? { ...reply, body: body.map((frame) => ({ ...frame, data: Buffer.from(frame.data) })) } : reply
}

/** Whether a Reply is short enough to be recalled. */
export function isShort({ body }: Reply): boolean {
  return (isStream(body) ? body.reduce((sum, { data }) => sum + data.length, 0) : body.length) <= MAX_ANSWER
}
