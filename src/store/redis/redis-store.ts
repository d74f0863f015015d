import { randomBytes } from 'node:crypto'
import { parseRedisUrl } from '../redis-url.ts'
import { type ConnectionOptions, Connection } from './connection.ts'
import { type Program, toPrograms } from './scripts.ts'
import type { Bounds, Ending, LazyExchange, NewEntry, Opened, Scripted, Store, StoredExchange } from '../store.ts'
import { DEFAULT_BOUNDS, FULL, StoreFull, sumMarks } from '../store.ts'

/** Exchanges that one command reads, and ids that one command gets. */
const [PAGE, MANY] = [32, 1000]

/** Options of a store in Redis. */
export interface RedisOptions extends Bounds {
  /** Seconds after which unused data is deleted. Default 3600. */
  readonly ttl?: number
  /** Called once when the store cannot be reached. */
  readonly onLost: ConnectionOptions['onLost']
}

/**
 * Opens the store in the Redis or Valkey server at a URL that `parseRedisUrl` accepts. That server may start later.
 * Throws if the package @redis/client is not installed.
 */
export async function openRedis(url: string, { onLost, ttl = 3600, ...bounds }: RedisOptions): Promise<Store> {
  const parsed = parseRedisUrl(url)
  if (parsed === undefined)
    throw new RangeError('store: this is not a URL of a Redis or Valkey server; use redis://HOST:PORT')
  const { createClient, ErrorReply, RESP_TYPES } = await import('@redis/client').catch((error: unknown) => {
    throw new Error('store: the package @redis/client is not installed; run: npm install @redis/client', {
      cause: error,
    })
  })
  const connection = new Connection({
    createClient: () =>
      createClient({
        url: parsed.url,
        RESP: 2,
        disableOfflineQueue: true,
        commandOptions: { timeout: 0 },
        pingInterval: 2000,
        socket: {
          connectTimeout: 1000,
          socketTimeout: 5000, // for a connection without any reply, not even to a ping
          reconnectStrategy: (retries) => Math.min(20 * 2 ** retries, 500),
        },
      }),
    isReply: (error) => error instanceof ErrorReply,
    location: parsed.location,
    onLost,
  })
  await connection.open()
  return new RedisStore({
    connection,
    location: parsed.location,
    prefix: `{${parsed.prefix}}`,
    programOf: toPrograms({ ...DEFAULT_BOUNDS, ...bounds, ttl }),
    asBytes: { typeMapping: { [RESP_TYPES.BLOB_STRING]: Buffer } },
  })
}

interface Parts {
  readonly connection: Connection
  readonly location: string
  /** Prefix of all keys, in braces: so all keys are in one slot of a cluster. */
  readonly prefix: string
  readonly programOf: ReturnType<typeof toPrograms>
  /** The command option for a reply with bytes instead of texts. */
  readonly asBytes: object
}

/**
 * A Store in Redis or Valkey, shared by all processes that use the same prefix. Each write is one Lua script, which
 * Redis runs atomically. It carries a token, so that it is done once even if it is sent twice. The limits are those of
 * the store in memory and apply to all processes together. A session that is not used for the TTL is deleted.
 */
