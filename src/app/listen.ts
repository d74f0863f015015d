import type { IncomingMessage, Server, ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import type { Duplex } from 'node:stream'
import type { ErrorKind } from '../errors/table.ts'
import { ApiError } from '../errors/api-error.ts'
import type { App } from './app.ts'
import type { Arriving } from './incoming.ts'
import { fromNode } from './incoming.ts'
import { nextTurn } from './next-turn.ts'
import type { Pacing } from './write.ts'
import { writeNode } from './write.ts'

const SECOND = 1000

/** An HTTP server for an app; nothing that a peer does, or fails to do, holds it up. `begin` is told of each answer that begins, and what it gives when all of that was sent. */
export async function createServer(
  app: App,
  pacing: Pacing,
  begin: (outgoing: ServerResponse) => () => void,
): Promise<Server> {
  const http = await import('node:http') // which a mock without a port never loads
  let address = ''
  const respond = async (incoming: IncomingMessage, outgoing: ServerResponse): Promise<void> => {
    let request: Arriving
    try {
      request = fromNode(incoming, address)
    } catch (error) {
      await writeNode(app.refuse(error), outgoing, pacing)
      return
    }
    await nextTurn()
    await app.handle(request, (reply) => {
      request.release() // an answer may wait for long
      return writeNode(reply, outgoing, pacing)
    })
  }
  const answer = async (incoming: IncomingMessage, outgoing: ServerResponse): Promise<void> => {
    const ended = begin(outgoing)
    try {
      await respond(incoming, outgoing)
    } catch (error) {
      app.onFault(error)
      outgoing.destroy()
    }
    whenSent(incoming, outgoing, ended)
  }
  const onRequest = (incoming: IncomingMessage, outgoing: ServerResponse): void => void answer(incoming, outgoing)
  const server = http.createServer(
    {
      requireHostHeader: false,
      connectionsCheckingInterval: SECOND,
      headersTimeout: 20 * SECOND,
      requestTimeout: 60 * SECOND,
      keepAliveTimeout: 75 * SECOND,
    },
    onRequest,
  )
  server.maxConnections = 10_000
  server.on('listening', () => (address = toUrl(server.address())))
  server.on('checkExpectation', onRequest)
  // Behind the answers to what came before, which have their turn first.
  server.on('clientError', (error, socket) =>
    setImmediate(() => setImmediate(() => refuse(error, socket, { app, reasons: http.STATUS_CODES }))),
  )
  return server
}

// Calls back when the last byte has left this process, or nobody takes it any more; of most answers that is at once.
function whenSent({ socket }: IncomingMessage, outgoing: ServerResponse, sent: () => void): void {
  if (outgoing.writableLength === 0 || socket.destroyed) return sent()
  const done = (): void => {
    outgoing.off('close', done)
    socket.off('close', done) // of a pipelined request's answer, the socket closes and the answer does not
    sent()
  }
  outgoing.once('close', done)
  socket.setMaxListeners(0) // it may have many requests pipelined
  socket.once('close', done)
}

/** The URL of an address that a server listens on; of all addresses, this machine's own. */
export function toUrl(address: AddressInfo | string | null): string {
  if (address === null || typeof address === 'string') throw new TypeError('the server listens on no port')
  const { family, port } = address
  const host =
    address.address === '0.0.0.0' || address.address === '::'
      ? '127.0.0.1'
      : family === 'IPv6'
        ? `[${address.address}]`
        : address.address
  return `http://${host}:${port}`
}

// What Node's own parser refuses never becomes a request; it is answered on the bare socket.
const PARSER_ERRORS: Readonly<Record<string, ErrorKind>> = {
  HPE_HEADER_OVERFLOW: 'headers_too_large',
  ERR_HTTP_REQUEST_TIMEOUT: 'request_timeout',
}

function refuse(
  error: NodeJS.ErrnoException,
  socket: Duplex,
  { app, reasons }: { readonly app: App; readonly reasons: Readonly<Record<number, string | undefined>> },
): void {
  if (error.code === 'ECONNRESET' || !socket.writable) return void socket.destroy()
  const kind = PARSER_ERRORS[error.code ?? '']
  const { status, headers, body } = app.refuse(
    kind === undefined
      ? new ApiError('bad_request_line', { reason: 'The request is not valid HTTP.' })
      : new ApiError(kind),
  )
  const text = typeof body === 'string' ? body : ''
  const lines = Object.entries({ ...headers, 'content-length': Buffer.byteLength(text), connection: 'close' }).map(
    ([name, value]) => `${name}: ${value}\r\n`,
  )
  socket.end(`HTTP/1.1 ${status} ${reasons[status] ?? ''}\r\n${lines.join('')}\r\n${text}`)
}
