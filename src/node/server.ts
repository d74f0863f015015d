import { existsSync, readFileSync } from 'node:fs'
import { type Server, createServer, ServerResponse, STATUS_CODES } from 'node:http'
import { type AddressInfo, Socket } from 'node:net'
import type { Duplex } from 'node:stream'
import { type Http2Bindings, type HttpBindings, getRequestListener } from '@hono/node-server'
import type { ClientBindings } from '../app/client.ts'
import { type ErrorReply, ApiError } from '../errors/api-error.ts'
import type { ErrorKind } from '../errors/table.ts'
import { type Exchange, Connection } from './connection.ts'
import type { InFlight } from './in-flight.ts'
import { Incoming } from './incoming.ts'
import { isPlainHost, problemOf } from './request-checks.ts'

const SECOND = 1000
const LIMITS = {
  requireHostHeader: false, // a missing Host gets the error envelope too
  connectionsCheckingInterval: SECOND,
  headersTimeout: 20 * SECOND,
  requestTimeout: 60 * SECOND,
  keepAliveTimeout: 75 * SECOND,
}
const MAX_CONNECTIONS = 10_000
/**
 * File descriptors that connections leave to the process. It loads modules when it needs them, and one that could not
 * be read once is never loaded again.
 */
const RESERVED = 256
const LIMITS_OF_PROCESS = '/proc/self/limits'

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
  const connections = new Map<Socket, Connection>()
  const fetch = async (request: Request, { incoming, outgoing }: HttpBindings | Http2Bindings): Promise<Response> => {
    if (!(incoming instanceof Incoming && outgoing instanceof ServerResponse))
      throw new TypeError('HTTP/2 is not supported')
    if (incoming.problem !== undefined) return toResponse(refuse(incoming.problem))
    const origin = `http://${incoming.headers.host}`
    if (incoming.strangeHost !== undefined) incoming.headers.host = incoming.strangeHost.host
    await nextTurn()
    if (connections.get(incoming.socket)?.isCut(incoming) === true) return new Promise(() => {}) // fails
    incoming.isBegun = true
    return served.fetch(request, { incoming, outgoing, origin })
  }
  const respond = getRequestListener(fetch, {
    overrideGlobalObjects: isOwnProcess,
    autoCleanupIncoming: false, // it would give the rest of a body half a second; Node discards it anyway
  })
  const sharing = {
    begin: ({ incoming, outgoing }: Exchange) => void respond(incoming, outgoing),
    stalled,
    waiting: 0,
  }
  const server = createServer({ ...LIMITS, IncomingMessage: Incoming }, (incoming, outgoing) => {
    if (!isReady()) outgoing.shouldKeepAlive = false
    const connection = connections.get(incoming.socket)
    incoming.problem = prepare(incoming, server)
    connection?.add({ incoming, outgoing, onEnd: inFlight.begin() })
    if (incoming.problem !== undefined) connection?.close(outgoing)
  })
  server.maxConnections = maxConnections()
  server.on('connection', (socket: Socket) => {
    const connection = new Connection(socket, sharing)
    connections.set(socket, connection)
    socket.once('close', () => {
      connections.delete(socket)
      connection.end()
    })
  })
  server.on('checkExpectation', (incoming, outgoing) => server.emit('request', incoming, outgoing))
  server.on('clientError', (error: NodeJS.ErrnoException, socket) => {
    if (error.code === 'ECONNRESET') socket.destroy()
    else if (socket instanceof Socket) connections.get(socket)?.fail(() => writeError(error, socket, refuse))
  })
  const check = (): void => {
    const now = performance.now()
    for (const connection of connections.values()) connection.check(now)
  }
  const timer = setInterval(check, stalled / 10).unref()
  server.once('close', () => clearInterval(timer))
  return server
}

// Node can read the limit of descriptors only in a report, which takes long. Other systems than Linux have high limits.
function maxConnections(): number {
  const limits = existsSync(LIMITS_OF_PROCESS) ? readFileSync(LIMITS_OF_PROCESS, 'utf8') : ''
  const descriptors = Number(/^Max open files\s+(\d+)/m.exec(limits)?.[1] ?? Infinity)
  return Math.min(MAX_CONNECTIONS, Math.max(descriptors - RESERVED, Math.ceil(descriptors / 8)))
}

// Changes host and target of a request so that they form a URL, also if it is not valid. Returns what is wrong.
function prepare(incoming: Incoming, server: Server): ApiError | undefined {
  const { headers, url = '' } = incoming
  const problem = problemOf(incoming)
  if (!isPlainHost(headers.host)) {
    incoming.strangeHost = { host: headers.host }
    headers.host = toUrl(server.address()).slice('http://'.length)
  }
  if (problem !== undefined) {
    incoming.url = '/'
    return new ApiError('bad_request_line', { reason: problem })
  }
  if (url.startsWith('/')) incoming.url = url.replaceAll('\\', '%5C')
  else {
    const { pathname, search } = new URL(url) // the client of a proxy sends the whole URL
    incoming.url = pathname + search
  }
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
  if (!socket.writable) return // it closes after a response with `Connection: close`
  const kind = PARSER_ERRORS[error.code ?? '']
  const { status, headers, body } = refuse(
    kind === undefined
      ? new ApiError('bad_request_line', { reason: 'The request is not valid HTTP.' })
      : new ApiError(kind),
  )
  const lines = Object.entries({ ...headers, connection: 'close' }).map(([name, value]) => `${name}: ${value}\r\n`)
  socket.end(`HTTP/1.1 ${status} ${STATUS_CODES[status] ?? ''}\r\n${lines.join('')}\r\n${body}`)
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
