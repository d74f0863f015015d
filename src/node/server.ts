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
  requireHostHeader: false, // without a Host, HTTP/1.1 gets the error envelope too
  connectionsCheckingInterval: SECOND,
  headersTimeout: 20 * SECOND,
  requestTimeout: 60 * SECOND,
  keepAliveTimeout: 75 * SECOND,
}
const MAX_CONNECTIONS = 10_000

/** What a server serves. */
export interface Served {
  readonly fetch: (request: Request, env: ClientBindings) => Response | Promise<Response>
  /** The answer to what is not a request: an error with all headers, on the bare connection. */
  readonly refuse: (error: ApiError) => ErrorReply
  /** False while the mock ends: clients are then asked to connect again, elsewhere if there is another mock. */
  readonly isReady: () => boolean
  /** Counts the answers whose bytes have not all left. */
  readonly inFlight: InFlight
  /**
   * Whether this process is the mock's own. Only then @hono/node-server replaces its global Request and Response by faster
   * ones: a fixture must not do so to its user.
   */
  readonly isOwnProcess: boolean
  /** Milliseconds that a reader may take nothing of an answer before it is dropped; 60,000 unless it is given. */
  readonly stalled?: number
}

/** A Node server that does not listen yet. Nothing that a peer does, or fails to do, holds up another one. */
export function createNodeServer(served: Served): Server {
  const { refuse, isReady, inFlight, isOwnProcess, stalled = 60 * SECOND } = served
  const problems = new WeakMap<IncomingMessage, ApiError>()
  const server = createAdaptorServer({
    serverOptions: LIMITS,
    overrideGlobalObjects: isOwnProcess,
    autoCleanupIncoming: false, // it gives the rest of a body half a second; Node reads and drops it without
    fetch: async (request, { incoming, outgoing }) => {
      if (!(incoming instanceof IncomingMessage && outgoing instanceof ServerResponse))
        throw new TypeError('HTTP/2 is not served')
      const problem = problems.get(incoming)
      if (problem !== undefined) return toResponse(refuse(problem))
      const origin = `http://${incoming.headers.host}`
      if (strangeHosts.has(incoming)) incoming.headers.host = strangeHosts.get(incoming)
      await nextTurn()
      return served.fetch(request, { incoming, outgoing, origin })
    },
  })
  if (!(server instanceof Server)) throw new TypeError('HTTP/2 is not served')
  server.maxConnections = MAX_CONNECTIONS
  const open = new Map<Socket, Set<ServerResponse>>() // the answers of each connection: several when requests are pipelined
  server.on('connection', (socket: Socket) => {
    const answers = new Set<ServerResponse>()
    open.set(socket, answers)
    socket.once('close', () => {
      open.delete(socket)
      // Node tells only the answer that is being written.
      setImmediate(() => answers.forEach((outgoing) => outgoing.emit('close')))
    })
  })
  server.prependListener('request', (incoming: IncomingMessage, outgoing: ServerResponse) => {
    if (!isReady()) outgoing.shouldKeepAlive = false
    const answers = open.get(incoming.socket)
    const ended = inFlight.begin()
    answers?.add(outgoing)
    outgoing.once('close', () => {
      answers?.delete(outgoing)
      ended()
    })
    const problem = prepare(incoming, server)
    if (problem !== undefined) problems.set(incoming, new ApiError('bad_request_line', { reason: problem }))
  })
  server.on('checkExpectation', (incoming, outgoing) => server.emit('request', incoming, outgoing))
  server.on('clientError', (error: NodeJS.ErrnoException, socket) => {
    const answers = [...((socket instanceof Socket ? open.get(socket) : undefined) ?? [])]
    // What was requested before it on this connection is answered first.
    const before = answers.filter(({ req }) => req.complete)
    let left = before.length
    const answer = (): void => writeError(error, socket, refuse)
    if (left === 0) return answer()
    for (const outgoing of before) outgoing.once('close', () => --left === 0 && answer())
  })
  dropStalled(server, open, stalled)
  return server
}

const HOST = /^(?=.{1,260}$)(?:[a-z\d_-]+(?:\.[a-z\d_-]+)*|\[[\da-f:.]{2,45}\])(?::(\d{1,5}))?$/i

