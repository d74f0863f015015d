import { setImmediate as nextTurn } from 'node:timers/promises'
import type {
  Bounds,
  Ending,
  LazyExchange,
  NewEntry,
  Opened,
  Scripted,
  Store,
  StoredExchange,
  StoreEvent,
} from './store.ts'
import { DEFAULT_BOUNDS, FULL, LIMITS, NOT_COUNTED, StoreFull, sumMarks } from './store.ts'

/** Number of exchanges, and milliseconds, for which exchanges are serialized in one turn of the event loop. */
const BATCH = 32
const TURN = 10

interface Exchange {
  readonly id: string
  readonly session: Session
  /** The exchange as it was recorded, or its bytes after the first read. */
  content: LazyExchange | Uint8Array
  ending: Ending | undefined
}

const EVICTED = new Uint8Array()

class Session {
  readonly name: string
  readonly generation: string
  requests = 0
  readonly counters = new Map<string, number>()
  script: readonly Scripted[] = []
  scriptBytes = 0
  readonly exchanges = new Map<string, Exchange>()
  /** Bytes of the exchanges. */
  bytes = 0
  readonly marks = new Map<string, number>()

  constructor(name: string, generation: string) {
    this.name = name
    this.generation = generation
  }
}

/** A Store in this process's memory. */
export class MemoryStore implements Store {
  readonly location = undefined
  readonly #bounds: Required<Bounds>
  /** In the order of their last use: the most recent is last. */
  readonly #sessions = new Map<string, Session>()
  #latest: Session | undefined
  readonly #total = new Map<string, number>()
  /** Coverage keys of all sessions. */
  #marks = 0
  #bytes = 0
  readonly #forgotten: string[] = []
  #lastId = 0
  #lastGeneration = 0
  readonly #listeners = new Set<(event: StoreEvent) => void>()

  constructor(bounds: Bounds = {}) {
    this.#bounds = { ...DEFAULT_BOUNDS, ...bounds }
  }

  async open(name: string): Promise<Opened> {
    const session = this.#use(name)
    session.requests++
    return { nth: session.requests, scripted: session.script, generation: session.generation }
  }

  async count(name: string, counter: string, generation?: string): Promise<number> {
    return this.#isOutdated(name, generation) ? 1 : add(this.#use(name).counters, counter)
  }

