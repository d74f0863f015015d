import { setTimeout as wait } from 'node:timers/promises'
import type { createClient } from '@redis/client'
import { StoreUnavailable } from '../store.ts'

/** The part of a client of @redis/client that is used here. */
type Client = Pick<ReturnType<typeof createClient>, 'isReady' | 'connect' | 'subscribe' | 'destroy' | 'on'>

/** Called with each message, and with undefined if messages were lost. */
type Listener = (message: string | undefined) => void

/** Milliseconds after which a subscription fails. */
const MAX_WAIT = 1000

/** What a Subscription needs. */
export interface SubscriptionOptions {
  /** Creates a client that reconnects by itself and subscribes again. */
  readonly createClient: () => Client
  readonly channel: string
  /** URL of the store, without credentials. */
  readonly location: string
}

/** Reads the messages of a channel. It has a connection of its own, which is open while there are listeners. */
export class Subscription {
  readonly #options: SubscriptionOptions
  readonly #listeners = new Set<Listener>()
  #client: Client | undefined
  #opening: Promise<void> | undefined

  constructor(options: SubscriptionOptions) {
    this.#options = options
  }

  /** Adds a listener. Rejects with StoreUnavailable. The returned function removes the listener. */
  async add(listener: Listener): Promise<() => void> {
    this.#listeners.add(listener)
    const remove = (): void => {
      this.#listeners.delete(listener)
      if (this.#listeners.size === 0) this.close()
    }
    try {
      await (this.#opening ??= this.#open())
    } catch (error) {
      remove()
      throw this.#toUnavailable(error)
    }
    return remove
  }

  close(): void {
    this.#client?.destroy()
    this.#client = undefined
    this.#opening = undefined
  }

  async #open(): Promise<void> {
    const client = this.#options.createClient()
    this.#client = client
    let [isSubscribed, isLost] = [false, false]
    client.on('error', () => (isLost ||= isSubscribed && !client.isReady))
    client.on('ready', () => {
      if (client !== this.#client) return client.destroy() // it was destroyed while it connected
      if (isLost) this.#tell(undefined)
      isLost = false
    })
    const timer = new AbortController()
    const late = wait(MAX_WAIT, undefined, { signal: timer.signal }).then(() => {
      throw new Error('no reply')
    })
    try {
      await Promise.race([late, this.#subscribe(client)])
      isSubscribed = true
    } finally {
      timer.abort()
    }
  }

  async #subscribe(client: Client): Promise<void> {
    await client.connect()
    await client.subscribe(this.#options.channel, (message) => this.#tell(message))
  }

  #tell(message: string | undefined): void {
    for (const listener of this.#listeners) listener(message)
  }

  #toUnavailable(error: unknown): StoreUnavailable {
    const reason = error instanceof Error ? error.message.slice(0, 300) : 'no reply'
    return new StoreUnavailable(`the events of the store at ${this.#options.location} cannot be read: ${reason}`)
  }
}
