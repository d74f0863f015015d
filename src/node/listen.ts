import type { Server } from 'node:http'
import type { InFlight } from './in-flight.ts'

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
