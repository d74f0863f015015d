import { IncomingMessage, Server, ServerResponse, STATUS_CODES } from 'node:http'
import { type AddressInfo, Socket } from 'node:net'
import type { Duplex } from 'node:stream'
import { createAdaptorServer } from '@hono/node-server'
import type { ClientBindings } from '../app/client.ts'
import { type ErrorReply, ApiError } from '../errors/api-error.ts'
import type { ErrorKind } from '../errors/table.ts'
import type { InFlight } from './in-flight.ts'

const SECOND = 1000
const LIMITS = {
  requireHostHeader: false, // a missing Host gets the error envelope too
  connectionsCheckingInterval: SECOND,
  headersTimeout: 20 * SECOND,
  requestTimeout: 60 * SECOND,
  keepAliveTimeout: 75 * SECOND,
}
const MAX_CONNECTIONS = 10_000

/** What a server needs from the mock. */
export interface Served {
  readonly fetch: (request: Request, env: ClientBindings) => Response | Promise<Response>
  /** The response to input that is not a valid request, with all headers. */
  readonly refuse: (error: ApiError) => ErrorReply
  /** False while the mock shuts down. Responses then have `Connection: close`. */
  readonly isReady: () => boolean
  /** Counts the responses that are not sent completely. */
  readonly inFlight: InFlight
  /**
   * Whether this process is the mock's own. Only then does @hono/node-server replace the global Request and Response
   * with faster ones: a fixture must not change its user's globals.
   */
  readonly isOwnProcess: boolean
  /** Milliseconds after which a client that reads nothing of a response is disconnected. Defaults to 60,000. */
  readonly stalled?: number
}

/** Creates a Node server that does not listen yet. No client can block another one. */
export function createNodeServer(served: Served): Server {
  const { refuse, isReady, inFlight, isOwnProcess, stalled = 60 * SECOND } = served
  const problems = new WeakMap<IncomingMessage, ApiError>()
  const server = createAdaptorServer({
    serverOptions: LIMITS,
    overrideGlobalObjects: isOwnProcess,
    autoCleanupIncoming: false, // it would give the rest of a body half a second; Node discards it anyway
    fetch: async (request, { incoming, outgoing }) => {
      if (!(incoming instanceof IncomingMessage && outgoing instanceof ServerResponse))
        throw new TypeError('HTTP/2 is not supported')
      const problem = problems.get(incoming)
      if (problem !== undefined) return toResponse(refuse(problem))
      const origin = `http://${incoming.headers.host}`
      if (strangeHosts.has(incoming)) incoming.headers.host = strangeHosts.get(incoming)
      await nextTurn()
      return served.fetch(request, { incoming, outgoing, origin })
    },
  })
  if (!(server instanceof Server)) throw new TypeError('HTTP/2 is not supported')
  server.maxConnections = MAX_CONNECTIONS
  const open = new Map<Socket, Set<ServerResponse>>() // a connection has several responses if requests are pipelined
  server.on('connection', (socket: Socket) => {
    const responses = new Set<ServerResponse>()
    open.set(socket, responses)
    socket.once('close', () => {
      open.delete(socket)
      // Node emits it only for the response that is being written.
      setImmediate(() => responses.forEach((outgoing) => outgoing.emit('close')))
    })
  })
  server.prependListener('request', (incoming: IncomingMessage, outgoing: ServerResponse) => {
    if (!isReady()) outgoing.shouldKeepAlive = false
    const responses = open.get(incoming.socket)
    const ended = inFlight.begin()
    responses?.add(outgoing)
    outgoing.once('close', () => {
      responses?.delete(outgoing)
      ended()
    })
    const problem = prepare(incoming, server)
    if (problem !== undefined) problems.set(incoming, new ApiError('bad_request_line', { reason: problem }))
  })
  server.on('checkExpectation', (incoming, outgoing) => server.emit('request', incoming, outgoing))
  server.on('clientError', (error: NodeJS.ErrnoException, socket) => {
    const responses = [...((socket instanceof Socket ? open.get(socket) : undefined) ?? [])]
    // Earlier requests on this connection get their responses first.
    const before = responses.filter(({ req }) => req.complete)
    let left = before.length
    const respond = (): void => writeError(error, socket, refuse)
    if (left === 0) return respond()
    for (const outgoing of before) outgoing.once('close', () => --left === 0 && respond())
  })
  dropStalled(server, open, stalled)
  return server
}

const HOST = /^(?=.{1,260}$)(?:[a-z\d_-]+(?:\.[a-z\d_-]+)*|\[[\da-f:.]{2,45}\])(?::(\d{1,5}))?$/i

/** The Host of requests whose URL has the server's address instead: it is missing, or not valid in a link. */
const strangeHosts = new WeakMap<IncomingMessage, string | undefined>()

// Changes host and target of a request so that they form a URL. Otherwise returns what is wrong.
function prepare(incoming: IncomingMessage, server: Server): string | undefined {
  const { headers, httpVersion, url = '' } = incoming
  const { host } = headers
  const match = host === undefined ? null : HOST.exec(host)
  if (match === null || Number(match[1] ?? 80) > 65_535) {
    strangeHosts.set(incoming, host)
    headers.host = toUrl(server.address()).slice('http://'.length)
  }
  incoming.url = '/'
  if (host === undefined && httpVersion === '1.1') return 'An HTTP/1.1 request must have a Host header.'
  if (url.startsWith('/')) incoming.url = url.replaceAll('\\', '%5C')
  else if (/^https?:\/\//i.test(url) && URL.canParse(url)) {
    const { pathname, search } = new URL(url) // the client of a proxy sends the whole URL
    incoming.url = pathname + search
  } else return 'The request target is neither a path nor an http(s) URL.'
  return undefined
}

