import { execFile, execFileSync } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { connect } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createServer } from 'node:tls'
import { promisify } from 'node:util'
import { createClient } from '@redis/client'
import fc from 'fast-check'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { MemoryStore } from '../../src/store/memory-store.ts'
import { openRedis } from '../../src/store/redis/redis-store.ts'
import type { Bounds, Store } from '../../src/store/store.ts'
import type { Redis } from './redis.ts'
import { SERVER, SKIPPED, startRedis } from './redis.ts'
import { exchangeOf, storeTests } from './suite.ts'

describe.skipIf(SERVER === undefined)(`a store in Redis${SKIPPED}`, () => {
  let redis: Redis
  let stores: Store[] = []
  let prefixes = 0
  beforeAll(async () => {
    redis = await startRedis()
  })
  afterAll(async () => {
    await Promise.all(stores.map(async (store) => store.close()))
    await redis.close()
  })

  /** A store with its own keys, or with those of another store with the same prefix. */
  const open = async (bounds: Bounds & { ttl?: number } = {}, prefix = `p${++prefixes}`): Promise<Store> => {
    const store = await openRedis(`${redis.url}?prefix=${prefix}`, {
      ...bounds,
      onLost: (error) => {
        throw error
      },
    })
    stores = [...stores, store]
    return store
  }
  /** Sends commands to the Redis directly. */
  const withClient = async <T>(use: (client: ReturnType<typeof createClient>) => Promise<T>): Promise<T> => {
    const client = createClient({ url: redis.url })
    await client.connect()
    try {
      return await use(client as ReturnType<typeof createClient>)
    } finally {
      client.destroy()
    }
  }

  storeTests(open)

  test('stores with the same prefix share their data; another prefix has its own', async () => {
    const [one, two, other] = [await open({}, 'shared'), await open({}, 'shared'), await open({}, 'shared2')]
    await one.script('alice', [{ json: '"a"', times: 3 }])
    const { scripted } = await two.open('alice')
    expect(scripted).toMatchObject([{ json: '"a"', left: 3 }])
    expect(
      await Promise.all([one, two, one].map(async (store) => (await store.take('alice', scripted))?.left)),
    ).toEqual(expect.arrayContaining([1, 2, 3]))
    const written = [
      await one.record('alice', exchangeOf('1')),
      await two.record('bob', exchangeOf('2')),
      await one.record('alice', exchangeOf('3')),
    ]
    expect((await two.records()).map(({ id, bytes }) => [id, String(bytes)])).toEqual(
      written.map(({ id }, i) => [id, String(i + 1)]),
    )
    expect([await other.scripted('alice'), await other.records()]).toEqual([[], []])
  })

  test('names of sessions are not confused with keys, and texts and bytes are returned unchanged', async () => {
    const store = await open()
    for (const session of ['a', 'a:journal', 'marks:a', '}:about', '*']) {
      await store.script(session, [{ json: JSON.stringify(`${session} \u{1F98A} \u0000`), times: 1 }])
      await store.record(session, exchangeOf(Uint8Array.from([0, 255, 13, 10, 128])))
    }
    await store.reset('a')
    await store.reset('*')
    expect(await store.size()).toMatchObject({ sessions: 3, exchanges: 3, bytes: 15 })
    expect((await store.open('}:about')).scripted.map(({ json }) => JSON.parse(json))).toEqual([
      '}:about \u{1F98A} \u0000',
    ])
    expect((await store.records('marks:a')).map(({ bytes }) => [...bytes])).toEqual([[0, 255, 13, 10, 128]])
  })

  test('every key expires within an hour, begins with the prefix, and is in one slot of a cluster', async () => {
    const store = await open({}, 'mine')
    await store.script('alice', [{ json: '"a"', times: 3 }])
    const { scripted, generation } = await store.open('alice')
    await store.take('alice', scripted)
    await store.count('alice', 'turn', generation)
    const { id } = await store.record('alice', exchangeOf('a'), generation)
    await store.end('alice', id, { duration: 1, hungUp: false })
    await store.mark('alice', ['m'])
    await store.reset('nobody')
    await withClient(async (client) => {
      const keys = await client.keys('{mine}:*')
      const left = await Promise.all(keys.map(async (key) => client.pTTL(key)))
      expect(keys.length).toBeGreaterThan(12)
      expect(keys.filter((_key, i) => !((left[i] ?? 0) > 0 && (left[i] ?? 0) <= 3_600_000))).toEqual([])
    })
  })

  test('unused data expires, and is removed from the size', async () => {
    const store = await open({ ttl: 1 })
    await store.script('idle', [{ json: '"a"', times: 1 }])
    await store.record('idle', exchangeOf('abc'))
    for (let i = 0; i < 7; i++) {
      await new Promise((resolve) => setTimeout(resolve, 200))
      await store.record('busy', exchangeOf('a'))
    }
    expect([await store.scripted('idle'), await store.records('idle')]).toEqual([[], []])
    expect(await store.size()).toEqual({ sessions: 1, exchanges: 7, bytes: 7 })
  })

  test('reads a journal that is longer than one page completely and in order', async () => {
    const store = await open({ exchanges: 150 })
    const written: string[] = []
    for (let i = 0; i < 200; i++) written.push((await store.record('', exchangeOf(String(i)))).id)
    expect((await store.records('')).map(({ id }) => id)).toEqual(written.slice(-150))
    await store.erase('', written.slice(60, 100))
    expect(await store.records()).toHaveLength(110)
  })

  test('a wrong sum of bytes in the Redis is corrected, and blocks no request', async () => {
    const store = await open({}, 'damaged')
    await store.record('', exchangeOf('a'))
    await withClient(async (client) => client.sendCommand(['HSET', '{damaged}:about', 'bytes', '99999999999']))
    await store.record('', exchangeOf('b'))
    expect(await store.size()).toEqual({ sessions: 1, exchanges: 0, bytes: 0 })
    await store.record('', exchangeOf('c'))
    expect(await store.size()).toEqual({ sessions: 1, exchanges: 1, bytes: 1 })
  })

  test('after close() the data can still be read, and no connection stays open', async () => {
    const store = await open()
    const connections = async (): Promise<number> =>
      withClient(async (client) => (await client.sendCommand<string>(['CLIENT', 'LIST'])).trim().split('\n').length)
    await store.record('', exchangeOf('a'))
    const before = await connections()
    await store.close()
    expect(await store.records()).toHaveLength(1)
    await expect.poll(connections).toBe(before - 1)
  })

  test('rediss: uses TLS with a trusted certificate', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'tls-'))
    const [key, cert] = [join(folder, 'key.pem'), join(folder, 'cert.pem')]
    execFileSync(
      'openssl',
      [
        'req',
        '-x509',
        '-newkey',
        'rsa:2048',
        '-nodes',
        '-days',
        '1',
        '-subj',
        '/CN=localhost',
        '-addext',
        'subjectAltName=DNS:localhost',
        '-keyout',
        key,
        '-out',
        cert,
      ],
      {
        stdio: 'ignore',
      },
    )
    const server = createServer({ key: readFileSync(key), cert: readFileSync(cert) }, (near) => {
      const far = connect(redis.port, '127.0.0.1')
      near.pipe(far).pipe(near)
      near.on('error', () => far.destroy())
    }).listen(0, 'localhost')
    await once(server, 'listening')
    const address = server.address()
    const url = `rediss://localhost:${typeof address === 'object' ? address?.port : ''}`
    const reported: string[] = []
    const distrusted = await openRedis(url, { onLost: ({ message }) => reported.push(message) })
    await expect(distrusted.open('')).rejects.toThrow(/self.signed certificate/)
    await distrusted.close()
    expect(reported).toHaveLength(1)
    const program = `import { createMock } from './dist/index.js'
      const mock = await createMock({ store: '${url}' })
      console.log(await (await mock.fetch(mock.url + '/__mock/health')).text())
      await mock.close()`
    const { stdout } = await promisify(execFile)(process.execPath, ['--input-type=module', '-e', program], {
      env: { ...process.env, NODE_EXTRA_CA_CERTS: cert },
    })
    expect(JSON.parse(stdout)).toMatchObject({ status: 'ok', store: { place: url, reached: true } })
    server.close()
    rmSync(folder, { recursive: true })
  })

  test('behaves like the store in memory for all sequences of commands', async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(commands, { minLength: 1, maxLength: 60 }), async (list) => {
        const bounds = { exchanges: 4, sessions: 3, bytes: 40 }
        const [memory, remote] = [createRunner(new MemoryStore(bounds)), createRunner(await open(bounds))]
        for (const command of list)
          expect(await remote(command), JSON.stringify(command)).toEqual(await memory(command))
      }),
      { numRuns: 500 },
    )
  }, 120_000)
})

