import { parseRedisUrl } from '../redis-url.ts'
import type { ConnectionOptions } from './connection.ts'
import { ScriptRunner } from './script-runner.ts'
import { type Program, toPrograms } from './scripts.ts'
import { toEnding, toEntry, toEvent, toList, toPairs, toScripted } from './replies.ts'
import { Subscription } from './subscription.ts'
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
} from '../store.ts'
import { DEFAULT_BOUNDS, FULL, StoreFull, sumMarks } from '../store.ts'

/** Exchanges that one command reads, and ids that one command gets. */
const [PAGE, MANY] = [32, 1000]

/** Options of a store in Redis. */
export interface RedisOptions extends Bounds {
  /** Seconds after which unused data is deleted. Default 3600. */
  readonly ttl?: number
  /** Called once when the store cannot be reached, and with a StoreForgotten once when it has lost data. */
  readonly onLost: ConnectionOptions['onLost']
  /** Called when the store can be reached again. */
  readonly onBack?: ConnectionOptions['onBack']
}

/**
 * Opens the store in the Redis or Valkey server at a URL that `parseRedisUrl` accepts. That server may start later.
 * Throws if the package @redis/client is not installed.
 */
export async function openRedis(
  url: string,
  { onLost, onBack = () => {}, ttl = 3600, ...bounds }: RedisOptions,
): Promise<Store> {
  const parsed = parseRedisUrl(url)
  if (parsed === undefined)
    throw new RangeError('store: this is not a URL of a Redis or Valkey server; use redis://HOST:PORT')
  const { createClient, ErrorReply, RESP_TYPES } = await import('@redis/client').catch((error: unknown) => {
    throw new Error('store: the package @redis/client is not installed; run: npm install @redis/client', {
      cause: error,
    })
  })
  const { location } = parsed
  const prefix = `{${parsed.prefix}}` // in braces: so all keys are in one slot of a cluster
  const connect = (more: { readonly pingInterval?: number } = {}): ReturnType<typeof createClient> =>
    createClient({
      url: parsed.url,
      RESP: 2,
      disableOfflineQueue: true,
      commandOptions: { timeout: 0 },
      socket: {
        connectTimeout: 1000,
        socketTimeout: 5000, // for a connection without any reply, not even to a greeting
        reconnectStrategy: (retries) => Math.min(20 * 2 ** retries, 500),
      },
      ...more,
    })
  const runner = new ScriptRunner({
    createClient: connect,
    isReply: (error) => error instanceof ErrorReply,
    location,
    onLost,
    onBack,
    prefix,
    programOf: toPrograms({ ...DEFAULT_BOUNDS, ...bounds, ttl }),
  })
  await runner.connect()
  const subscription = new Subscription({
    createClient: () => connect({ pingInterval: 2000 }),
    channel: `${prefix}:events`,
    location,
  })
  const asBytes = { typeMapping: { [RESP_TYPES.BLOB_STRING]: Buffer } }
  return new RedisStore({ runner, subscription, prefix, location, asBytes })
}

interface Parts {
  readonly runner: ScriptRunner
  readonly subscription: Subscription
  /** Prefix of all keys. */
  readonly prefix: string
  readonly location: string
  /** The command option for a reply with bytes instead of texts. */
  readonly asBytes: object
}

/**
 * A Store in Redis or Valkey, shared by all processes that use the same prefix. Each write is one Lua script, which
 * Redis runs atomically. The limits are those of the store in memory and apply to all processes together. A session that
 * is not used for the TTL is deleted.
 */
class RedisStore implements Store {
  readonly location: string
  readonly #parts: Parts

  constructor(parts: Parts) {
    this.#parts = parts
    this.location = parts.location
  }

