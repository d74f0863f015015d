import type { Bounds, Ending, StoredExchange, Opened, Scripted, Store, Claim, LazyExchange } from './store.ts'
import {
  FULL,
  MAX_BYTES,
  MAX_MARKS,
  MAX_SCRIPT_BYTES,
  MAX_SCRIPTED,
  MAX_SCRIPTS_BYTES,
  MAX_SESSIONS,
  MAX_TOLD,
  StoreFull,
} from './store.ts'

/** Milliseconds after which what is not written yet is looked through. */
const LATE = 1000
/** How many are written in one turn, so that others have theirs. */
const TURN = 32

interface Exchange {
  readonly id: string
  readonly of: Session
  readonly round: number
  kept: Uint8Array | LazyExchange
  size: number
  ending: Ending | undefined
}

interface Session {
  readonly name: string
  readonly generation: string
  requests: number
  readonly counters: Map<string, number>
  script: Scripted[]
  scriptBytes: number
  readonly exchanges: Map<string, Exchange>
  /** How many of these are not written yet. */
  unwritten: number
  bytes: number
  readonly marks: Map<string, number>
}

const NOT_RECORDED = { id: '0', forgotten: [] } as const

/** A Store in this process's memory. */
export class MemoryStore implements Store {
  readonly place = undefined
  readonly #most: Required<Bounds>
  /** The one that was used last stands last. */
  readonly #sessions = new Map<string, Session>()
  #newest: Session | undefined
  readonly #total = new Map<string, number>()
  #ids = 0
  #epochs = 0
  #bytes = 0
  #forgotten: string[] = []
  #timer: NodeJS.Timeout | undefined
  #round = 0

  constructor({ exchanges = 1000, sessions = MAX_SESSIONS, bytes = MAX_BYTES }: Bounds = {}) {
    this.#most = { exchanges, sessions, bytes }
  }

  async open(name: string): Promise<Opened> {
    const session = this.#find(name)
    session.requests++
    return { nth: session.requests, scripted: session.script, generation: session.generation }
  }

