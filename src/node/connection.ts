import type { ServerResponse } from 'node:http'
import type { Socket } from 'node:net'
import { type Incoming, stopReading } from './incoming.ts'

/** Requests of one connection that are answered at the same time. While more have arrived, it is not read. */
const MAX_ANSWERED = 16
/** Requests of all connections that wait until others of their connection are answered. */
const MAX_WAITING = 20_000
/** A connection that is not read hides that its client has gone. It may stay so for this many times `stalled`. */
const PATIENCE = 10

/** A request with its response. */
export interface Exchange {
  readonly incoming: Incoming
  readonly outgoing: ServerResponse
  /** Called when the response is sent, or the connection is closed. */
  readonly onEnd: () => void
}

/** What the connections of one server share. */
export interface Sharing {
  /** Passes a request to the app. */
  readonly begin: (exchange: Exchange) => void
  /** Milliseconds after which a client that reads nothing of a response is disconnected. */
  readonly stalled: number
  /** Requests that wait, of all connections. */
  waiting: number
}

/** A connection with its requests. A client that pipelines has several at once; they are answered in order. */
export class Connection {
  readonly #socket: Socket
  readonly #sharing: Sharing
  readonly #answered = new Map<ServerResponse, Exchange>()
  readonly #waiting: Exchange[] = []
  #readAgain: (() => void) | undefined
  /** Whether no further request is answered: one was not valid, and what follows it may be a part of it. */
  #isClosing = false
  #lastEnd = 0
  #sent = 0
  #unsent = 0
  #lastRead = 0

  constructor(socket: Socket, sharing: Sharing) {
    this.#socket = socket
    this.#sharing = sharing
  }

  /** Passes a request to the app when its turn comes. */
  add(exchange: Exchange): void {
    if (this.#isClosing) return exchange.onEnd()
    if (this.#answered.size < MAX_ANSWERED) return this.#begin(exchange)
    if (this.#sharing.waiting >= MAX_WAITING) {
      exchange.onEnd()
      return void this.#socket.destroy()
    }
    this.#sharing.waiting++
    this.#waiting.push(exchange)
    this.#lastEnd ||= performance.now()
    this.#readAgain ??= stopReading(this.#socket)
  }

  /** Closes the connection after the response to the last request that was added. */
  close(outgoing: ServerResponse): void {
    outgoing.shouldKeepAlive = false
    this.#isClosing = true
  }

  /**
   * Handles bytes that are not HTTP, or that do not arrive in time. Calls back when the earlier requests are answered,
   * and the one that is not complete if its response does not need the rest of it.
   */
  fail(refuse: () => void): void {
    if (this.#isClosing) return
    this.#isClosing = true
    if (this.#waiting.at(-1)?.incoming.complete === false) this.#drop(this.#waiting.length - 1)
    const before = [...this.#answered.values(), ...this.#waiting].filter(({ incoming, outgoing }) => {
      if (incoming.complete || outgoing.headersSent) return true
      const isRead = incoming.listenerCount('data') > 0
      if (incoming.isBegun && !isRead) incoming.push(null) // in case that it is read later
      return incoming.isBegun && !isRead
    })
    let left = before.length
    if (left === 0) return refuse()
    for (const { outgoing } of before) outgoing.once('close', () => --left === 0 && refuse())
  }

  /** Whether the app must not receive a request, because the connection failed before. */
  isCut({ complete }: Incoming): boolean {
    return this.#isClosing && !complete
  }

  /** Called when the connection is closed. */
  end(): void {
    this.#drop(0)
    // Node emits it only for the response that is being written.
    const open = [...this.#answered.keys()]
    setImmediate(() => open.forEach((outgoing) => outgoing.emit('close')))
  }

  /** Disconnects the client if it has read nothing for `stalled` milliseconds although data is waiting for it. */
  check(now: number): void {
    const { bytesWritten, writableLength } = this.#socket
    const unsent = unsentOf(this.#socket)
    const { stalled } = this.#sharing
    const sent = bytesWritten - writableLength
    if (writableLength === 0 || sent !== this.#sent || unsent !== this.#unsent) this.#lastRead = now
    else if (now - this.#lastRead >= stalled) this.#socket.destroy()
    this.#sent = sent
    this.#unsent = unsent
    if (this.#readAgain !== undefined && now - this.#lastEnd >= PATIENCE * stalled) this.#socket.destroy()
  }

  #begin(exchange: Exchange): void {
    const { outgoing, onEnd } = exchange
    this.#answered.set(outgoing, exchange)
    outgoing.once('close', () => {
      this.#answered.delete(outgoing)
      onEnd()
      if (this.#readAgain !== undefined) this.#beginNext()
    })
    this.#sharing.begin(exchange)
  }

  #beginNext(): void {
    this.#lastEnd = performance.now()
    const next = this.#waiting.shift()
    if (next !== undefined) {
      this.#sharing.waiting--
      this.#begin(next)
    }
    if (this.#waiting.length > 0) return
    this.#readAgain?.()
    this.#readAgain = undefined
  }

  #drop(from: number): void {
    for (const { onEnd } of this.#waiting.splice(from)) {
      this.#sharing.waiting--
      onEnd()
    }
  }
}

// Bytes of the current write that the client's system has not accepted. Only Node's handle of a socket knows it, and
// a response in one piece is one write, which a slow client may need minutes for.
function unsentOf(socket: Socket): number {
  const handle: unknown = Reflect.get(socket, '_handle')
  const size: unknown = typeof handle === 'object' && handle !== null ? Reflect.get(handle, 'writeQueueSize') : 0
  return typeof size === 'number' ? size : 0
}
