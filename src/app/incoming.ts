import type { IncomingMessage } from 'node:http'
import type { Socket } from 'node:net'
import { ApiError } from '../errors/api-error.ts'
import { readWeb, takeBody } from './body.ts'

/** A request as the server reads it, from a port or in process. */
export interface Incoming {
  readonly method: string
  /** Percent-decoded, but for what would change its segments. */
  readonly path: string
  /** Without its question mark. */
  readonly query: string
  /** What links begin with, unless the server was told otherwise. */
  readonly origin: string
  /** All of them, by their names in lower case. */
  readonly headers: () => Readonly<Record<string, string | readonly string[] | undefined>>
  /** A header, by its name in lower case. */
  readonly header: (name: string) => string | undefined
  /** Whether nobody waits for the answer any more. */
  readonly isGone: () => boolean
  /** The whole body; an ApiError when it is larger than 32 MiB or its client hung up. */
  readonly readBody: () => Promise<Buffer>
}

/** What links begin with where no port is. */
export const IN_PROCESS = 'http://mock.invalid'

/** A request that came to a port, and whose body is being taken. */
export interface Arriving extends Incoming {
  /** Lets go of the body, whether it was read or not. */
  readonly release: () => void
}

/** A request that came to a port; `address` is the server's own URL. An ApiError when its target is no path or no URL. */
export function fromNode(incoming: IncomingMessage, address: string): Arriving {
  const { method = 'GET', url = '' } = incoming
  const headers = headersOf(incoming)
  if (headers.host === undefined && incoming.httpVersion === '1.1')
    throw new ApiError('bad_request_line', { reason: 'An HTTP/1.1 request needs a Host header.' })
  const header = (name: string): string | undefined => {
    const value = Object.hasOwn(headers, name) ? headers[name] : undefined
    return Array.isArray(value) ? value.join(', ') : value
  }
  const { path, query } = toTarget(url)
  const body = method === 'GET' || method === 'HEAD' ? undefined : takeBody(incoming)
  return {
    method,
    path,
    query,
    origin: headers.host !== undefined && isHost(headers.host) ? `http://${headers.host}` : address,
    headers: () => headers,
    header,
    isGone: () => incoming.socket.destroyed,
    readBody: () => (body ?? takeBody(incoming)).read(),
    release: () => body?.release(),
  }
}

interface Headers {
  readonly raw: readonly string[]
  readonly byName: IncomingMessage['headers']
}

/** Characters of headers at most that are held as long as their connection is open. */
const MAX_HEADERS = 2048
const lastHeaders = new WeakMap<Socket, Headers>()

// Nearly every request of a connection has the headers of the one before it: what the journal holds of both is then the same.
function headersOf({ socket, rawHeaders, headers }: IncomingMessage): IncomingMessage['headers'] {
  const last = lastHeaders.get(socket)
  if (last !== undefined && isSame(last.raw, rawHeaders)) return last.byName
  if (rawHeaders.reduce((sum, { length }) => sum + length, 0) <= MAX_HEADERS)
    lastHeaders.set(socket, { raw: rawHeaders, byName: headers })
  return headers
}

function isSame(one: readonly string[], other: readonly string[]): boolean {
  for (let i = 0; i < one.length; i++) if (one[i] !== other[i]) return false
  return one.length === other.length
}

/** A request that was made in this process. */
export function fromWeb(request: Request): Incoming {
  const { pathname, search } = new URL(request.url)
  return {
    method: request.method,
    ...toTarget(pathname + search),
    origin: IN_PROCESS,
    headers: () => Object.fromEntries(request.headers),
    header: (name) => request.headers.get(name) ?? undefined,
    isGone: () => request.signal.aborted,
    readBody: async () => readWeb(request),
  }
}

function toTarget(url: string): { path: string; query: string } {
  const target = url.startsWith('/') ? url : absolute(url)
  const mark = target.indexOf('?')
  return { path: decodePath(mark < 0 ? target : target.slice(0, mark)), query: mark < 0 ? '' : target.slice(mark + 1) }
}

// A proxy's client writes the whole URL.
function absolute(url: string): string {
  if (!/^https?:\/\//i.test(url) || !URL.canParse(url))
    throw new ApiError('bad_request_line', { reason: 'The request target is neither a path nor an http(s) URL.' })
  const { pathname, search } = new URL(url)
  return pathname + search
}

/** A path as it is routed. %2F and %25 stay as they are, so that it keeps its segments and can be decoded once more, one segment at a time. */
export function decodePath(path: string): string {
  if (!path.includes('%')) return path
  try {
    return decodeURI(path.replaceAll('%25', '%2525'))
  } catch {
    return path
  }
}

const HOST = /^(?=.{1,260}$)(?:[a-z\d_-]+(?:\.[a-z\d_-]+)*|\[[\da-f:.]{2,45}\])(?::(\d{1,5}))?$/i

let lastHost = '' // nearly every request has the same

// A Host with other characters never reaches a link.
function isHost(text: string): boolean {
  if (text === lastHost) return true
  const match = HOST.exec(text)
  const isPlain = match !== null && Number(match[1] ?? 80) <= 65_535
  if (isPlain) lastHost = text
  return isPlain
}