const session = fc.constantFrom('', 'a', 'b', 'c', 'd')
const some = fc.option(session, { nil: undefined })
const place = fc.nat(30)
const mark = fc.constantFrom('m1', 'm2', 'm3')
const commands = fc.oneof(
  fc.record({ do: fc.constant('open'), session }),
  fc.record({ do: fc.constant('count'), session, mark, generation: fc.option(place, { nil: undefined }) }),
  fc.record({
    do: fc.constant('script'),
    session,
    entries: fc.array(fc.record({ json: fc.json(), times: fc.integer({ min: 1, max: 3 }) }), { maxLength: 3 }),
  }),
  fc.record({ do: fc.constant('scripted'), session }),
  fc.record({ do: fc.constant('take'), session, places: fc.array(place, { maxLength: 3 }) }),
  fc.record({
    do: fc.constant('record'),
    session,
    size: fc.integer({ min: 1, max: 25 }),
    generation: fc.option(place, { nil: undefined }),
  }),
  fc.record({ do: fc.constant('end'), session, place, duration: fc.nat(9) }),
  fc.record({ do: fc.constant('records'), some }),
  fc.record({
    do: fc.constant('mark'),
    session,
    marks: fc.array(mark, { maxLength: 4 }),
    generation: fc.option(place, { nil: undefined }),
  }),
  fc.record({ do: fc.constant('marks'), some }),
  fc.record({
    do: fc.constant('erase'),
    some,
    places: fc.option(fc.array(place, { maxLength: 4 }), { nil: undefined }),
  }),
  fc.record({ do: fc.constant('reset'), some }),
  fc.record({ do: fc.constant('size') }),
)