/** The Host of the requests whose URL has the server's own address instead: it is missing, or has characters that no link can hold. */
const strangeHosts = new WeakMap<IncomingMessage, string | undefined>()

// Makes the target of a request one that a URL can be made of, or says what is wrong with it.
function prepare(incoming: IncomingMessage, server: Server): string | undefined {
  const { headers, httpVersion, url = '' } = incoming
  const { host } = headers
  const match = host === undefined ? null : HOST.exec(host)
  if (match === null || Number(match[1] ?? 80) > 65_535) {
    strangeHosts.set(incoming, host)
    headers.host = toUrl(server.address()).slice('http://'.length)
  }
  incoming.url = '/'
  if (host === undefined && httpVersion === '1.1') return 'An HTTP/1.1 request needs a Host header.'
  if (url.startsWith('/')) incoming.url = url.replaceAll('\\', '%5C')
  else if (/^https?:\/\//i.test(url) && URL.canParse(url)) {
    const { pathname, search } = new URL(url) // the client of a proxy writes the whole URL
    incoming.url = pathname + search
  } else return 'The request target is neither a path nor an http(s) URL.'
  return undefined
}

function toResponse({ status, headers, body }: ErrorReply): Response {
  return new Response(body, { status, headers })
}

// What Node's own parser rejects never becomes a request.
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

// A reader that takes nothing for so long loses its connection. Node's own timeout counts it, while there is something to take.
function dropStalled(server: Server, open: ReadonlyMap<Socket, ReadonlySet<ServerResponse>>, stalled: number): void {
  const waiting = new WeakSet<ServerResponse>()
  const look = (): void => {
    for (const outgoing of [...open.values()].flatMap((answers) => [...answers])) {
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

/** The URL of an address that a server listens on; of all addresses, this machine's own. */
export function toUrl(address: AddressInfo | string | null): string {
  if (address === null || typeof address === 'string') throw new TypeError('the server listens on no port')
  const { family, port } = address
  const isAll = address.address === '0.0.0.0' || address.address === '::'
  const host = isAll ? '127.0.0.1' : family === 'IPv6' ? `[${address.address}]` : address.address
  return `http://${host}:${port}`
}

let turn: Promise<void> | undefined

/**
 * The next turn of the event loop, the same for all requests that came in one turn. They are then answered step by step
 * together, and written one after the other: between two system calls the processor keeps what it has learnt of our code.
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

/** Connections that wait to be taken; of a thousand at once, Node's 511 lets the rest try again a second later. */
const BACKLOG = 4096

/** Listens; an Error says that the port is in use, not allowed, or that the host is not an address of this machine. */
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
  if (code === 'EADDRINUSE') return `port ${port} is in use on ${host}; choose another port, or 0 for any free one`
  if (code === 'EACCES') return `port ${port} may not be opened; choose one above 1023`
  if (code === 'EADDRNOTAVAIL' || code === 'ENOTFOUND' || code === 'EAI_AGAIN')
    return `${host} is no address of this machine; choose another host`
  return message
}

/** Milliseconds that connected clients still have to send a request, and a stopped stream to end. */
const LAST = 200

/**
 * Ends a server gracefully. Open answers get `grace` seconds; then streams end after their last whole event, and what is open
 * a moment later is cut. Meanwhile new connections are answered: a probe learns that the mock is not ready.
 */
export async function shutDown(
  server: Server,
  { ending, inFlight }: { readonly ending: AbortController; readonly inFlight: InFlight },
  grace: number,
): Promise<void> {
  let closing: NodeJS.Timeout | undefined
  const stop = (): void => {
    ending.abort()
    closing = setInterval(() => server.closeIdleConnections(), 20) // a stream that ends leaves its connection open
  }
  const timers = [setTimeout(stop, grace * 1000), setTimeout(() => server.closeAllConnections(), grace * 1000 + LAST)]
  await inFlight.settled(grace)
  // Not before all is sent: Node closes what it calls idle, though an answer may be on its way.
  const closed = new Promise<void>((resolve) => server.close(() => resolve()))
  await Promise.race([closed, new Promise((resolve) => setTimeout(resolve, LAST).unref())])
  await inFlight.settled(grace)
  server.closeAllConnections() // what is left has sent no request
  await closed
  ending.abort()
  timers.forEach(clearTimeout)
  clearInterval(closing)
}