function toResponse({ status, headers, body }: ErrorReply): Response {
  return new Response(body, { status, headers })
}

// Errors of Node's own HTTP parser.
const PARSER_ERRORS: Readonly<Record<string, ErrorKind>> = {
  HPE_HEADER_OVERFLOW: 'headers_too_large',
  ERR_HTTP_REQUEST_TIMEOUT: 'request_timeout',
}

function writeError(error: NodeJS.ErrnoException, socket: Duplex, refuse: Served['refuse']): void {
  if (error.code === 'ECONNRESET' || !socket.writable) return void socket.destroy()
  const kind = PARSER_ERRORS[error.code ?? '']
  const { status, headers, body } = refuse(
    kind === undefined
      ? new ApiError('bad_request_line', { reason: 'The request is not valid HTTP.' })
      : new ApiError(kind),
  )
  const lines = Object.entries({ ...headers, connection: 'close' }).map(([name, value]) => `${name}: ${value}\r\n`)
  socket.end(`HTTP/1.1 ${status} ${STATUS_CODES[status] ?? ''}\r\n${lines.join('')}\r\n${body}`)
}

// Disconnects clients that read nothing for `stalled` milliseconds, with Node's own timeout while data is waiting.
function dropStalled(server: Server, open: ReadonlyMap<Socket, ReadonlySet<ServerResponse>>, stalled: number): void {
  const waiting = new WeakSet<ServerResponse>()
  const look = (): void => {
    for (const outgoing of [...open.values()].flatMap((responses) => [...responses])) {
      const isWaiting = outgoing.writableLength > 0
      if (isWaiting === waiting.has(outgoing)) continue
      outgoing.setTimeout(isWaiting ? stalled : 0)
      if (isWaiting) waiting.add(outgoing)
      else waiting.delete(outgoing)
    }
  }
  const timer = setInterval(look, stalled / 10).unref()
  server.once('close', () => clearInterval(timer))
}

/** The URL of the address that a server listens on. If it listens on all addresses, the URL has 127.0.0.1. */
export function toUrl(address: AddressInfo | string | null): string {
  if (address === null || typeof address === 'string') throw new TypeError('the server does not listen on a port')
  const { family, port } = address
  const isAll = address.address === '0.0.0.0' || address.address === '::'
  const host = isAll ? '127.0.0.1' : family === 'IPv6' ? `[${address.address}]` : address.address
  return `http://${host}:${port}`
}

let turn: Promise<void> | undefined

/**
 * Waits for the next turn of the event loop. All requests that arrive in one turn are then handled step by step
 * together, and their responses are written one after the other. This is faster, because it makes better use of the
 * processor's caches.
 */
function nextTurn(): Promise<void> {
  turn ??= new Promise((resolve) => {
    setImmediate(() => {
      turn = undefined
      resolve()
    })
  })
  return turn
}

/** Connections that wait to be accepted. With Node's 511, some of a thousand at once must retry a second later. */
const BACKLOG = 4096

/** Listens. Rejects if the port is in use or not allowed, or if the host is not an address of this machine. */
export async function listen(server: Server, port: number, host: string): Promise<void> {
  return new Promise((resolve, reject) => {
    const refuse = (error: NodeJS.ErrnoException): void =>
      reject(new Error(reasonOf(error, port, host), { cause: error }))
    server.once('error', refuse)
    server.listen({ port, host, backlog: BACKLOG }, () => {
      server.off('error', refuse)
      resolve()
    })
  })
}

function reasonOf({ code, message }: NodeJS.ErrnoException, port: number, host: string): string {
  if (code === 'EADDRINUSE') return `port ${port} is in use on ${host}; use another port, or 0 for any free one`
  if (code === 'EACCES') return `no permission to listen on port ${port}; use a port above 1023`
  if (code === 'EADDRNOTAVAIL' || code === 'ENOTFOUND' || code === 'EAI_AGAIN')
    return `${host} is not an address of this machine; use another host`
  return message
}

/** Milliseconds for connected clients to send a last request, and for stopped streams to end. */
const LAST = 200

/**
 * Shuts a server down gracefully. Open responses get `grace` seconds. Then streams end after their last whole event,
 * and what is still open soon after is cut. Until then new connections are accepted, so that probes see that the mock
 * is not ready.
 */
export async function shutDown(
  server: Server,
  { ending, inFlight }: { readonly ending: AbortController; readonly inFlight: InFlight },
  grace: number,
): Promise<void> {
  let closing: NodeJS.Timeout | undefined
  const stop = (): void => {
    ending.abort()
    closing = setInterval(() => server.closeIdleConnections(), 20) // a connection stays open after its stream
  }
  const timers = [setTimeout(stop, grace * 1000), setTimeout(() => server.closeAllConnections(), grace * 1000 + LAST)]
  await inFlight.settled(grace)
  // Only when all is sent: Node also closes connections whose response is still on its way.
  const closed = new Promise<void>((resolve) => server.close(() => resolve()))
  await Promise.race([closed, new Promise((resolve) => setTimeout(resolve, LAST).unref())])
  await inFlight.settled(grace)
  server.closeAllConnections() // the rest has sent no request
  await closed
  ending.abort()
  timers.forEach(clearTimeout)
  clearInterval(closing)
}
