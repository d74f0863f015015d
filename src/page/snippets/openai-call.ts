import { type JsonObject, isObject } from '../../util/json-value.ts'
import { type RepeatedRequest, type SecretText, type SnippetSource, joinTexts, toRepeated } from './recorded.ts'

/** A request as a call of the OpenAI client, in any language. */
export interface OpenAICall extends Pick<RepeatedRequest, 'method' | 'body' | 'isJson' | 'differences'> {
  readonly baseURL: string
  /** Relative to the base URL if it is below it. */
  readonly path: SecretText
  /** The headers that the client does not set itself. */
  readonly headers: Readonly<Record<string, SecretText>>
  /** The body, if `chat.completions.create` of every client accepts it. */
  readonly chat: JsonObject | undefined
}

/** The path that the clients add to the base URL. */
const CHAT = '/chat/completions'
const OF_OPENAI = new Set(['accept', 'authorization', 'content-type'])

/** Reads an exchange as a call of the OpenAI client. */
export function toCall(source: SnippetSource): OpenAICall {
  const { root, basePath } = source
  const { method, path, headers, body, isJson, differences } = toRepeated(source)
  const [start, ...rest] = path
  const whole = typeof start === 'string' ? start : ''
  const isChat = method === 'POST' && whole.endsWith(CHAT) && rest.length === 0
  const base = isChat ? whole.slice(0, -CHAT.length) : basePath
  // The first part ends where a secret of the query begins.
  const isBelow = whole.startsWith(`${base}/`)
  return {
    method,
    baseURL: root + base,
    path: isBelow ? [whole.slice(base.length), ...rest] : joinTexts([root], path),
    headers: Object.fromEntries(Object.entries(headers).filter(([name]) => !OF_OPENAI.has(name))),
    body,
    isJson,
    chat: isChat && isJson && isValidChat(body) ? body : undefined,
    differences,
  }
}

// The clients read these members themselves, and change or reject wrong ones.
function isValidChat(body: RepeatedRequest['body']): body is JsonObject {
  if (!isObject(body) || typeof body['model'] !== 'string') return false
  const { messages, stream } = body
  return Array.isArray(messages) && messages.every(isObject) && (stream === undefined || typeof stream === 'boolean')
}
