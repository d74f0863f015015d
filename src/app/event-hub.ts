import { randomBytes } from 'node:crypto'
import { ApiError } from '../errors/api-error.ts'
import { readExchange } from '../journal/exchange.ts'
import { type LiveEvent, toRecordedEvent } from '../journal/live-event.ts'
import type { Store, StoreEvent } from '../store/store.ts'

/** Clients that can read the events at the same time. */
export const MAX_SUBSCRIBERS = 100
/** Events that are kept for clients that are slow, or that connect again. */
export const MAX_EVENTS = 1000
/** Events that are sent in one piece. */
const PIECE = 50
/** Milliseconds between the comments that keep a connection open. */
const HEARTBEAT = 15_000
/** Milliseconds for which events are kept when the last client has gone. */
const GRACE = 60_000

interface Joining {
  /** Undefined: all sessions. */
  readonly session: string | undefined
  /** Id of the last event that the client has received. */
  readonly after: string | undefined
}

interface KeptEvent {
  /** Undefined: of all sessions. */
  readonly session: string | undefined
  /** Its text. Undefined if the exchange is not stored any more. It is read once, when it is first sent. */
  readonly read: () => Promise<string | undefined>
}

/**
 * The events of a store, as server-sent events. It subscribes to the store while there are clients. All clients read
 * the same list of kept events, each from its own place. So a client that reads nothing needs no memory: when its place
 * is not in the list any more, it gets the event `missed`.
 */
export class EventHub {
  readonly #store: Store
  readonly #subscribers = new Set<Subscriber>()
  /** Begins the ids of events. They have no meaning to another process, or after a pause. */
  #name = ''
  readonly #kept: KeptEvent[] = []
  /** Number of the last event. */
  #last = 0
  #joining = 0
  #subscription: Promise<void> | undefined
  #stop: (() => void) | undefined
  #heartbeat: NodeJS.Timeout | undefined
  #grace: NodeJS.Timeout | undefined

  constructor(store: Store) {
    this.#store = store
  }

