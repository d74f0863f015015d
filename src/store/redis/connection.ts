import { setTimeout as wait } from 'node:timers/promises'
import type { createClient } from '@redis/client'
import { StoreUnavailable } from '../store.ts'

/** The part of a client of @redis/client that is used here. */
type Client = Pick<ReturnType<typeof createClient>, 'isReady' | 'connect' | 'sendCommand' | 'destroy' | 'on'>

/** What a Connection needs. */
export interface ConnectionOptions {
  /** Creates a client that reconnects by itself and rejects commands while it is not connected. */
  readonly createClient: () => Client
  /** Whether an error is a reply of the store. */
  readonly isReply: (error: unknown) => boolean
  /** URL of the store, without credentials. */
  readonly location: string
  /** Called once when the store has been unreachable for a second, or rejects commands. */
  readonly onLost: (error: StoreUnavailable) => void
}

/**
 * A second: how long commands wait for a broken connection, and how long a store may reply to nothing. Counted in
 * ticks of 250 ms, because a process that was blocked for a second counts only one.
 */
const [TICK, TICKS] = [250, 4]
/** How often a command is sent when its connection breaks. */
const TRIES = 5

/** Error replies of a store that is reachable but does not work. */
const REFUSALS =
  /\b(?:LOADING|BUSY|MASTERDOWN|READONLY|OOM|MISCONF|NOREPLICAS|CLUSTERDOWN|NOAUTH|NOPERM|WRONGPASS|UNKILLABLE|WRONGTYPE)\b/

/**
 * A connection to a store. The client of @redis/client reconnects by itself, and replaces a connection on which
 * nothing happens. This class adds what the client does not do:
 *
 * - If a connection breaks, it sends the command again. So each command must be idempotent.
 * - When the store replies to no command for a second, all of them fail. The client has no timeout for sent commands.
 * - When the store is unreachable for more than a second, commands fail at once. Shorter failures are not reported.
 */
export class Connection {
  readonly #options: ConnectionOptions
  /** Undefined after `close`. */
  #client: Client | undefined
  /** Set while the client is not ready. Settles when it is ready again, or after a second: then the store is lost. */
  #recovery: Promise<void> | undefined
  #recovered = new AbortController()
  #reason = 'no reply'
  #reported = ''
  #pending = 0
  #silentTicks = 0
  #timer: NodeJS.Timeout | undefined

  constructor(options: ConnectionOptions) {
    this.#options = options
  }

  /** Connects. Resolves when the store has replied, or after a second; it keeps trying in the background. */
  async open(): Promise<void> {
    this.#connect()
    this.#recovery = this.#recover()
    await this.send(['PING']).catch(() => {}) // the error has been reported
  }

  /** Sends a command and returns its reply. Rejects with StoreUnavailable or with the store's error. */
  async send(args: readonly (string | Buffer)[], options?: object): Promise<unknown> {
    for (let tries = 1; ; tries++) {
      const client = this.#client
      if (client === undefined) return this.#sendAfterClose(args, options)
      if (!client.isReady) await this.#recovery
      if (!client.isReady && client === this.#client) throw this.#unavailable()
      this.#pending++
      this.#timer ??= setInterval(() => this.#tick(), TICK)
      try {
        return await client.sendCommand(args, options)
      } catch (error) {
        if (this.#options.isReply(error)) throw this.#toRefusal(error)
        const wasSilent = this.#client !== undefined && this.#client !== client
        if (tries === TRIES || wasSilent) throw this.#unavailable()
      } finally {
        this.#silentTicks = 0
        if (--this.#pending === 0) {
          clearInterval(this.#timer)
          this.#timer = undefined
        }
      }
    }
  }

  /** Closes the connection. Each later command opens a connection of its own. */
  close(): void {
    const client = this.#client
    this.#client = undefined
    this.#recovered.abort()
    client?.destroy()
  }

  #connect(): void {
    const client = this.#options.createClient()
    this.#client = client
    client.on('ready', () => {
      if (client !== this.#client) return client.destroy() // it was destroyed while it connected, and does not notice
      this.#recovered.abort()
      this.#recovery = undefined
      this.#reported = ''
    })
    client.on('error', (error) => {
      if (client !== this.#client || client.isReady) return
      this.#reason = reasonOf(error)
      this.#recovery ??= this.#recover()
    })
    void client.connect().catch(() => {}) // the event has the error
  }

  async #recover(): Promise<void> {
    this.#recovered = new AbortController()
    const { signal } = this.#recovered
    for (let i = 0; i < TICKS; i++) await wait(TICK, undefined, { signal }).catch(() => {})
    if (!signal.aborted) this.#report(this.#unavailable())
  }

  #tick(): void {
    if (++this.#silentTicks < TICKS) return
    this.#reason = `no reply for ${(TICK * TICKS) / 1000} s`
    const silent = this.#client
    this.#connect()
    this.#recovery = Promise.resolve() // no command waits for another second
    silent?.destroy() // rejects its commands
    this.#report(this.#unavailable())
  }

  async #sendAfterClose(args: readonly (string | Buffer)[], options?: object): Promise<unknown> {
    const connection = new Connection({ ...this.#options, onLost: () => {} })
    try {
      await connection.open()
      return await connection.send(args, options)
    } finally {
      connection.close()
    }
  }

  #unavailable(): StoreUnavailable {
    return new StoreUnavailable(`the store at ${this.#options.location} cannot be reached: ${this.#reason}`)
  }

  #toRefusal(error: unknown): unknown {
    const reason = reasonOf(error).replace(/ script: .*/s, '') // without the hash of the script
    if (!REFUSALS.test(reason)) return error
    const refusal = new StoreUnavailable(`the store at ${this.#options.location} rejects commands: ${reason}`)
    this.#report(refusal)
    return refusal
  }

  #report(error: StoreUnavailable): void {
    if (error.message === this.#reported) return
    this.#reported = error.message
    this.#options.onLost(error)
  }
}

function reasonOf(error: unknown): string {
  if (error instanceof AggregateError) return error.errors.map(reasonOf).join(', ').slice(0, 300)
  return (error instanceof Error ? error.message : String(error)).slice(0, 300)
}
