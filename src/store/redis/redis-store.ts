import { randomBytes } from 'node:crypto'
import { parseRedisUrl } from '../redis-url.ts'
import type { Connecting } from './connection.ts'
import { Connection } from './connection.ts'
import type { Program } from './scripts.ts'
import { toPrograms } from './scripts.ts'
import type { Bounds, Ending, StoredExchange, Opened, Scripted, Store, Claim, LazyExchange } from '../store.ts'
import { FULL, MAX_BYTES, MAX_SESSIONS, StoreFull, StoreUnavailable } from '../store.ts'

/** Seconds for which it is kept what nobody uses. */
const TTL = 3600
/** Exchanges that are read by one command, and ids that one is given. */
const [PAGE, MANY] = [32, 1000]

/** How a store in Redis is opened. */
export interface RedisOptions extends Bounds {
  /** Seconds for which it is kept what nobody uses; an hour unless it is given. */
  readonly ttl?: number
  /** Told once when the store cannot be reached. */
  readonly onLost: Connecting['onLost']
}

/**
 * A Store in the Redis or Valkey at a URL, as `readAddress` takes it. It need not be there yet. An error says that the
 * package @redis/client is not installed.
 */
export async function openRedis(
  url: string,
  { onLost, ttl = TTL, exchanges = 1000, sessions = MAX_SESSIONS, bytes = MAX_BYTES }: RedisOptions,
): Promise<Store> {
  const address = parseRedisUrl(url)
  if (address === undefined) throw new RangeError('store: this is no URL of a Redis or Valkey')
  const { createClient, ErrorReply, RESP_TYPES } = await import('@redis/client').catch((error: unknown) => {
    throw new Error('store: the package @redis/client is not installed; write: npm install @redis/client', {
      cause: error,
    })
  })
  const connection = new Connection({
    create: () =>
      createClient({
        url: address.url,
        RESP: 2,
        disableClientInfo: true,
        disableOfflineQueue: true,
        commandOptions: { timeout: 0 },
        socket: { reconnectStrategy: false },
      }),
    isReply: (error) => error instanceof ErrorReply,
    place: address.place,
    onLost,
  })
  await connection.open()
  return new RedisStore({
    connection,
    place: address.place,
    prefix: `{${address.prefix}}`,
    bounds: { exchanges, sessions, bytes, ttl },
    asBytes: { typeMapping: { [RESP_TYPES.BLOB_STRING]: Buffer } },
  })
}

interface Parts {
  readonly connection: Connection
  readonly place: string
  /** What every key begins with; in braces, so that a cluster keeps all of them in one place. */
  readonly prefix: string
  readonly bounds: Required<Bounds> & { readonly ttl: number }
  /** The option by which a command's reply has bytes in place of texts. */
  readonly asBytes: object
}

/**
 * A Store in Redis or Valkey, for as many processes as use it. Each call that writes is one program that runs there as one
 * step, and is told apart from others, so that it is done once even where it was sent twice. What is read of all sessions is
 * read one session after the other. The bounds are those of a Store in memory, and hold for all processes together; beyond
 * them, all of a session goes when nobody has used it for an hour, and everything when nobody has used any.
 */
class RedisStore implements Store {
  readonly place: string
  readonly #parts: Parts
  readonly #program: ReturnType<typeof toPrograms>
  // The tokens of one process: none of another begins so.
  readonly #self = randomBytes(12).toString('base64url')
  #commands = 0

  constructor(parts: Parts) {
    this.#parts = parts
    this.#program = toPrograms(parts.bounds)
    this.place = parts.place
  }

