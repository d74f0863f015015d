import { setTimeout as wait } from 'node:timers/promises'
import { StoreUnavailable } from '../store.ts'

/** What is used of a client of @redis/client. */
export interface Client {
  readonly connect: () => Promise<unknown>
  readonly sendCommand: (args: readonly (string | Buffer)[], options?: object) => Promise<unknown>
  readonly destroy: () => void
  readonly on: (event: 'error', listener: (error: Error) => void) => unknown
}

/** How a Connection comes about. */
export interface Connecting {
  /** A client that is not connected yet, and does not connect again by itself. */
  readonly create: () => Client
  /** Whether an error is what the store said, so that it has been reached. */
  readonly isReply: (error: unknown) => boolean
  /** Where the store is, as it may be told. */
  readonly place: string
  /** Told once when it cannot be reached, or refuses what it is asked; not of a connection that is back within a second. */
  readonly onLost: (error: StoreUnavailable) => void
}

/** A store that says nothing for four ticks is gone, and a lost connection is waited for as long. A process that is held up for a second counts one. */
const [TICK, TICKS] = [250, 4]
/** How often a command is sent, when its connection breaks. */
const TRIES = 5
/** Milliseconds between two attempts to connect, the first and the longest. */
const [FIRST_PAUSE, LONGEST_PAUSE] = [20, 500]

/** What a store says when it is there and cannot do what it is for. */
const REFUSALS =
  /\b(?:LOADING|BUSY|MASTERDOWN|READONLY|OOM|MISCONF|NOREPLICAS|CLUSTERDOWN|NOAUTH|NOPERM|WRONGPASS|UNKILLABLE|WRONGTYPE)\b/

/** One connected client, and whether it still answers. */
class Link {
  readonly client: Client
  readonly #onSilence: (link: Link) => void
  #open = 0
  #quiet = 0
  #timer: NodeJS.Timeout | undefined
  isSilent = false

  constructor(client: Client, onSilence: (link: Link) => void) {
    this.client = client
    this.#onSilence = onSilence
  }

  async send(args: readonly (string | Buffer)[], options?: object): Promise<unknown> {
    this.#open++
    this.#timer ??= setInterval(() => this.#tick(), TICK)
    try {
      return await this.client.sendCommand(args, options)
    } finally {
      this.#quiet = 0
      if (--this.#open === 0) this.#rest()
    }
  }

  #tick(): void {
    if (++this.#quiet < TICKS) return
    this.isSilent = true
    this.#rest()
    this.#onSilence(this)
  }

  #rest(): void {
    clearInterval(this.#timer)
    this.#timer = undefined
  }
}

/**
 * The way to a store: one connection, made anew when it breaks, for as long as it is not closed. No command waits for ever:
 * a store that says nothing for a second is gone, and while it is gone for longer than that, all commands fail at once with
 * StoreUnavailable, so that no more of them wait than there are requests being answered. A command whose connection breaks is sent again, so it has to bear being done twice.
 */
export class Connection {
  readonly #connecting: Connecting
  #link: Link | undefined
  #next: Promise<Link | undefined> = Promise.resolve(undefined)
  #patience: Promise<undefined> = Promise.resolve(undefined)
  #isClosed = false
  #reason = 'no answer'
  #told = ''

  constructor(connecting: Connecting) {
    this.#connecting = connecting
  }

  /** Connects; done when that is so, or a second has passed: then it goes on trying. */
  async open(): Promise<void> {
    await this.#restart()
  }

  /** Sends a command, and gives its reply. */
  async ask(args: readonly (string | Buffer)[], options?: object): Promise<unknown> {
    for (let tries = 1; ; tries++) {
      const link = this.#link ?? (await this.#back())
      try {
        return await link.send(args, options)
      } catch (error) {
        if (this.#connecting.isReply(error)) throw this.#refused(error)
        this.#lose(link, error)
        if (tries === TRIES || link.isSilent) throw this.#unavailable()
      } finally {
        if (this.#isClosed && link !== this.#link) link.client.destroy()
      }
    }
  }

  /** Lets go of the connection. What is asked later gets one of its own. */
  close(): void {
    this.#isClosed = true
    this.#link?.client.destroy()
    this.#link = undefined
  }

  // The connection, once it is back; StoreUnavailable when that takes longer than it is waited for.
  async #back(): Promise<Link> {
    const link = this.#isClosed ? await this.#attempt() : await Promise.race([this.#next, this.#patience])
    if (link === undefined) throw this.#unavailable()
    return link
  }

  #lose(link: Link, error: unknown): void {
    link.client.destroy()
    if (link !== this.#link) return
    this.#link = undefined
    this.#reason = reasonOf(error)
    if (!this.#isClosed) void this.#restart()
  }

  async #restart(): Promise<void> {
    const done = new AbortController()
    this.#next = this.#reconnect()
    this.#patience = patience(done.signal)
    await Promise.race([this.#next, this.#patience])
    done.abort()
    if (this.#link === undefined && !this.#isClosed) this.#tell(this.#unavailable())
  }

  async #reconnect(): Promise<Link | undefined> {
    for (let pause = FIRST_PAUSE; !this.#isClosed; pause = Math.min(2 * pause, LONGEST_PAUSE)) {
      const link = await this.#attempt()
      if (link !== undefined && !this.#isClosed) {
        this.#told = ''
        return (this.#link = link)
      }
      link?.client.destroy()
      await wait(pause, undefined, { ref: false })
    }
    return undefined
  }

  // A client that has answered; a port that is open is no store yet.
  async #attempt(): Promise<Link | undefined> {
    const client = this.#connecting.create()
    const link = new Link(client, (silent) => this.#lose(silent, new Error(SILENT)))
    client.on('error', (error) => this.#lose(link, error))
    const done = new AbortController()
    try {
      const answered = client.connect().then(async () => client.sendCommand(['PING']))
      await Promise.race([answered, patience(done.signal).then(refuse)])
      return link
    } catch (error) {
      this.#reason = reasonOf(error)
      client.destroy()
      return undefined
    } finally {
      done.abort()
    }
  }

  #refused(error: unknown): unknown {
    const said = reasonOf(error).replace(/ script: .*/s, '') // which one it was says nothing to anybody
    if (!REFUSALS.test(said)) return error
    const refusal = new StoreUnavailable(`the store at ${this.#connecting.place} refuses: ${said}`)
    this.#tell(refusal)
    return refusal
  }

  #unavailable(): StoreUnavailable {
    return new StoreUnavailable(`the store at ${this.#connecting.place} cannot be reached: ${this.#reason}`)
  }

  #tell(error: StoreUnavailable): void {
    if (error.message === this.#told) return
    this.#told = error.message
    this.#connecting.onLost(error)
  }
}

const SILENT = `no answer for ${(TICK * TICKS) / 1000} s`

// It ends at once when nobody waits for it any more.
async function patience(signal: AbortSignal): Promise<undefined> {
  for (let i = 0; i < TICKS; i++) await wait(TICK, undefined, { signal }).catch(() => {})
  return undefined
}

function refuse(): never {
  throw new Error(SILENT)
}

function reasonOf(error: unknown): string {
  const text =
    error instanceof AggregateError
      ? error.errors.map(reasonOf).join(', ')
      : error instanceof Error
        ? error.message
        : String(error)
  return text.slice(0, 300)
}
