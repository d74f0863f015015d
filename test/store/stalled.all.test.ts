import { once } from 'node:events'
import { type Socket, connect, createServer } from 'node:net'
import { afterEach, describe, expect, test } from 'vitest'
import type { Mock } from '../../src/index.ts'
import { createMock } from '../../src/index.ts'
import { openRedis } from '../../src/store/redis/redis-store.ts'
import { type Store, sizeOf } from '../../src/store/store.ts'
import { type ReadResponse, ask } from '../ask.ts'
import { exchangeOf } from './suite.ts'
import { type Redis, SERVER, SKIPPED, startRedis } from './redis.ts'

const STALL = 2500
const sleep = async (ms: number): Promise<void> => new Promise((done) => setTimeout(done, ms))

/** A proxy of a store. After `mute`, its open connections pass on no replies. */
async function startProxy(port: number): Promise<{ url: string; mute: () => void; close: () => Promise<void> }> {
  const muted = new Set<Socket>()
  const sockets = new Set<Socket>()
  const server = createServer((near) => {
    const far = connect(port, '127.0.0.1')
    sockets.add(near.on('error', () => {}).on('close', () => far.destroy()))
    near.pipe(far).on('error', () => {})
    far.on('data', (bytes) => void (muted.has(near) || near.write(bytes)))
  }).listen(0, '127.0.0.1')
  await once(server, 'listening')
  const address = server.address()
  return {
    url: `redis://127.0.0.1:${typeof address === 'object' ? address?.port : ''}`,
    mute: () => {
      for (const socket of sockets) muted.add(socket)
    },
    close: async () => {
      for (const socket of sockets) socket.destroy()
      server.close()
    },
  }
}

