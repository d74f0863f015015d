import type { IncomingMessage } from 'node:http'

// The client at the other end of a request. This is the only file of the app that uses Node's own request and response: web
// standards can neither reset a connection nor drop the rest of a body.

/** What an app gets beside a request. */
export interface ClientBindings {
  /** Node's request, from @hono/node-server; none in process. */
  readonly incoming?: IncomingMessage
  /** What links begin with, whatever the URL of the request. */
  readonly origin?: string
  /** Called once when the answer was read to its end, or its client has disconnected. */
  readonly onEnd?: () => void
}

/** The part of a Hono context that is used here. */
interface ClientContext {
  readonly env: ClientBindings
  readonly req: { readonly raw: { readonly signal: AbortSignal } }
}

/** Whether the client has disconnected. */
export function isGone(c: ClientContext): boolean {
  return c.env.incoming?.socket.destroyed ?? c.req.raw.signal.aborted
}

/** Reads and drops what is left of the body: a client that is still sending it can then read the answer. */
export function dropBody(c: ClientContext): void {
  c.env.incoming?.resume()
}

/** Resets the connection after all that was written has left; false where there is no connection. */
export function resetConnection(c: ClientContext): boolean {
  const socket = c.env.incoming?.socket
  if (socket === undefined) return false
  if (socket.writableLength === 0) socket.resetAndDestroy()
  else socket.write('', () => socket.resetAndDestroy())
  return true
}

/** Closes the connection at once; false where there is no connection. */
export function closeConnection(c: ClientContext): boolean {
  c.env.incoming?.socket.destroy()
  return c.env.incoming !== undefined
}