  async open(name: string): Promise<Opened> {
    const [nth, generation, left, script] = toList(await this.#run('open', name))
    return { nth: Number(nth), generation: String(generation), scripted: toScripted(left, script) }
  }

  async count(name: string, counter: string, generation = ''): Promise<number> {
    return Number(await this.#run('count', name, generation, counter))
  }

  async script(name: string, entries: readonly NewEntry[]): Promise<void> {
    const values = entries.flatMap(({ json, times }) => [json, String(times)])
    const [limit] = toList(await this.#run('script', name, ...values))
    if (limit === 'entries' || limit === 'bytes' || limit === 'all') throw new StoreFull(FULL[limit])
  }

  async scripted(name: string): Promise<readonly Scripted[]> {
    const [left, script] = toList(await this.#run('scripted', name))
    return toScripted(left, script)
  }

  async take(name: string, entries: Parameters<Store['take']>[1]): ReturnType<Store['take']> {
    const ids = entries.map(({ id }) => id)
    const undoing = entries.flatMap(({ id, json }) => [id, json])
    const [id, left] = toList(await this.#parts.runner.run({ program: 'take', session: name, values: ids }, undoing))
    return typeof id === 'string' ? { id, left: Number(left) } : undefined
  }

  async record(name: string, exchange: LazyExchange, generation = ''): ReturnType<Store['record']> {
    const { buffer, byteOffset, length } = exchange.toBytes()
    const bytes = Buffer.from(buffer, byteOffset, length)
    const call = { program: 'record', session: name, values: [generation, bytes] } as const
    const [id, forgotten] = toList(await this.#parts.runner.run(call, []))
    return { id: String(id), forgotten: toList(forgotten).map(String) }
  }

  async end(name: string, id: string, ending: Ending): Promise<void> {
    await this.#run('end', name, id, JSON.stringify(ending))
  }

  async records(name?: string): Promise<readonly StoredExchange[]> {
    const all = await Promise.all((await this.#sessions(name)).map(async (session) => this.#journal(session)))
    await this.#check(name)
    return all.flat().toSorted((a, b) => Number(a.id) - Number(b.id))
  }

  async mark(name: string, marks: readonly string[], generation = ''): Promise<void> {
    await this.#run('mark', name, generation, ...marks)
  }

  async marks(name?: string): Promise<ReadonlyMap<string, number>> {
    const hashes = (await this.#sessions(name)).map(async (session) => this.#counts(`marks:${session}`))
    const counts = sumMarks(await Promise.all(hashes))
    await this.#check(name)
    return counts
  }

  async total(): Promise<ReadonlyMap<string, number>> {
    return this.#counts('total')
  }

  async erase(name?: string, ids?: readonly string[]): Promise<void> {
    const erased = new Set(ids)
    await Promise.all(
      (await this.#sessions(name)).map(async (session) =>
        ids === undefined ? this.#run('eraseAll', session) : this.#eraseSome(session, erased),
      ),
    )
  }

  async reset(name?: string): Promise<void> {
    await this.#run(name === undefined ? 'resetAll' : 'reset', name ?? '')
  }

  async size(): ReturnType<Store['size']> {
    const [sessions, exchanges, bytes, lostAt] = toList(await this.#run('size', '')).map(Number)
    const size = { sessions: sessions ?? 0, exchanges: exchanges ?? 0, bytes: bytes ?? 0 }
    return lostAt === 0 || lostAt === undefined ? size : { ...size, lostAt: Math.floor(lostAt / 1000) }
  }

  async subscribe(listener: (event: StoreEvent) => void): Promise<() => void> {
    return this.#parts.subscription.add((message) =>
      listener(toEvent(message, async (session, id) => this.#exchange(session, id))),
    )
  }

  async close(): Promise<void> {
    this.#parts.subscription.close()
    this.#parts.runner.close()
  }

  // After reading: fails if what was read may not be all. Reading all sessions depends on the default session.
  async #check(name: string | undefined): Promise<void> {
    await this.#run('check', name ?? '')
  }

  async #run(program: Program, session: string, ...values: readonly (string | Buffer)[]): Promise<unknown> {
    return this.#parts.runner.run({ program, session, values })
  }

  // Sends a command about one of our keys, its second word. Returns its reply, which is a list.
  async #read([command = '', key, ...args]: readonly string[], options: object = {}): Promise<readonly unknown[]> {
    const { runner, prefix } = this.#parts
    return toList(await runner.send([command, `${prefix}:${key}`, ...args], options))
  }

  async #sessions(name: string | undefined): Promise<readonly string[]> {
    return name === undefined ? (await this.#read(['ZRANGE', 'sessions', '0', '-1'])).map(String) : [name]
  }

  // The exchanges of a session, the oldest first. One that is deleted meanwhile is left out.
  async #journal(session: string): Promise<StoredExchange[]> {
    const all: StoredExchange[] = []
    for (let from = '-'; ;) {
      const command = ['XRANGE', `journal:${session}`, from, '+', 'COUNT', String(PAGE)]
      const page = await this.#read(command, this.#parts.asBytes)
      const entries = page.map(toEntry)
      const last = entries.at(-1)
      if (last === undefined) return all
      const about = await this.#read(['HMGET', `exchanges:${session}`, ...entries.map(({ id }) => id)])
      for (const [i, { id, bytes }] of entries.entries()) {
        const known = about[i]
        if (typeof known === 'string' && bytes.length > 0) all.push({ id, session, bytes, ending: toEnding(known) })
      }
      if (entries.length < PAGE) return all
      from = `(${last.id}-0`
    }
  }

  async #exchange(session: string, id: string): Promise<StoredExchange | undefined> {
    const command = ['XRANGE', `journal:${session}`, `${id}-0`, `${id}-0`]
    const [entry] = await this.#read(command, this.#parts.asBytes)
    const [about] = await this.#read(['HMGET', `exchanges:${session}`, id])
    if (entry === undefined || typeof about !== 'string') return undefined
    return { id, session, bytes: toEntry(entry).bytes, ending: toEnding(about) }
  }

  async #eraseSome(session: string, ids: ReadonlySet<string>): Promise<void> {
    const stored = (await this.#read(['HKEYS', `exchanges:${session}`])).map(String)
    const erased = stored.filter((id) => ids.has(id))
    for (let i = 0; i < erased.length; i += MANY) await this.#run('erase', session, ...erased.slice(i, i + MANY))
  }

  async #counts(key: string): Promise<Map<string, number>> {
    return new Map(toPairs(await this.#read(['HGETALL', key])).map(([mark, count]) => [mark, Number(count)]))
  }
}