describe.skipIf(SERVER === undefined)(`a store that stalls${SKIPPED}`, () => {
  const ended: (() => Promise<void>)[] = []
  afterEach(async () => {
    for (const end of ended.splice(0).toReversed()) await end()
  })
  const start = async (): Promise<Redis> => {
    const redis = await startRedis()
    ended.push(redis.close)
    return redis
  }
  const mocksOf = async (redis: Redis): Promise<Mock[]> => {
    const mocks = await Promise.all([1, 2, 3].map(async () => createMock({ store: redis.url })))
    ended.push(...mocks.map((mock) => async () => mock.close()))
    return mocks
  }
  const storeOf = async (url: string): Promise<Store> => {
    const store = await openRedis(url, { onLost: () => {} })
    ended.push(async () => store.close())
    return store
  }
  /** Stops the replies of the store, runs `use`, and waits until the store replies again. */
  const stalled = async <T>(redis: Redis, mocks: readonly Mock[], use: () => Promise<T>): Promise<T> => {
    redis.signal('SIGSTOP')
    const [result] = await Promise.all([use(), sleep(STALL)])
    redis.signal('SIGCONT')
    for (const mock of mocks)
      await expect
        .poll(async () => (await mock.fetch(`${mock.url}/__mock/readyz`)).status, { timeout: 10_000, interval: 20 })
        .toBe(200)
    return result
  }

  test('no scripted response is lost or returned twice, and no step of a sequence is skipped', async () => {
    const redis = await start()
    const mocks = await mocksOf(redis)
    const alice = mocks[0]!.session('alice')
    const steps = Array.from({ length: 100 }, (_, i) => `step ${i}`)
    await alice.script('limit-rate', { times: 200 })
    await alice.script({ then: { sequence: steps.map((say) => ({ say })) } })
    const responses: ReadResponse[] = []
    let turn = 0
    const many = async (count: number): Promise<void> => {
      const asked = Array.from({ length: count }, async () => {
        responses.push(await ask(mocks[turn++ % mocks.length]!, { headers: { 'x-mock-session': 'alice' } }))
      })
      await Promise.all(asked)
    }
    for (let round = 0; round < 2; round++) {
      const before = many(60)
      await sleep(20 * round)
      await stalled(redis, mocks, async () => Promise.all([before, many(30)]))
      const failed = responses.filter(({ status }) => status === 503)
      expect(new Set(failed.map(({ json }) => json.error.code))).toEqual(new Set(['store_unavailable']))
    }
    await many(400)
    const count = (status: number): number => responses.filter((one) => one.status === status).length
    expect([count(429), await alice.pending()]).toEqual([200, []])
    const said = responses.map(({ content }) => content).filter((text) => text?.startsWith('step'))
    expect(said.toSorted()).toEqual(steps.toSorted())
    const kept = await alice.exchanges({ limit: 1000 })
    const listed = new Set(kept.map(({ response }) => response.headers['x-request-id']))
    for (const { headers } of responses) {
      const isMissing = headers.get('x-mock-note')?.includes('not in the journal') === true
      expect(listed.has(headers.get('x-request-id') ?? ''), 'the note is true').toBe(!isMissing)
    }
  })

  test('what a command took or added whose reply did not arrive is undone', async () => {
    const redis = await start()
    const proxy = await startProxy(redis.port)
    ended.push(proxy.close)
    const [store, other] = [await storeOf(proxy.url), await storeOf(redis.url)]
    await store.script('alice', [
      { json: '"a"', times: 3 },
      { json: '"b"', times: 1 },
    ])
    const { scripted, generation } = await store.open('alice')
    const [a, b] = scripted
    await store.count('alice', 'turn', generation)
    await Promise.all([store.take('bob', scripted), store.record('bob', exchangeOf(''))]) // Redis knows all scripts
    proxy.mute() // as during a slow fsync: the commands run, and their replies do not arrive
    const pending = Promise.allSettled([
      store.take('alice', [a!]),
      store.take('alice', [b!]),
      store.count('alice', 'turn', generation),
      store.record('alice', exchangeOf('lost'), generation),
      store.script('alice', [{ json: '"c"', times: 1 }]),
    ])
    const lefts = async (): Promise<unknown> =>
      (await other.scripted('alice')).map(({ json, left }) => `${json} ${left}`)
    await expect.poll(lefts, { interval: 10 }).toEqual(['"a" 2', '"c" 1'])
    expect((await pending).map(({ status }) => status)).toEqual(Array.from({ length: 5 }, () => 'rejected'))
    await expect.poll(async () => sizeOf(store), { timeout: 5000 }).toBeDefined()
    expect(await lefts()).toEqual(['"a" 3', '"b" 1'])
    expect(await other.records('alice')).toEqual([])
    expect([await other.count('alice', 'turn', generation), await other.count('alice', 'turn', generation)]).toEqual([
      2, 3,
    ])
    const taken = []
    for (let i = 0; i < 4; i++) taken.push((await other.take('alice', [a!]))?.left)
    expect(taken, 'each once').toEqual([3, 2, 1, undefined])
    expect(await other.take('alice', [b!])).toEqual({ id: b!.id, left: 1 })
  })

  test('a request waits one second, and further ones not at all', async () => {
    const redis = await start()
    const mocks = await mocksOf(redis)
    for (const mock of mocks) await ask(mock)
    const timed = async (mock: Mock): Promise<number> => {
      const began = performance.now()
      expect((await ask(mock)).status).toBe(503)
      return performance.now() - began
    }
    const [first, then] = await stalled(redis, mocks, async () => [
      await Promise.all(mocks.map(timed)),
      await Promise.all(mocks.map(timed)),
    ])
    expect(Math.max(...first)).toBeGreaterThan(850)
    expect(Math.max(...first)).toBeLessThan(1800)
    expect(Math.max(...then)).toBeLessThan(500)
  })

  test('a stall of less than a second delays requests and loses nothing', async () => {
    const redis = await start()
    const mocks = await mocksOf(redis)
    await mocks[0]!.session('alice').script('limit-rate', { times: 20 })
    redis.signal('SIGSTOP')
    const asked = Array.from({ length: 30 }, async (_, i) =>
      ask(mocks[i % 3]!, { headers: { 'x-mock-session': 'alice' } }),
    )
    await sleep(300)
    redis.signal('SIGCONT')
    const statuses = (await Promise.all(asked)).map(({ status }) => status)
    expect(statuses.toSorted((a, b) => a - b)).toEqual([...Array(10).fill(200), ...Array(20).fill(429)])
  })
})
