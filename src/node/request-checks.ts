import type { IncomingMessage } from 'node:http'

const HOST = /^(?=.{1,260}$)(?:[a-z\d_-]+(?:\.[a-z\d_-]+)*|\[[\da-f:.]{2,45}\])(?::(\d{1,5}))?$/i

/** Whether a Host header is valid in a link. */
export function isPlainHost(host: string | undefined): boolean {
  const match = host === undefined ? null : HOST.exec(host)
  return match !== null && Number(match[1] ?? 80) <= 65_535
}

/**
 * Why a request is rejected: it has no target that the mock can serve, or two servers could read it differently.
 * Node's parser rejects most of the latter. Undefined if the request is valid.
 */
export function problemOf({ headers, rawHeaders, httpVersion, url = '' }: IncomingMessage): string | undefined {
  const { host, 'transfer-encoding': encoding } = headers
  if (host === undefined && httpVersion === '1.1') return 'An HTTP/1.1 request must have a Host header.'
  if (hasSecondHost(rawHeaders)) return 'The request has more than one Host header.'
  if (encoding !== undefined && (httpVersion !== '1.1' || encoding.toLowerCase() !== 'chunked'))
    return "The only supported Transfer-Encoding is 'chunked', which HTTP/1.0 does not have."
  if (url.startsWith('/')) return undefined
  if (!/^https?:\/\//i.test(url) || !URL.canParse(url))
    return 'The request target is neither a path nor an http(s) URL.'
  const scheme = url.slice(0, url.indexOf(':'))
  return host !== undefined && hostOf(`${scheme}://${host}`) !== hostOf(url)
    ? 'The host of the request target is not that of the Host header.'
    : undefined
}

// Node ignores all but the first.
function hasSecondHost(rawHeaders: readonly string[]): boolean {
  let count = 0
  for (let i = 0; i < rawHeaders.length; i += 2) {
    const name = rawHeaders[i]
    if (name?.length === 4 && name.toLowerCase() === 'host') count++
  }
  return count > 1
}

function hostOf(url: string): string | undefined {
  return URL.canParse(url) ? new URL(url).host : undefined
}