  async script(name: string, entries: readonly NewEntry[]): Promise<void> {
    const session = this.#use(name)
    const script = [
      ...session.script,
      ...entries.map(({ json, times }) => ({ id: String(++this.#lastId), json, left: times })),
    ]
    if (script.length > LIMITS.entries) throw new StoreFull(FULL.entries)
    const bytes = entries.reduce((sum, { json }) => sum + Buffer.byteLength(json), 0)
    if (session.scriptBytes + bytes > LIMITS.scriptBytes) throw new StoreFull(FULL.bytes)
    const all = this.#find().reduce((sum, { scriptBytes }) => sum + scriptBytes, bytes)
    if (all > LIMITS.allScripts) throw new StoreFull(FULL.all)
    session.script = script
    session.scriptBytes += bytes
    this.#tell({ type: 'script', session: name })
  }

  async scripted(name: string): Promise<readonly Scripted[]> {
    return this.#sessions.get(name)?.script ?? []
  }

  async take(name: string, entries: Parameters<Store['take']>[1]): ReturnType<Store['take']> {
    const session = this.#use(name)
    const first = entries.find(({ id }) => session.script.some((entry) => entry.id === id))
    const taken = session.script.find(({ id }) => id === first?.id)
    if (taken === undefined) return undefined
    session.script = session.script
      .map((entry) => (entry === taken ? { ...entry, left: entry.left - 1 } : entry))
      .filter(({ left }) => left > 0)
    if (taken.left === 1) session.scriptBytes -= Buffer.byteLength(taken.json)
    this.#tell({ type: 'script', session: name })
    return { id: taken.id, left: taken.left }
  }

  async record(name: string, content: LazyExchange, generation?: string): ReturnType<Store['record']> {
    if (this.#isOutdated(name, generation)) return { id: '0', forgotten: [] }
    const session = this.#use(name)
    const exchange: Exchange = { id: String(++this.#lastId), session, content, ending: undefined }
    session.exchanges.set(exchange.id, exchange)
    this.#weigh(session, content.size)
    if (session.exchanges.size > this.#bounds.exchanges) this.#evictOldest(session)
    while (this.#bytes > this.#bounds.bytes) this.#evictOldest(this.#largest(session))
    const { id } = exchange
    if (this.#listeners.size > 0)
      this.#tell({ type: 'exchange', id, session: name, read: async () => this.#read(name, id) })
    return { id, forgotten: this.#forgotten.splice(0) }
  }

  async end(name: string, id: string, ending: Ending): Promise<void> {
    const exchange = this.#sessions.get(name)?.exchanges.get(id)
    if (exchange === undefined) return
    exchange.ending = ending
    this.#tell({ type: 'end', id, session: name, ending })
  }

  async records(name?: string): Promise<readonly StoredExchange[]> {
    const stored = (): Exchange[] => this.#find(name).flatMap(({ exchanges }) => [...exchanges.values()])
    const lazy = stored().filter(({ content }) => !(content instanceof Uint8Array))
    let started = 0
    for (const [i, exchange] of lazy.entries()) {
      if (i % BATCH === 0 || performance.now() - started > TURN) {
        await nextTurn()
        started = performance.now()
      }
      if (exchange.session.exchanges.has(exchange.id)) this.#bytesOf(exchange)
    }
    return stored()
      .map((one) => this.#toStored(one))
      .filter(({ bytes }) => bytes.length > 0)
      .toSorted((a, b) => Number(a.id) - Number(b.id))
  }

  async mark(name: string, marks: readonly string[], generation?: string): Promise<void> {
    addMarks(this.#total, marks)
    if (this.#isOutdated(name, generation)) return
    this.#marks += addMarks(this.#use(name).marks, marks, LIMITS.allMarks - this.#marks)
  }

  async marks(name?: string): Promise<ReadonlyMap<string, number>> {
    return sumMarks(this.#find(name).map(({ marks }) => marks))
  }

  async total(): Promise<ReadonlyMap<string, number>> {
    return this.#total
  }

  async erase(name?: string, ids?: readonly string[]): Promise<void> {
    const erased = ids && new Set(ids)
    for (const session of this.#find(name)) {
      const found = [...session.exchanges.keys()].filter((id) => erased?.has(id) ?? true)
      for (const id of found) this.#evict(session, id)
      if (found.length > 0) this.#tell({ type: 'deleted', session: session.name, ids: ids && found })
    }
  }

  async reset(name?: string): Promise<void> {
    for (const session of this.#find(name)) this.#remove(session)
    this.#tell({ type: 'reset', session: name })
  }

  async size(): ReturnType<Store['size']> {
    const exchanges = this.#find().reduce((sum, session) => sum + session.exchanges.size, 0)
    return { sessions: this.#sessions.size, exchanges, bytes: this.#bytes }
  }

  async subscribe(listener: (event: StoreEvent) => void): Promise<() => void> {
    this.#listeners.add(listener)
    return () => void this.#listeners.delete(listener)
  }

  async close(): Promise<void> {}

  #tell(event: StoreEvent): void {
    for (const listener of this.#listeners) listener(event)
  }

  #find(name?: string): readonly Session[] {
    return name === undefined ? [...this.#sessions.values()] : [this.#sessions.get(name) ?? []].flat()
  }

  // Finds or creates a session, as the most recently used one. A new one may evict the least recently used one.
  #use(name: string): Session {
    if (this.#latest?.name === name) return this.#latest // saves a quarter of the store's time per request
    const session = this.#sessions.get(name) ?? new Session(name, String(++this.#lastGeneration))
    this.#sessions.delete(name)
    this.#sessions.set(name, session)
    this.#latest = session
    if (this.#sessions.size > this.#bounds.sessions) {
      const [idle = session] = this.#sessions.values()
      this.#remove(idle)
      if (this.#forgotten.length < LIMITS.forgotten) this.#forgotten.push(idle.name)
    }
    return session
  }

  #remove(session: Session): void {
    for (const id of session.exchanges.keys()) this.#evict(session, id)
    this.#marks -= session.marks.size
    this.#sessions.delete(session.name)
    this.#latest = undefined
  }

  // Whether the session was reset or evicted since this generation.
  #isOutdated(name: string, generation: string | undefined): boolean {
    return generation !== undefined && this.#sessions.get(name)?.generation !== generation
  }

  #weigh(session: Session, bytes: number): void {
    session.bytes += bytes
    this.#bytes += bytes
  }

  #evict(session: Session, id: string): void {
    const exchange = session.exchanges.get(id)
    if (exchange === undefined) return
    session.exchanges.delete(id)
    this.#weigh(session, -(exchange.content instanceof Uint8Array ? exchange.content.length : exchange.content.size))
    exchange.content = EVICTED
  }

  #evictOldest(session: Session): void {
    const [oldest] = session.exchanges.keys()
    if (oldest !== undefined) this.#evict(session, oldest)
  }

  // The session with the most bytes; of equal ones the last by name, as in Redis.
  #largest(largest: Session): Session {
    for (const session of this.#sessions.values())
      if (session.bytes > largest.bytes || (session.bytes === largest.bytes && session.name > largest.name))
        largest = session
    return largest
  }

  // By name and id: a listener that keeps the event does not hold a session that is deleted.
  #read(name: string, id: string): StoredExchange | undefined {
    const exchange = this.#sessions.get(name)?.exchanges.get(id)
    return exchange && this.#toStored(exchange)
  }

  #toStored(exchange: Exchange): StoredExchange {
    const bytesOf = this.#bytesOf.bind(this)
    return {
      id: exchange.id,
      session: exchange.session.name,
      get bytes() {
        return bytesOf(exchange)
      },
      ending: exchange.ending,
    }
  }

  #bytesOf(exchange: Exchange): Uint8Array {
    const { content, session } = exchange
    if (content instanceof Uint8Array) return content
    const bytes = content.toBytes()
    exchange.content = bytes
    this.#weigh(session, bytes.length - content.size)
    return bytes
  }
}

// Counts coverage keys, of which `room` may be new. Returns how many are.
function addMarks(counts: Map<string, number>, marks: readonly string[], room: number = LIMITS.marks): number {
  const before = counts.size
  const most = Math.min(LIMITS.marks, before + room)
  for (const mark of marks) {
    const key = counts.has(mark) || counts.size < most ? mark : NOT_COUNTED
    counts.set(key, (counts.get(key) ?? 0) + 1)
  }
  return counts.size - before
}

function add(counts: Map<string, number>, key: string): number {
  const count = (counts.get(key) ?? 0) + 1
  if (count > 1 || counts.size < LIMITS.marks) counts.set(key, count)
  return count
}
