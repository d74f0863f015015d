import type { Ending, Scripted, StoredExchange, StoreEvent } from '../store.ts'

/** A reply as a list; an empty one if it is none. */
export function toList(reply: unknown): readonly unknown[] {
  return Array.isArray(reply) ? reply : []
}

/** A list of names and values as pairs. */
export function toPairs(reply: unknown): [string, string][] {
  const list = toList(reply).map(String)
  return list.flatMap((value, i): [string, string][] => (i % 2 === 1 ? [[list[i - 1] ?? '', value]] : []))
}

/** The entries of a script, from the hashes with what is left of them and with their JSON. */
export function toScripted(left: unknown, script: unknown): Scripted[] {
  const jsons = new Map(toPairs(script))
  return toPairs(left)
    .map(([id, count]) => ({ id, json: jsons.get(id) ?? '', left: toLeft(count) }))
    .toSorted((a, b) => Number(a.id) - Number(b.id))
}

// A number, and those that were given back.
function toLeft(count: string): number {
  const [left, ...others] = count.split(' ')
  return Number(left) + others.length
}

/** An entry of the stream: its id, and a field with the bytes. */
export function toEntry(reply: unknown): { readonly id: string; readonly bytes: Uint8Array } {
  const [id, fields] = toList(reply)
  const [, bytes] = toList(fields)
  return { id: String(id).split('-')[0] ?? '', bytes: bytes instanceof Uint8Array ? bytes : new Uint8Array() }
}

/** The ending in the size of an exchange, to which it is added as JSON after a space. */
export function toEnding(about: string): Ending | undefined {
  const at = about.indexOf(' ')
  return at === -1 ? undefined : JSON.parse(about.slice(at + 1))
}

interface Message {
  readonly type?: string
  readonly session?: string
  readonly id?: string
  readonly ids?: readonly string[]
  readonly ending?: string
}

/** A message of the scripts as an event. If it is undefined or has another form, events were missed. */
export function toEvent(
  message: string | undefined,
  read: (session: string, id: string) => Promise<StoredExchange | undefined>,
): StoreEvent {
  const { type = '', session = '', id = '', ids, ending = '{}' } = parseMessage(message)
  if (type === 'exchange') return { type, id, session, read: async () => read(session, id) }
  if (type === 'end') return { type, id, session, ending: JSON.parse(ending) }
  if (type === 'deleted') return { type, session, ids }
  if (type === 'script' || type === 'reset') return { type, session }
  return type === 'resetAll' ? { type: 'reset', session: undefined } : { type: 'missed' }
}

// Others can publish on the channel too.
function parseMessage(message = '{}'): Message {
  try {
    const value: unknown = JSON.parse(message)
    return typeof value === 'object' && value !== null ? value : {}
  } catch {
    return {}
  }
}
