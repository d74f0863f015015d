import { STATUS_CODES } from 'node:http'
import type { Exchange } from './exchange.ts'

/** How a list of Exchanges is written: one by one, so that a large journal is never held as one text. */
export interface ListFormat {
  readonly begin: string
  readonly item: (exchange: Exchange) => string
  /** Between two items. */
  readonly separator: string
  readonly end: string
}

/** What a format needs to know of the mock. */
export interface Creator {
  readonly version: string
  /** URL of the mock, without a trailing slash. */
  readonly url: string
}

/** The formats of a list of Exchanges, by media type. */
export const LIST_FORMATS = {
  'application/json': () => ({ begin: '{"exchanges":[', item: JSON.stringify, separator: ',', end: ']}' }),
  'application/x-ndjson': () => ({
    begin: '',
    item: (exchange) => `${JSON.stringify(exchange)}\n`,
    separator: '',
    end: '',
  }),
  'application/har+json': ({ version, url }) => ({
    begin: `{"log":{"version":"1.2","creator":${JSON.stringify({ name: 'chat-image-mock', version })},"entries":[`,
    item: (exchange) => JSON.stringify(toHarEntry(exchange, url)),
    separator: ',',
    end: ']}}',
  }),
} as const satisfies Readonly<Record<string, (creator: Creator) => ListFormat>>

interface NameAndValue {
  readonly name: string
  readonly value: string
}

// An entry of HAR 1.2. Sizes on the wire are unknown (-1), and bodies are redacted and cut as in the Exchange.
function toHarEntry(exchange: Exchange, url: string) {
  const { id, session, time, request, response, scenario, note, duration = 0, firstByte = duration } = exchange
  const { method, path, query, body } = request
  const text = response.text ?? (response.body === undefined ? '' : JSON.stringify(response.body))
  return {
    startedDateTime: time,
    time: duration,
    request: {
      method,
      url: `${url}${toUrlPath(path)}${query === '' ? '' : `?${query}`}`,
      httpVersion: 'HTTP/1.1',
      cookies: [],
      headers: toPairs(Object.entries(request.headers)),
      queryString: toPairs(new URLSearchParams(query)),
      ...(body !== undefined && {
        postData: { mimeType: request.headers['content-type'] ?? 'application/json', text: JSON.stringify(body) },
      }),
      headersSize: -1,
      bodySize: -1,
    },
    response: {
      status: response.status,
      statusText: STATUS_CODES[response.status] ?? '',
      httpVersion: 'HTTP/1.1',
      cookies: [],
      headers: toPairs(Object.entries(response.headers)),
      content: { size: Buffer.byteLength(text), mimeType: response.headers['content-type'] ?? '', text },
      redirectURL: '',
      headersSize: -1,
      bodySize: -1,
    },
    cache: {},
    timings: { send: 0, wait: firstByte, receive: duration - firstByte },
    ...(note !== null && { comment: note }),
    // Names with an underscore are extensions.
    _id: id,
    _session: session,
    _scenario: scenario?.name ?? null,
  }
}

function toPairs(entries: Iterable<[string, string]>): NameAndValue[] {
  return Array.from(entries, ([name, value]) => ({ name, value }))
}

// A recorded path is decoded, except for %2F and %25.
function toUrlPath(path: string): string {
  return encodeURI(path.toWellFormed()).replaceAll('%25', '%').replaceAll('?', '%3F').replaceAll('#', '%23')
}