  async count(name: string, counter: string, generation?: string): Promise<number> {
    if (this.#isLate(name, generation)) return 1
    return add(this.#find(name).counters, counter)
  }

  async script(name: string, entries: readonly { readonly json: string; readonly times: number }[]): Promise<void> {
    const session = this.#find(name)
    const next = [...session.script, ...entries.map(({ json, times }) => ({ id: this.#nextId(), json, left: times }))]
    if (next.length > MAX_SCRIPTED) throw new StoreFull(FULL.entries())
    const bytes = next.reduce((sum, { json }) => sum + Buffer.byteLength(json), 0)
    if (bytes > MAX_SCRIPT_BYTES) throw new StoreFull(FULL.bytes())
    const others = this.#some().reduce((sum, other) => (other === session ? sum : sum + other.scriptBytes), 0)
    if (others + bytes > MAX_SCRIPTS_BYTES) throw new StoreFull(FULL.all())
    session.script = next
    session.scriptBytes = bytes
  }

  async scripted(name: string): Promise<readonly Scripted[]> {
    return this.#sessions.get(name)?.script ?? []
  }

  async take(name: string, ids: readonly string[]): Promise<Claim | undefined> {
    const session = this.#find(name)
    const id = ids.find((one) => session.script.some((scripted) => scripted.id === one))
    const entry = session.script.find((scripted) => scripted.id === id)
    if (entry === undefined) return undefined
    session.script = session.script.flatMap((scripted) =>
      scripted !== entry ? [scripted] : scripted.left > 1 ? [{ ...scripted, left: scripted.left - 1 }] : [],
    )
    if (entry.left === 1) session.scriptBytes -= Buffer.byteLength(entry.json)
    return { id: entry.id, left: entry.left }
  }

  async record(
    name: string,
    kept: Uint8Array | LazyExchange,
    generation?: string,
  ): Promise<{ readonly id: string; readonly forgotten: readonly string[] }> {
    if (this.#isLate(name, generation)) return NOT_RECORDED
    const session = this.#find(name)
    const id = this.#nextId()
    const size = kept instanceof Uint8Array ? kept.length : kept.size
    const exchange: Exchange = { id, of: session, round: this.#round, kept, size, ending: undefined }
    session.exchanges.set(id, exchange)
    if (!(kept instanceof Uint8Array)) this.#later(session)
    this.#weigh(session, size)
    while (session.exchanges.size > this.#most.exchanges) this.#drop(session)
    while (this.#bytes > this.#most.bytes) this.#drop(this.#largest() ?? session)
    const forgotten = this.#forgotten
    if (forgotten.length > 0) this.#forgotten = []
    return { id, forgotten }
  }

  async end(name: string, id: string, ending: Ending): Promise<void> {
    const exchange = this.#sessions.get(name)?.exchanges.get(id)
    if (exchange !== undefined) exchange.ending = ending
  }

  async records(name?: string): Promise<readonly StoredExchange[]> {
    await this.#write(this.#some(name))
    return this.#some(name)
      .flatMap(({ exchanges }) => [...exchanges.values()])
      .flatMap((exchange): StoredExchange[] => {
        const bytes = this.#written(exchange)
        return bytes.length === 0
          ? []
          : [{ id: exchange.id, session: exchange.of.name, bytes, ending: exchange.ending }]
      })
      .toSorted((a, b) => Number(a.id) - Number(b.id))
  }

  async mark(name: string, marks: readonly string[], generation?: string): Promise<void> {
    for (const mark of marks) add(this.#total, mark)
    if (this.#isLate(name, generation)) return
    const session = this.#find(name)
    for (const mark of marks) add(session.marks, mark)
  }

  async marks(name?: string): Promise<ReadonlyMap<string, number>> {
    const all = new Map<string, number>()
    for (const { marks } of this.#some(name))
      for (const [mark, count] of marks) all.set(mark, (all.get(mark) ?? 0) + count)
    return all
  }

  async total(): Promise<ReadonlyMap<string, number>> {
    return this.#total
  }

  async erase(name?: string, ids?: readonly string[]): Promise<void> {
    this.#erase(name, ids)
  }

  async close(): Promise<void> {
    await this.#write(this.#some())
    clearTimeout(this.#timer)
    this.#timer = undefined
  }

  async reset(name?: string): Promise<void> {
    this.#erase(name) // in the same turn: what is recorded in between would be weighed for ever
    this.#newest = undefined
    if (name === undefined) this.#sessions.clear()
    else this.#sessions.delete(name)
  }

  async size(): Promise<{ readonly sessions: number; readonly exchanges: number; readonly bytes: number }> {
    return {
      sessions: this.#sessions.size,
      exchanges: this.#some().reduce((sum, { exchanges }) => sum + exchanges.size, 0),
      bytes: this.#bytes,
    }
  }

  #erase(name?: string, ids?: readonly string[]): void {
    for (const session of this.#some(name)) {
      for (const id of ids ?? [...session.exchanges.keys()]) {
        const exchange = session.exchanges.get(id)
        if (exchange !== undefined) this.#forget(exchange)
      }
    }
  }

  // Whether the session was reset since.
  #isLate(name: string, generation: string | undefined): boolean {
    return generation !== undefined && this.#sessions.get(name)?.generation !== generation
  }

  #nextId(): string {
    return String(++this.#ids)
  }

  #some(name?: string): Session[] {
    return name === undefined
      ? [...this.#sessions.values()]
      : [this.#sessions.get(name)].filter((session) => session !== undefined)
  }

  // A session, which is thereby the one that was used last; for a new one the one that was idle longest goes.
  #find(name: string): Session {
    if (this.#newest?.name === name) return this.#newest
    const known = this.#sessions.get(name)
    if (known !== undefined) this.#sessions.delete(name)
    const session = known ?? {
      name,
      generation: String(++this.#epochs),
      requests: 0,
      counters: new Map(),
      script: [],
      scriptBytes: 0,
      exchanges: new Map(),
      unwritten: 0,
      bytes: 0,
      marks: new Map(),
    }
    this.#sessions.set(name, session)
    this.#newest = session
    const [[idle, old] = [name, session]] = this.#sessions
    if (this.#sessions.size > this.#most.sessions) {
      for (const exchange of old.exchanges.values()) this.#forget(exchange)
      this.#sessions.delete(idle)
      if (this.#forgotten.length < MAX_TOLD) this.#forgotten.push(idle)
    }
    return session
  }

  #weigh(session: Session, bytes: number): void {
    session.bytes += bytes
    this.#bytes += bytes
  }

  #drop(session: Session): void {
    const oldest = session.exchanges.values().next()
    if (oldest.done !== true) this.#forget(oldest.value)
  }

  #forget(exchange: Exchange): void {
    const { of: session, id, kept, size } = exchange
    session.exchanges.delete(id)
    if (!(kept instanceof Uint8Array)) session.unwritten--
    this.#weigh(session, -size)
  }

  // What nobody asks for is written when it has become a second old: then no request is held any more as it came.
  #later(session: Session): void {
    session.unwritten++
    this.#timer ??= setTimeout(() => void this.#writeOld(), LATE).unref()
  }

  async #writeOld(): Promise<void> {
    await this.#write(this.#some(), this.#round++)
    this.#timer = undefined
    if (this.#some().some(({ unwritten }) => unwritten > 0))
      this.#timer = setTimeout(() => void this.#writeOld(), LATE).unref()
  }

  // Those that came before a round.
  async #write(sessions: readonly Session[], before = Infinity): Promise<void> {
    const late = sessions.flatMap(({ unwritten, exchanges }) =>
      unwritten === 0
        ? []
        : [...exchanges.values()].filter(({ kept, round }) => round < before && !(kept instanceof Uint8Array)),
    )
    let left = TURN
    for (const exchange of late) {
      if (exchange.of.exchanges.get(exchange.id) !== exchange || exchange.kept instanceof Uint8Array) continue // it was forgotten, or somebody else has read it meanwhile
      this.#written(exchange)
      if (--left > 0) continue
      await new Promise((resolve) => setImmediate(resolve))
      left = TURN
    }
  }

  #written(exchange: Exchange): Uint8Array {
    const { kept, of: session, id, size } = exchange
    if (kept instanceof Uint8Array) return kept
    const bytes = kept.toBytes()
    exchange.kept = bytes
    exchange.size = bytes.length
    if (session.exchanges.get(id) !== exchange) return bytes
    session.unwritten--
    this.#weigh(session, bytes.length - size)
    return bytes
  }

  #largest(): Session | undefined {
    return this.#some().toSorted((a, b) => b.bytes - a.bytes || (a.name < b.name ? 1 : -1))[0]
  }
}

function add(counts: Map<string, number>, key: string): number {
  const count = (counts.get(key) ?? 0) + 1
  if (count > 1 || counts.size < MAX_MARKS) counts.set(key, count)
  return count
}
