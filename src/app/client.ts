import type { IncomingMessage, ServerResponse } from 'node:http'
import { setTimeout as sleep } from 'node:timers/promises'
import type { AppContext } from './context.ts'

// The client at the other end of a request. This is the only file of the app that uses Node's own request and response: web
// standards can neither reset a connection nor drop the rest of a body, and list headers at the cost of a Headers object.

/** What an app gets beside a request. */
export interface ClientBindings {
  /** Node's two objects, from @hono/node-server; none in process. */
  readonly incoming?: IncomingMessage
  readonly outgoing?: ServerResponse
  /** What links begin with, whatever the URL of the request. */
  readonly origin?: string
  /** Called once when the answer was read to its end, or its client has disconnected. */
  readonly onEnd?: () => void
}

/** Whether the client has disconnected. */
export function isGone(c: AppContext): boolean {
  return c.env.incoming?.socket.destroyed ?? c.req.raw.signal.aborted
}

/** The headers of a request, by their names in lower case. */
export function headersOf(c: AppContext): Readonly<Record<string, string | readonly string[] | undefined>> {
  return c.env.incoming?.headers ?? Object.fromEntries(c.req.raw.headers)
}

/** Reads and drops what is left of the body: a client that is still sending it can then read the answer. */
export function dropBody(c: AppContext): void {
  c.env.incoming?.resume()
}

/** Resets the connection, when the part of the answer that was written before has left; false where there is no connection. */
export async function resetConnection(c: AppContext, wasWritten: boolean): Promise<boolean> {
  const { incoming, outgoing } = c.env
  if (incoming === undefined || outgoing === undefined) return false
  // @hono/node-server takes the first two parts of a stream before it sends its head.
  const isPending = (): boolean => wasWritten && (!outgoing.headersSent || outgoing.writableLength > 0)
  while (isPending() && !incoming.socket.destroyed) await sleep(1)
  incoming.socket.resetAndDestroy()
  return true
}

/** Closes the connection at once; false where there is no connection. */
export function closeConnection(c: AppContext): boolean {
  c.env.incoming?.socket.destroy()
  return c.env.incoming !== undefined
}