class RedisStore implements Store {
  readonly location: string
  readonly #parts: Parts
  /** Prefix of the tokens of this process. */
  readonly #self = randomBytes(12).toString('base64url')
  #commands = 0

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
    const limit = await this.#run('script', name, ...values)
    if (limit === 'entries' || limit === 'bytes' || limit === 'all') throw new StoreFull(FULL[limit])
  }

  async scripted(name: string): Promise<readonly Scripted[]> {
    const [left, script] = toList(await this.#run('scripted', name))
    return toScripted(left, script)
  }

  async take(name: string, ids: readonly string[]): ReturnType<Store['take']> {
    const [id, left] = toList(await this.#run('take', name, ...ids))
    return typeof id === 'string' ? { id, left: Number(left) } : undefined
  }

  async record(name: string, exchange: LazyExchange, generation = ''): ReturnType<Store['record']> {
    const { buffer, byteOffset, length } = exchange.toBytes()
    const bytes = Buffer.from(buffer, byteOffset, length)
    const [id, forgotten] = toList(await this.#run('record', name, generation, bytes))
    return { id: String(id), forgotten: toList(forgotten).map(String) }
  }

  async end(name: string, id: string, ending: Ending): Promise<void> {
    await this.#run('end', name, id, JSON.stringify(ending))
  }

  async records(name?: string): Promise<readonly StoredExchange[]> {
    const all = await Promise.all((await this.#sessions(name)).map(async (session) => this.#journal(session)))
    return all.flat().toSorted((a, b) => Number(a.id) - Number(b.id))
  }

  async mark(name: string, marks: readonly string[], generation = ''): Promise<void> {
    await this.#run('mark', name, generation, ...marks)
  }

  async marks(name?: string): Promise<ReadonlyMap<string, number>> {
    const hashes = (await this.#sessions(name)).map(async (session) => this.#counts(`marks:${session}`))
    return sumMarks(await Promise.all(hashes))
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
    const [sessions, exchanges, bytes] = toList(await this.#run('size', ''))
    return { sessions: Number(sessions), exchanges: Number(exchanges), bytes: Number(bytes) }
  }

  async close(): Promise<void> {
    this.#parts.connection.close()
  }

  async #run(program: Program, session: string, ...values: readonly (string | Buffer)[]): Promise<unknown> {
    const { connection, prefix, programOf } = this.#parts
    const { sha, source } = programOf(program)
    const args = ['1', prefix, `${this.#self}${this.#commands++}`, session, ...values]
    return connection.send(['EVALSHA', sha, ...args]).catch(async (error: unknown) => {
      if (error instanceof Error && error.message.startsWith('NOSCRIPT'))
        return connection.send(['EVAL', source, ...args])
      throw error
    })
  }

  // Sends a command about one of our keys, its second word. Returns its reply, which is a list.
  async #read([command = '', key, ...args]: readonly string[], options?: object): Promise<readonly unknown[]> {
    const { connection, prefix } = this.#parts
    return toList(await connection.send([command, `${prefix}:${key}`, ...args], options))
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

  async #eraseSome(session: string, ids: ReadonlySet<string>): Promise<void> {
    const stored = (await this.#read(['HKEYS', `exchanges:${session}`])).map(String)
    const erased = stored.filter((id) => ids.has(id))
    for (let i = 0; i < erased.length; i += MANY) await this.#run('erase', session, ...erased.slice(i, i + MANY))
  }

  async #counts(key: string): Promise<Map<string, number>> {
    return new Map(toPairs(await this.#read(['HGETALL', key])).map(([mark, count]) => [mark, Number(count)]))
  }
}

function toList(reply: unknown): readonly unknown[] {
  return Array.isArray(reply) ? reply : []
}

function toPairs(reply: unknown): [string, string][] {
  const list = toList(reply).map(String)
  return list.flatMap((value, i): [string, string][] => (i % 2 === 1 ? [[list[i - 1] ?? '', value]] : []))
}

function toScripted(left: unknown, script: unknown): Scripted[] {
  const jsons = new Map(toPairs(script))
  return toPairs(left)
    .map(([id, count]) => ({ id, json: jsons.get(id) ?? '', left: Number(count) }))
    .toSorted((a, b) => Number(a.id) - Number(b.id))
}

// An entry of the stream: its id, and a field with the bytes.
function toEntry(reply: unknown): { readonly id: string; readonly bytes: Uint8Array } {
  const [id, fields] = toList(reply)
  const [, bytes] = toList(fields)
  return { id: String(id).split('-')[0] ?? '', bytes: bytes instanceof Uint8Array ? bytes : new Uint8Array() }
}

// The size of an exchange; once it has ended, a space and its ending as JSON.
function toEnding(about: string): Ending | undefined {
  const at = about.indexOf(' ')
  return at === -1 ? undefined : JSON.parse(about.slice(at + 1))
}
