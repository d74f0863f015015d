import type { Ending, Kept, Scripted, Store } from './store.ts'
import { MAX_BYTES, MAX_MARKS, MAX_SCRIPT_BYTES, MAX_SCRIPTED, MAX_SESSIONS, StoreFull } from './store.ts'

interface Exchange {
  readonly id: string
  readonly session: string
  readonly json: Uint8Array
  ending: Ending | undefined
}

interface Session {
  requests: number
  readonly counters: Map<string, number>
  script: Scripted[]
  readonly exchanges: Map<string, Exchange>
  bytes: number
  readonly marks: Map<string, number>
}

/** How much a Store in memory keeps; each has a default. */
export interface Bounds {
  /** Exchanges of a session. */
  readonly exchanges?: number
  readonly sessions?: number
  /** Of all Exchanges. */
  readonly bytes?: number
}

const NOBODY: readonly string[] = []

/** A Store in this process's memory. */
export function createMemoryStore({ exchanges: most = 1000, sessions: mostSessions = MAX_SESSIONS, bytes: mostBytes = MAX_BYTES }: Bounds = {}): Store {
  const sessions = new Map<string, Session>() // the one that was used last stands last
  let ids = 0
  let bytes = 0
  let forgotten: string[] = []

  const find = (name: string): Session => {
    const known = sessions.get(name)
    const session = known ?? { requests: 0, counters: new Map(), script: [], exchanges: new Map(), bytes: 0, marks: new Map() }
    if (known !== undefined) sessions.delete(name)
    sessions.set(name, session)
    if (sessions.size > mostSessions) {
      const [idle = name] = sessions.keys()
      forget(idle)
      forgotten.push(idle)
    }
    return session
  }
  const forget = (name: string): void => {
    bytes -= sessions.get(name)?.bytes ?? 0
    sessions.delete(name)
  }
  const drop = (session: Session): void => {
    const [oldest] = session.exchanges.values()
    if (oldest === undefined) return
    session.exchanges.delete(oldest.id)
    session.bytes -= oldest.json.length
    bytes -= oldest.json.length
  }
  const largest = (): Session | undefined => [...sessions.values()].reduce<Session | undefined>((most_, session) => (most_ === undefined || session.bytes > most_.bytes ? session : most_), undefined)
  const add = (counts: Map<string, number>, key: string): number => {
    const count = (counts.get(key) ?? 0) + 1
    if (count > 1 || counts.size < MAX_MARKS) counts.set(key, count)
    return count
  }
  const some = (name: string | undefined): Session[] => (name === undefined ? [...sessions.values()] : [sessions.get(name)].filter((session) => session !== undefined))

  return {
    open: async (name) => {
      const session = find(name)
      return { nth: ++session.requests, scripted: session.script }
    },
    count: async (name, counter) => add(find(name).counters, counter),
    script: async (name, entries) => {
      const session = find(name)
      const next = [...session.script, ...entries.map(({ json, times }) => ({ id: String(++ids), json, left: times }))]
      if (next.length > MAX_SCRIPTED) throw new StoreFull(`a session's script has at most ${MAX_SCRIPTED} entries`)
      if (next.reduce((sum, { json }) => sum + json.length, 0) > MAX_SCRIPT_BYTES) throw new StoreFull(`a session's script has at most ${MAX_SCRIPT_BYTES} bytes`)
      session.script = next
    },
    scripted: async (name) => sessions.get(name)?.script ?? [],
    take: async (name, id) => {
      const session = find(name)
      const entry = session.script.find((scripted) => scripted.id === id)
      if (entry === undefined) return false
      session.script = session.script.flatMap((scripted) => (scripted !== entry ? [scripted] : scripted.left > 1 ? [{ ...scripted, left: scripted.left - 1 }] : []))
      return true
    },
    record: async (name, json) => {
      const session = find(name)
      const id = String(++ids)
      session.exchanges.set(id, { id, session: name, json, ending: undefined })
      session.bytes += json.length
      bytes += json.length
      if (session.exchanges.size > most) drop(session)
      for (let from = largest(); bytes > mostBytes && from !== undefined && from.exchanges.size > 0; from = largest()) drop(from)
      const told = forgotten.length === 0 ? NOBODY : forgotten
      if (told.length > 0) forgotten = []
      return { id, forgotten: told }
    },
    end: async (name, id, ending) => {
      const exchange = sessions.get(name)?.exchanges.get(id)
      if (exchange !== undefined) exchange.ending = ending
    },
    records: async (name) =>
      some(name)
        .flatMap(({ exchanges }) => [...exchanges.values()] satisfies Kept[])
        .toSorted((a, b) => Number(a.id) - Number(b.id)),
    mark: async (name, marks) => {
      const session = find(name)
      for (const mark of marks) add(session.marks, mark)
    },
    marks: async (name) => {
      const all = new Map<string, number>()
      for (const { marks } of some(name)) for (const [mark, count] of marks) all.set(mark, (all.get(mark) ?? 0) + count)
      return all
    },
    erase: async (name) => {
      const session = sessions.get(name)
      if (session === undefined) return
      bytes -= session.bytes
      session.bytes = 0
      session.exchanges.clear()
    },
    reset: async (name) => forget(name),
    size: async () => ({ sessions: sessions.size, exchanges: [...sessions.values()].reduce((sum, { exchanges }) => sum + exchanges.size, 0), bytes }),
  }
}
