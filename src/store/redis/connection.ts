import { setTimeout as wait } from 'node:timers/promises'
import type { createClient } from '@redis/client'
import { StoreUnavailable } from '../store.ts'

/** The part of a client of @redis/client that is used here. */
type Client = Pick<ReturnType<typeof createClient>, 'isReady' | 'connect' | 'sendCommand' | 'destroy' | 'on'>

type Args = readonly (string | Buffer)[]

/** Makes the arguments of a command, for each attempt. It must not run later than after these milliseconds. */
export type ToArgs = (timeToRun: number) => Args

/** Sends a command and returns its reply. */
export type Send = (toArgs: ToArgs) => Promise<unknown>

/** What a Connection needs. */
export interface ConnectionOptions {
  /** Creates a client that reconnects by itself and rejects commands while it is not connected. */
  readonly createClient: () => Client
  /** Whether an error is a reply of the store. */
  readonly isReply: (error: unknown) => boolean
  /** URL of the store, without credentials. */
  readonly location: string
  /** Checks the store: with the first commands of a connection, before all others, and every two seconds. */
  readonly greet: (send: Send) => Promise<void>
  /** Called once when the store has been unreachable for a second, or rejects commands. */
  readonly onLost: (error: StoreUnavailable) => void
  /** Called when a store that was lost replies again. */
  readonly onBack: (message: string) => void
}

/** How one command is sent. */
export interface SendOptions {
  /** The command options of @redis/client. */
  readonly command?: object | undefined
  /** Called before `send` rejects if the store may have run the command. */
  readonly onAbandoned?: (() => void) | undefined
}

interface Pending {
  /** Number of ticks from which it can be abandoned. */
  readonly until: number
  readonly reject: (error: StoreUnavailable) => void
}

/**
 * A second: how long commands wait for a broken connection, and for a store that does not reply. Counted in ticks,
 * because a process that was blocked for a second counts only one.
 */
const [TICK, TICKS] = [100, 10]
/** Milliseconds after which a command must not run any more, and those until it is abandoned: more than one tick. */
const [TIME_TO_RUN, MARGIN] = [850, 150]
/** Milliseconds between two greetings. The client replaces a connection without any traffic. */
const HEARTBEAT = 2000
/** How often a command is sent when its connection breaks. */
const TRIES = 5

/** Error replies of a store that is reachable but does not work. */
const REFUSALS =
  /\b(?:LOADING|BUSY|MASTERDOWN|READONLY|OOM|MISCONF|NOREPLICAS|CLUSTERDOWN|NOAUTH|NOPERM|WRONGPASS|UNKILLABLE|WRONGTYPE)\b/

/**
 * A connection to a store. The client of @redis/client reconnects by itself, and replaces a connection on which
 * nothing happens. This class adds what the client does not do:
 *
 * - Each connection begins with a greeting, and serves commands when the greeting has succeeded.
 * - If a connection breaks, it sends the command again. So each command must be idempotent.
 * - A command fails when it is a second old and the store has replied to none for a second. The client has no timeout
 *   for sent commands. Further commands fail at once, until the store replies. Under load, a command
 *   has twice the time that the last reply took.
 * - When the store is unreachable for more than a second, commands fail at once. Shorter failures are not reported.
 */
export class Connection {
  readonly #options: ConnectionOptions
  /** Undefined after `close`. */
  #client: Client | undefined
  /** Whether the client has greeted the store, and the store replies. */
  #isServing = false
  /** Whether the client waits for a store that has not replied for a second. */
  #isStalled = false
  /** Set while the client is not serving. Settles when it is again, or after a second: then the store is lost. */
  #recovery: Promise<void> | undefined
  #recovered = new AbortController()
  #reason = 'cannot be reached: no reply'
  #reported = ''
  readonly #pending = new Set<Pending>()
  #ticks = 0
  #lastReply = 0
  /** Milliseconds from the last command that has a reply to this reply. */
  #latency = 0
  #timer: NodeJS.Timeout | undefined
  #heartbeat: NodeJS.Timeout | undefined

  constructor(options: ConnectionOptions) {
    this.#options = options
  }

  /** Connects. Resolves when the store was greeted, or after a second; it keeps trying in the background. */
  async open(): Promise<void> {
    this.#connect()
    this.#heartbeat = setInterval(() => void this.#greetAgain(), HEARTBEAT).unref()
    this.#recovery ??= this.#recover()
    await this.#recovery
  }

