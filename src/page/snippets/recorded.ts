import type { Exchange } from '../../journal/exchange.ts'
import { type JsonValue, isObject } from '../../util/json-value.ts'

/** What a snippet is made of: a mock, and an exchange in its journal. */
export interface SnippetSource {
  /** URL of the mock, without a slash at its end. */
  readonly root: string
  /** The path of the base URL, which follows `root`. Empty, or with a slash at its start and none at its end. */
  readonly basePath: string
  readonly exchange: Pick<
    Exchange,
    'session' | 'request' | 'operation' | 'violations' | 'chat' | 'scenario' | 'note' | 'response'
  >
  /** Whether the control API needs a token. */
  readonly isTokenNeeded?: boolean
}

/** A redacted part of a request: an environment variable replaces it. */
export interface Secret {
  readonly variable: string
  /** The value if the variable is not set. */
  readonly fallback: string
}

/** A text with secrets. */
export type SecretText = readonly (string | Secret)[]

/** A request that can be sent again. */
export interface RepeatedRequest {
  readonly method: string
  /** With the query, percent-encoded. It begins with a slash. */
  readonly path: SecretText
  /** The headers that a client does not set itself. */
  readonly headers: Readonly<Record<string, SecretText>>
  /** Redacted parts are not replaced: see `withSecrets`. Undefined if there is none. */
  readonly body: JsonValue | undefined
  /** Whether the body is JSON. Otherwise it is a text. */
  readonly isJson: boolean
  /** How it differs from the original request, for comments. */
  readonly differences: readonly string[]
}

/** The API key. A mock accepts any key, unless it was started with a list of keys. */
export const API_KEY: Secret = { variable: 'OPENAI_API_KEY', fallback: 'any' }

/** Whether an API key names a session. The journal has a digest of the key, not the key. */
export function isOfKey(session: string): boolean {
  return session.startsWith('key-')
}

const REDACTED = '[redacted]'

/** One text of several. */
export function joinTexts(...texts: readonly SecretText[]): SecretText {
  const joined: (string | Secret)[] = []
  for (const part of texts.flat()) {
    const last = joined.at(-1)
    if (typeof part === 'string' && typeof last === 'string') joined[joined.length - 1] = last + part
    else joined.push(part)
  }
  return joined
}

// A client sets these headers itself, or they describe its connection.
const OF_CLIENT =
  /^(?:host|connection|keep-alive|content-length|content-encoding|transfer-encoding|te|trailer|upgrade|expect|user-agent|origin|referer|dnt|priority|pragma|cache-control|via|forwarded|cookie|idempotency-key|x-mock-control-token|if-.*|accept-.*|sec-.*|proxy-.*|x-forwarded-.*|x-stainless-.*)$/
const HEADER = /^[\w!#$%&'*+.^`|~-]+$/
const PRINTABLE = /^[\x20-\x7e]+$/

/** Reads the request of an exchange, so that it can be sent again. */
export function toRepeated({ exchange }: SnippetSource): RepeatedRequest {
  const { method, path, query, headers, body } = exchange.request
  const type = headers['content-type'] ?? 'application/json'
  const repeated = {
    method,
    path: joinTexts([encodePath(path)], toSearch(query)),
    headers: headersOf(exchange),
    body: body === undefined ? undefined : withSamples(body),
    isJson: typeof body !== 'string' || /[/+]json\b/i.test(type),
  }
  return { ...repeated, differences: differencesOf(exchange.request, repeated) }
}

// In the journal a path is decoded, except for the characters with a meaning in URLs.
function encodePath(path: string): string {
  return encodeURI(path.toWellFormed()).replaceAll(/%25(2[346BCF]|3[ABDF]|40)/gi, '%$1')
}

// The journal has the query as it was sent. curl and shells give brackets a meaning.
function toSearch(query: string): SecretText {
  if (query === '') return []
  const parts = withSecrets(query, '').map((part) =>
    typeof part === 'string'
      ? part.replaceAll(/[^\w!$&()*+,./:;=?@%~-]/gu, encodeURIComponent)
      : { ...part, fallback: 'redacted' },
  )
  return ['?', ...parts]
}

function headersOf({ request, session }: SnippetSource['exchange']): Record<string, SecretText> {
  const kept: [string, SecretText][] = []
  for (const [name, value] of Object.entries(request.headers)) {
    const isUsual = name === 'accept' && /^(?:\*\/\*|application\/json)$/.test(value)
    if (OF_CLIENT.test(name) || isUsual || !HEADER.test(name) || !PRINTABLE.test(value)) continue
    kept.push([name, name === 'authorization' ? ['Bearer ', API_KEY] : withSecrets(value, name)])
  }
  if (session !== '' && !isOfKey(session)) kept.push(['x-mock-session', [session]])
  return Object.fromEntries(kept)
}

/** Splits a text at its redacted parts. `name` is the name of the header or JSON member that has the text. */
export function withSecrets(text: string, name: string): SecretText {
  if (!text.includes(REDACTED)) return [text]
  const words = name.toUpperCase().replaceAll(/[^A-Z\d]+/g, '_')
  const variable = text === REDACTED && /[A-Z]/.test(words) ? `SECRET_${words}` : 'SECRET'
  return text
    .split(REDACTED)
    .flatMap((part, i) => (i === 0 ? [part] : [{ variable, fallback: REDACTED }, part]))
    .filter((part) => part !== '')
}

const DATA_URI = /data:([\w.+-]{1,100}\/[\w.+-]{1,100})?[^,"'\s]{0,300},\[sha256 [\da-f]{16}, \d+ bytes\]/g
// A PNG of one pixel.
const PIXEL = 'iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg=='

function withSamples(value: JsonValue): JsonValue {
  if (typeof value === 'string')
    return value.replaceAll(DATA_URI, (_uri: string, type = 'image/png') =>
      type.startsWith('image/') ? `data:image/png;base64,${PIXEL}` : `data:${type};base64,YQ==`,
    )
  if (!isObject(value)) return Array.isArray(value) ? value.map(withSamples) : value
  return Object.fromEntries(Object.entries(value).map(([name, inner]) => [name, withSamples(inner)]))
}

const CUT = /… \(\d+ (?:characters|items)\)"|"…":"\d+ fields"/

function differencesOf(
  { method, headers, body }: SnippetSource['exchange']['request'],
  repeated: Pick<RepeatedRequest, 'path' | 'headers'>,
): string[] {
  const text = JSON.stringify(body) ?? ''
  const secrets = [...repeated.path, ...Object.values(repeated.headers).flat()].filter(
    (part) => typeof part !== 'string',
  )
  const isWithoutBody = /^(?:GET|HEAD)$/.test(method) || headers['content-length'] === '0'
  const known: readonly (readonly [isTrue: boolean, words: string])[] = [
    [secrets.includes(API_KEY), `The journal does not keep API keys. Set ${API_KEY.variable} if the mock needs one.`],
    [
      text.includes(REDACTED) || secrets.some((secret) => secret !== API_KEY),
      'The journal has removed credentials. Set the variables whose names begin with SECRET.',
    ],
    [text.search(DATA_URI) >= 0, 'The journal does not keep data URIs. A sample replaces each of them.'],
    [CUT.test(text), 'The journal has cut this request, so it is not complete.'],
    [body === undefined && !isWithoutBody, 'The journal does not have the body of this request.'],
  ]
  return known.filter(([isTrue]) => isTrue).map(([, words]) => words)
}