  async open(name: string): Promise<Opened> {
    const [nth, generation, left, script] = listOf(await this.#run('open', name))
    return { nth: Number(nth), generation: String(generation), scripted: toScripted(left, script) }
  }

  async count(name: string, counter: string, generation?: string): Promise<number> {
    return Number(await this.#run('count', name, { generation, values: [counter] }))
  }

  async script(name: string, entries: readonly { readonly json: string; readonly times: number }[]): Promise<void> {
    const fault = String(
      await this.#run('script', name, { values: entries.flatMap(({ json, times }) => [json, String(times)]) }),
    )
    if (fault === 'entries' || fault === 'bytes' || fault === 'all') throw new StoreFull(FULL[fault]())
  }

  async scripted(name: string): Promise<readonly Scripted[]> {
    const [left, script] = listOf(await this.#run('scripted', name))
    return toScripted(left, script)
  }

  async take(name: string, ids: readonly string[]): Promise<Claim | undefined> {
    const [id, left] = listOf(await this.#run('take', name, { values: ids }))
    return typeof id === 'string' ? { id, left: Number(left) } : undefined
  }

  async record(
    name: string,
    exchange: Uint8Array | LazyExchange,
    generation?: string,
  ): Promise<{ readonly id: string; readonly forgotten: readonly string[] }> {
    const bytes = exchange instanceof Uint8Array ? exchange : exchange.toBytes()
    const [id, forgotten] = listOf(
      await this.#run('record', name, {
        generation,
        values: [Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length)],
      }),
    )
    return { id: String(id), forgotten: listOf(forgotten).map(String) }
  }

  async end(name: string, id: string, ending: Ending): Promise<void> {
    await this.#run('finish', name, { values: [id, JSON.stringify(ending)] })
  }

  async records(name?: string): Promise<readonly StoredExchange[]> {
    const all = await Promise.all((await this.#sessions(name)).map(async (session) => this.#journal(session)))
    return all.flat().toSorted((a, b) => Number(a.id) - Number(b.id))
  }

  async mark(name: string, marks: readonly string[], generation?: string): Promise<void> {
    await this.#run('mark', name, { generation, values: marks })
  }

  async marks(name?: string): Promise<ReadonlyMap<string, number>> {
    const all = new Map<string, number>()
    const hashes = await Promise.all(
      (await this.#sessions(name)).map(async (session) => this.#pairs(`marks:${session}`)),
    )
    for (const [mark, count] of hashes.flat()) all.set(mark, (all.get(mark) ?? 0) + Number(count))
    return all
  }

  async total(): Promise<ReadonlyMap<string, number>> {
    return new Map((await this.#pairs('total')).map(([mark, count]) => [mark, Number(count)]))
  }

  async erase(name?: string, ids?: readonly string[]): Promise<void> {
    const meant = new Set(ids)
    await Promise.all(
      (await this.#sessions(name)).map(async (session) =>
        ids === undefined ? this.#run('eraseAll', session) : this.#eraseSome(session, meant),
      ),
    )
  }

  async reset(name?: string): Promise<void> {
    await this.#run(name === undefined ? 'resetAll' : 'reset', name ?? '')
  }

  async size(): Promise<{ readonly sessions: number; readonly exchanges: number; readonly bytes: number }> {
    const [sessions, exchanges, bytes] = listOf(await this.#run('size', ''))
    return { sessions: Number(sessions), exchanges: Number(exchanges), bytes: Number(bytes) }
  }

  async close(): Promise<void> {
    this.#parts.connection.close()
  }

  async #run(
    program: Program,
    name: string,
    {
      generation = '',
      values = [],
    }: { readonly generation?: string | undefined; readonly values?: readonly (string | Buffer)[] } = {},
  ): Promise<unknown> {
    const { connection, prefix } = this.#parts
    const { sha, source } = this.#program(program)
    const args = ['1', prefix, `${this.#self}${this.#commands++}`, name, generation, ...values]
    return connection.ask(['EVALSHA', sha, ...args]).catch(async (error: unknown) => {
      if (!(error instanceof Error) || error instanceof StoreUnavailable || !error.message.startsWith('NOSCRIPT'))
        throw error
      return connection.ask(['EVAL', source, ...args])
    })
  }

  async #sessions(name: string | undefined): Promise<readonly string[]> {
    const { connection, prefix } = this.#parts
    return name === undefined
      ? listOf(await connection.ask(['ZRANGE', `${prefix}:sessions`, '0', '-1'])).map(String)
      : [name]
  }

  // The Exchanges of a session, the oldest first; one that goes meanwhile is left out.
  async #journal(session: string): Promise<StoredExchange[]> {
    const { connection, prefix, asBytes } = this.#parts
    const all: StoredExchange[] = []
    for (let from = '-'; ;) {
      const page = listOf(
        await connection.ask(['XRANGE', `${prefix}:journal:${session}`, from, '+', 'COUNT', String(PAGE)], asBytes),
      ).map(toEntry)
      const last = page.at(-1)
      if (last === undefined) return all
      const about = listOf(
        await connection.ask(['HMGET', `${prefix}:exchanges:${session}`, ...page.map(({ id }) => id)]),
      )
      for (const [i, { id, bytes }] of page.entries()) {
        const known = about[i]
        if (typeof known === 'string' && bytes.length > 0) all.push({ id, session, bytes, ending: toEnding(known) })
      }
      if (page.length < PAGE) return all
      from = `(${last.id}-0`
    }
  }

  async #eraseSome(session: string, ids: ReadonlySet<string>): Promise<void> {
    const kept = listOf(await this.#parts.connection.ask(['HKEYS', `${this.#parts.prefix}:exchanges:${session}`])).map(
      String,
    )
    const gone = kept.filter((id) => ids.has(id))
    for (let i = 0; i < gone.length; i += MANY) await this.#run('erase', session, { values: gone.slice(i, i + MANY) })
  }

  async #pairs(key: string): Promise<[string, string][]> {
    return toPairs(await this.#parts.connection.ask(['HGETALL', `${this.#parts.prefix}:${key}`]))
  }
}

function listOf(reply: unknown): readonly unknown[] {
  return Array.isArray(reply) ? reply : []
}

function toPairs(reply: unknown): [string, string][] {
  const list = listOf(reply).map(String)
  return list.flatMap((value, i): [string, string][] => (i % 2 === 1 ? [[list[i - 1] ?? '', value]] : []))
}

function toScripted(left: unknown, script: unknown): Scripted[] {
  const jsons = new Map(toPairs(script))
  return toPairs(left)
    .map(([id, count]) => ({ id, json: jsons.get(id) ?? '', left: Number(count) }))
    .toSorted((a, b) => Number(a.id) - Number(b.id))
}

// An entry of a journal: its id, and a field with its bytes.
function toEntry(reply: unknown): { readonly id: string; readonly bytes: Uint8Array } {
  const [id, fields] = listOf(reply)
  const [, bytes] = listOf(fields)
  return { id: String(id).split('-')[0] ?? '', bytes: bytes instanceof Uint8Array ? bytes : new Uint8Array() }
}

// What is known of an Exchange: its size, and behind it how it ended, once it has.
function toEnding(about: string): Ending | undefined {
  const at = about.indexOf(' ')
  return at === -1 ? undefined : JSON.parse(about.slice(at + 1))
}