/** Runs commands and returns their results, with ids and generations replaced by their order of first use. */
function createRunner(store: Store): (command: any) => Promise<unknown> {
  const ids: string[] = []
  const generations: string[] = []
  const numberOf = (id: string): number => (ids.includes(id) ? ids.indexOf(id) : ids.push(id) - 1)
  const generationAt = (i: number | undefined): string | undefined =>
    i === undefined ? undefined : generations[i % generations.length]
  const idAt = (i: number): string => ids[i % ids.length] ?? 'none'
  const scriptOf = async (name: string): Promise<unknown> =>
    (await store.scripted(name)).map(({ id, ...rest }) => ({ ...rest, id: numberOf(id) }))
  const runners: Readonly<Record<string, (command: any) => Promise<unknown>>> = {
    open: async (command) => {
      const { nth, generation, scripted } = await store.open(command.session)
      if (!generations.includes(generation)) generations.push(generation)
      return {
        nth,
        generation: generations.indexOf(generation),
        scripted: scripted.map(({ id, ...rest }) => ({ ...rest, id: numberOf(id) })),
      }
    },
    count: async (command) => store.count(command.session, command.mark, generationAt(command.generation)),
    script: async (command) => [await store.script(command.session, command.entries), await scriptOf(command.session)],
    scripted: async (command) => scriptOf(command.session),
    take: async (command) => {
      const taken = await store.take(
        command.session,
        command.places.map((i: number) => ({ id: idAt(i), json: '' })),
      )
      return taken && [numberOf(taken.id), taken.left]
    },
    record: async (command) => {
      const { id, forgotten } = await store.record(
        command.session,
        exchangeOf('x'.repeat(command.size)),
        generationAt(command.generation),
      )
      return [numberOf(id), forgotten]
    },
    end: async (command) =>
      store.end(command.session, idAt(command.place), { duration: command.duration, hungUp: false }),
    records: async (command) =>
      (await store.records(command.some)).map(({ id, bytes, ...rest }) => ({
        ...rest,
        id: numberOf(id),
        bytes: String(Buffer.from(bytes)),
      })),
    mark: async (command) => store.mark(command.session, command.marks, generationAt(command.generation)),
    marks: async (command) => [await store.marks(command.some), await store.total()],
    erase: async (command) => store.erase(command.some, command.places?.map(idAt)),
    reset: async (command) => store.reset(command.some),
    size: async () => store.size(),
  }
  return async (command) => runners[command.do]?.(command)
}
