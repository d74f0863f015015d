import type { IncomingMessage, ServerResponse } from 'node:http'
import { setTimeout as sleep } from 'node:timers/promises'
import type { AppContext } from './context.ts'

// The client of a request. No other file of the app uses Node's own request and response. It needs them because web
// standards can neither reset a connection nor discard the rest of a body, and reading headers costs a Headers object.

/** What the app receives with a Request, as `c.env`. */
export interface ClientBindings {
  /** Node's request and response, from @hono/node-server. Undefined in process. */
  readonly incoming?: IncomingMessage
  readonly outgoing?: ServerResponse
  /** What links begin with. Defaults to the origin of the request's URL. */
  readonly origin?: string
  /** Called once: when the response has been read to its end, or when the client has disconnected. */
  readonly onEnd?: () => void
}

/** Whether the client has disconnected. */
export function isGone(c: AppContext): boolean {
  return c.env.incoming?.socket.destroyed ?? c.req.raw.signal.aborted
}

/** The headers of a request, by name in lower case. */
export function headersOf(c: AppContext): Readonly<Record<string, string | readonly string[] | undefined>> {
  return c.env.incoming?.headers ?? Object.fromEntries(c.req.raw.headers)
}

/** Discards the rest of the body: a client that is still sending can then read the response. */
export function dropBody(c: AppContext): void {
  c.env.incoming?.resume()
}

/** Resets the connection, after the part of the response that `wasWritten` is sent. False if there is no connection. */
export async function resetConnection(c: AppContext, wasWritten: boolean): Promise<boolean> {
  const { incoming, outgoing } = c.env
  if (incoming === undefined || outgoing === undefined) return false
  // @hono/node-server reads the first two parts of a stream before it sends the headers.
  const isPending = (): boolean => wasWritten && (!outgoing.headersSent || outgoing.writableLength > 0)
  while (isPending() && !incoming.socket.destroyed) await sleep(1)
  incoming.socket.resetAndDestroy()
  return true
}

/** Closes the connection at once. Returns false if there is no connection. */
export function closeConnection(c: AppContext): boolean {
  c.env.incoming?.socket.destroy()
  return c.env.incoming !== undefined
}