  /**
   * Adds a client that reads the events of one session or of all, those after the event with an id if it is still kept.
   * Throws an ApiError if there are too many clients, and StoreUnavailable.
   */
  async join({ session, after }: Joining): Promise<Subscriber> {
    if (this.#subscribers.size + this.#joining >= MAX_SUBSCRIBERS) throw new ApiError('too_many_subscribers')
    this.#joining++
    try {
      await (this.#subscription ??= this.#subscribe())
    } catch (error) {
      this.#subscription = undefined
      throw error
    } finally {
      this.#joining--
    }
    this.#heartbeat ??= setInterval(() => this.#subscribers.forEach((one) => one.beat()), HEARTBEAT).unref()
    const subscriber = new Subscriber(this, session, after === undefined ? this.#last : this.#placeOf(after))
    this.#subscribers.add(subscriber)
    return subscriber
  }

  leave(subscriber: Subscriber): void {
    if (!this.#subscribers.delete(subscriber) || this.#subscribers.size > 0) return
    clearInterval(this.#heartbeat)
    this.#heartbeat = undefined
    clearTimeout(this.#grace)
    this.#grace = setTimeout(() => this.#unsubscribe(), GRACE).unref()
  }

  /** The next events after a place, and the place after them. Undefined if some of them are not kept any more. */
  after(place: number): { readonly events: readonly KeptEvent[]; readonly place: number } | undefined {
    const missing = this.#last - place
    if (missing > this.#kept.length || missing < 0) return undefined
    const start = this.#kept.length - missing
    const events = this.#kept.slice(start, start + PIECE)
    return { events, place: place + events.length }
  }

  get last(): number {
    return this.#last
  }

  /** The id of the event at a place. */
  idOf(place: number): string {
    return `${this.#name}-${place}`
  }

  // Before all events if the id is unknown.
  #placeOf(id: string): number {
    const [name, place = ''] = id.split('-')
    return name === this.#name && /^\d{1,15}$/.test(place) ? Number(place) : -1
  }

  async #subscribe(): Promise<void> {
    this.#name = randomBytes(6).toString('hex')
    this.#stop = await this.#store.subscribe((event) => {
      this.#kept.push(keep(event))
      if (this.#kept.length > MAX_EVENTS) this.#kept.shift()
      this.#last++
      for (const subscriber of this.#subscribers) subscriber.wake()
    })
  }

  #unsubscribe(): void {
    if (this.#subscribers.size + this.#joining > 0) return
    this.#stop?.()
    this.#subscription = undefined
    this.#kept.length = 0
  }
}

const hubs = new WeakMap<Store, EventHub>()

/** The events of a store. */
export function eventsOf(store: Store): EventHub {
  const hub = hubs.get(store) ?? new EventHub(store)
  hubs.set(store, hub)
  return hub
}

/** A client that reads the events. */
export class Subscriber {
  readonly #hub: EventHub
  readonly #session: string | undefined
  #place: number
  #isOpened = false
  #isDue = false
  #isOver = false
  #wake: (() => void) | undefined

  constructor(hub: EventHub, session: string | undefined, place: number) {
    this.#hub = hub
    this.#session = session
    this.#place = place
  }

  /** Waits for the next events and returns them as they are sent. Undefined after `leave`. */
  async next(): Promise<string | undefined> {
    while (!this.#isOver) {
      const text = await this.#read()
      if (text !== '') return text
      if (this.#isDue) {
        this.#isDue = false
        return ': PING\n\n'
      }
      if (this.#hub.last === this.#place && !this.#isOver) await new Promise<void>((wake) => (this.#wake = wake))
    }
    return undefined
  }

  /** Lets `next` return a comment if there are no events. */
  beat(): void {
    this.#isDue = true
    this.wake()
  }

  wake(): void {
    this.#wake?.()
    this.#wake = undefined
  }

  leave(): void {
    this.#isOver = true
    this.#hub.leave(this)
    this.wake()
  }

  async #read(): Promise<string> {
    const next = this.#hub.after(this.#place)
    const from = next === undefined ? this.#hub.last : this.#place
    this.#place = next?.place ?? from
    const opening = this.#isOpened ? '' : this.#write(from, OPEN)
    this.#isOpened = true
    if (next === undefined) return opening + this.#write(from, MISSED)
    const events = await Promise.all(
      next.events.map(async ({ session, read }, i) => {
        const isMeant = this.#session === undefined || session === undefined || session === this.#session
        const text = isMeant ? await read() : undefined
        return text === undefined ? '' : this.#write(from + i + 1, text)
      }),
    )
    return opening + events.join('')
  }

  #write(place: number, text: string): string {
    return `id: ${this.#hub.idOf(place)}\n${text}`
  }
}

function toText({ event, data }: LiveEvent): string {
  return `event: ${event}\ndata: ${JSON.stringify(data)}\n\n`
}

const OPEN = toText({ event: 'open', data: {} })
const MISSED = toText({ event: 'missed', data: {} })

function keep(event: StoreEvent): KeptEvent {
  if (event.type === 'deleted' && (event.ids?.length ?? 0) > MAX_EVENTS)
    return { session: undefined, read: async () => MISSED }
  let reading: Promise<string | undefined> | undefined
  return {
    session: event.type === 'missed' ? undefined : event.session,
    read: async () => (reading ??= readText(event).catch(() => MISSED)),
  }
}

async function readText(event: StoreEvent): Promise<string | undefined> {
  const live = await toLiveEvent(event)
  return live && toText(live)
}

async function toLiveEvent(event: StoreEvent): Promise<LiveEvent | undefined> {
  if (event.type === 'missed') return { event: 'missed', data: {} }
  const { type, session } = event
  if (type === 'exchange') {
    const stored = await event.read()
    const isStored = stored !== undefined && stored.bytes.length > 0
    return isStored ? { event: type, data: toRecordedEvent(readExchange(stored)) } : undefined
  }
  if (type === 'end') return { event: type, data: { id: event.id, session: event.session, ...event.ending } }
  if (type === 'deleted') return { event: type, data: { session: event.session, ids: event.ids ?? null } }
  if (type === 'script') return { event: type, data: { session: event.session } }
  return { event: 'reset', data: { session: session ?? null } }
}