  /** Sends a command and returns its reply. Rejects with StoreUnavailable or with the store's error. */
  async send(toArgs: ToArgs, { command, onAbandoned }: SendOptions = {}): Promise<unknown> {
    let mayHaveRun = false
    for (let tries = 1; tries <= TRIES; tries++) {
      if (!this.#isServing && this.#client !== undefined) await this.#recovery
      const client = this.#client
      if (client === undefined) return this.#sendAfterClose(toArgs, { command, onAbandoned })
      if (!this.#isServing) break
      try {
        return await this.#sendTo(client, toArgs, command)
      } catch (error) {
        if (this.#options.isReply(error)) throw this.#toRefusal(error)
        mayHaveRun = true
        if (error instanceof StoreUnavailable) break
      }
    }
    if (mayHaveRun) onAbandoned?.()
    throw this.#unavailable()
  }

  /** Closes the connection. Each later command opens a connection of its own. */
  close(): void {
    const client = this.#client
    this.#client = undefined
    this.#isServing = false
    clearInterval(this.#heartbeat)
    this.#recovered.abort()
    client?.destroy()
  }

  #connect(): void {
    const client = this.#options.createClient()
    this.#client = client
    this.#isStalled = false
    client.on('ready', () => {
      if (client !== this.#client) return client.destroy() // it was destroyed while it connected, and does not notice
      void this.#greet(client)
    })
    client.on('error', (error) => {
      if (client === this.#client && !client.isReady) this.#stopServing(`cannot be reached: ${reasonOf(error)}`)
    })
    void client.connect().catch(() => {}) // the event has the error
  }

  #stopServing(reason: string): void {
    this.#isServing = false
    this.#reason = reason
    this.#recovery ??= this.#recover()
  }

  // Serves commands when the greeting has succeeded. Repeats one that the store rejects, as while it loads its data.
  async #greet(client: Client): Promise<void> {
    while (client === this.#client && client.isReady) {
      try {
        await this.#options.greet(async (toArgs) => client.sendCommand(toArgs(TIME_TO_RUN)))
        if (client !== this.#client || !client.isReady) return
        this.#isServing = true
        this.#recovery = undefined
        this.#recovered.abort()
        return this.#reportBack()
      } catch (error) {
        if (!this.#options.isReply(error)) return // the client reconnects
        this.#stopServing(`rejects commands: ${replyOf(error)}`)
        await wait(TICK, undefined, { ref: false })
      }
    }
  }

  async #greetAgain(): Promise<void> {
    if (!this.#isServing) return
    try {
      await this.#options.greet(async (toArgs) => this.send(toArgs))
      this.#reportBack()
    } catch {} // has been reported
  }

  async #recover(): Promise<void> {
    this.#recovered = new AbortController()
    const { signal } = this.#recovered
    for (let i = 0; i < TICKS; i++) await wait(TICK, undefined, { signal }).catch(() => {})
    if (!signal.aborted) this.#report(this.#unavailable())
  }

  async #sendTo(client: Client, toArgs: ToArgs, command: object | undefined): Promise<unknown> {
    return new Promise((resolve, reject) => {
      const sent = performance.now()
      const timeToRun = Math.max(TIME_TO_RUN, 2 * this.#latency)
      const pending = { until: this.#ticks + Math.ceil((timeToRun + MARGIN) / TICK), reject }
      if (this.#pending.size === 0) {
        this.#lastReply = this.#ticks
        this.#timer ??= setInterval(() => this.#tick(), TICK)
      }
      this.#pending.add(pending)
      const settle = (hasReply: boolean, done: () => void): void => {
        this.#pending.delete(pending)
        this.#lastReply = this.#ticks
        if (hasReply) this.#latency = performance.now() - sent
        if (this.#pending.size === 0) this.#stopTicking()
        done()
        if (!this.#isStalled || client !== this.#client || !client.isReady) return
        this.#isStalled = false
        void this.#greet(client)
      }
      client.sendCommand(toArgs(timeToRun), command).then(
        (reply) => settle(true, () => resolve(reply)),
        (error: unknown) => settle(this.#options.isReply(error), () => reject(error)),
      )
    })
  }

  // Rejects commands that are a second old if the store has not replied for a second. Without any others, reconnects.
  #tick(): void {
    this.#ticks++
    if (this.#ticks - this.#lastReply < TICKS) return
    this.#isStalled = true
    this.#isServing = false
    this.#reason = `cannot be reached: no reply for ${(TICK * TICKS) / 1000} s`
    this.#recovery = Promise.resolve() // no command waits for another second
    const error = this.#unavailable()
    for (const pending of this.#pending) {
      if (this.#ticks < pending.until) continue
      this.#pending.delete(pending)
      pending.reject(error)
    }
    this.#report(error)
    if (this.#pending.size > 0) return
    this.#stopTicking()
    const silent = this.#client
    this.#connect()
    silent?.destroy()
  }

  #stopTicking(): void {
    clearInterval(this.#timer)
    this.#timer = undefined
  }

  async #sendAfterClose(toArgs: ToArgs, options: SendOptions): Promise<unknown> {
    const connection = new Connection({ ...this.#options, onLost: () => {}, onBack: () => {} })
    try {
      await connection.open()
      return await connection.send(toArgs, options)
    } finally {
      connection.close()
    }
  }

  #unavailable(): StoreUnavailable {
    return new StoreUnavailable(`the store at ${this.#options.location} ${this.#reason}`)
  }

  #toRefusal(error: unknown): unknown {
    if (!REFUSALS.test(replyOf(error))) return error
    const refusal = new StoreUnavailable(`the store at ${this.#options.location} rejects commands: ${replyOf(error)}`)
    this.#report(refusal)
    return refusal
  }

  #report(error: StoreUnavailable): void {
    if (error.message === this.#reported) return
    this.#reported = error.message
    this.#options.onLost(error)
  }

  #reportBack(): void {
    if (this.#reported === '') return
    this.#reported = ''
    this.#options.onBack(`the store at ${this.#options.location} is back`)
  }
}

function reasonOf(error: unknown): string {
  if (error instanceof AggregateError) return error.errors.map(reasonOf).join(', ').slice(0, 300)
  return (error instanceof Error ? error.message : String(error)).slice(0, 300)
}

// An error reply without the hash of the script.
function replyOf(error: unknown): string {
  return reasonOf(error).replace(/ script: .*/s, '')
}
