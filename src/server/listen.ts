import type { IncomingMessage, Server, ServerResponse } from 'node:http'
import { createServer as createHttpServer, STATUS_CODES } from 'node:http'
import type { AddressInfo } from 'node:net'
import type { Duplex } from 'node:stream'
import { getRequestListener } from '@hono/node-server'
import type { Hono } from 'hono'
import type { ErrorKind } from '../reply/error.ts'
import { ApiError, errorReply } from '../reply/error.ts'
import type { Reply } from '../reply/reply.ts'
import type { Env } from './incoming.ts'
import { isHost } from './incoming.ts'
import { createRequestId } from './request-id.ts'
import { toResponse } from './write.ts'

const SECOND = 1000

/** An HTTP server for an app; nothing that a peer does, or fails to do, holds it up. */
export function createServer(app: Hono<Env>, version: string): Server {
  const never = new AbortController().signal
  const refuse = async (error: unknown): Promise<Response> => toResponse(withIds(errorReply(toApiError(error)), version), { timer: async () => {}, ending: never }, never)
  let address = ''
  const answer = getRequestListener(async (request, env) => app.fetch(request, 'incoming' in env ? { incoming: env.incoming, outgoing: env.outgoing, address } : {}), { overrideGlobalObjects: false, errorHandler: refuse })
  const listener = (incoming: IncomingMessage, outgoing: ServerResponse): void => void answer(withHost(incoming, new URL(address).host), outgoing)
  const server = createHttpServer({ requireHostHeader: false, connectionsCheckingInterval: SECOND, headersTimeout: 20 * SECOND, requestTimeout: 60 * SECOND, keepAliveTimeout: 75 * SECOND }, listener)
  server.maxConnections = 10_000
  server.on('listening', () => (address = toUrl(server.address())))
  server.on('checkExpectation', listener)
  server.on('clientError', (error, socket) => refuseSocket(error, socket, version))
  return server
}

/** The URL of an address that a server listens on; of all addresses, this machine's own. */
export function toUrl(address: AddressInfo | string | null): string {
  if (address === null || typeof address === 'string') throw new TypeError('the server listens on no port')
  const { family, port } = address
  const host = address.address === '0.0.0.0' || address.address === '::' ? '127.0.0.1' : family === 'IPv6' ? `[${address.address}]` : address.address
  return `http://${host}:${port}`
}

function withIds(reply: Reply, version: string): Reply {
  const id = createRequestId()
  return { ...reply, headers: { ...reply.headers, 'x-request-id': id, 'x-oneapi-request-id': id, 'x-mock-version': version } }
}

function toApiError(error: unknown): ApiError {
  return error instanceof ApiError ? error : new ApiError('bad_request_line', { reason: 'The request cannot be read: its method, URL or Host is not valid.' })
}

// A Host that is no plain host[:port] must reach neither a URL nor a link: the address takes its place. HTTP/1.0 has none.
function withHost(incoming: IncomingMessage, address: string): IncomingMessage {
  const { headers } = incoming
  if (headers.host === undefined || !isHost(headers.host)) headers.host = address
  return incoming
}

// What Node's own parser refuses never becomes a request; it is answered on the bare socket.
const PARSER_ERRORS: Readonly<Record<string, ErrorKind>> = { HPE_HEADER_OVERFLOW: 'headers_too_large', ERR_HTTP_REQUEST_TIMEOUT: 'request_timeout' }

function refuseSocket(error: NodeJS.ErrnoException, socket: Duplex, version: string): void {
  if (error.code === 'ECONNRESET' || !socket.writable) return void socket.destroy()
  const kind = PARSER_ERRORS[error.code ?? '']
  const { status, headers, body } = withIds(errorReply(kind === undefined ? toApiError(error) : new ApiError(kind)), version)
  const text = typeof body === 'string' ? body : ''
  const lines = Object.entries({ ...headers, 'content-length': Buffer.byteLength(text), connection: 'close' }).map(([name, value]) => `${name}: ${value}\r\n`)
  socket.end(`HTTP/1.1 ${status} ${STATUS_CODES[status] ?? ''}\r\n${lines.join('')}\r\n${text}`)
}
