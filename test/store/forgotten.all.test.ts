import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { cpSync, rmSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { createInterface } from 'node:readline'
import { afterEach, describe, expect, test } from 'vitest'
import type { Mock } from '../../src/index.ts'
import { createMock } from '../../src/index.ts'
import { openRedis } from '../../src/store/redis/redis-store.ts'
import { StoreForgotten } from '../../src/store/store.ts'
import { type ChatOptions, type ReadResponse, ask } from '../ask.ts'
import { type Redis, SERVER, SKIPPED, startRedis } from './redis.ts'

const FORGOTTEN = { status: 503, json: { error: { code: 'store_forgotten', type: 'server_error' } } }
const CLI = resolve(import.meta.dirname, '../../dist/cli.js')
const AOF = ['--appendonly', 'yes']
const ALICE = { headers: { 'x-mock-session': 'alice' } }

describe.skipIf(SERVER === undefined)(`a store that has lost data${SKIPPED}`, () => {
  const ended: (() => Promise<void>)[] = []
  afterEach(async () => {
    for (const end of ended.splice(0).toReversed()) await end()
  })

  const start = async (...options: readonly string[]): Promise<Redis> => {
    const redis = await startRedis(...options)
    ended.push(redis.close)
    return redis
  }
  /** Mocks that share the store, and what they have reported. */
  const mocksOf = async (redis: Redis, count: number): Promise<{ mocks: Mock[]; faults: unknown[] }> => {
    const faults: unknown[] = []
    const mocks = await Promise.all(
      Array.from({ length: count }, async () =>
        createMock({ store: redis.url, onFault: (fault) => void faults.push(fault) }),
      ),
    )
    ended.push(...mocks.map((mock) => async () => mock.close()))
    return { mocks, faults }
  }
  const get = async (mock: Mock, path: string, headers: Record<string, string> = {}): Promise<Response> =>
    mock.fetch(`${mock.url}/__mock/${path}`, { headers })
  const lostAt = async (mock: Mock): Promise<string | undefined> =>
    (await (await get(mock, 'health')).json()).store.lostAt
  /** Sends requests to the mocks in turn, 20 at a time, and counts the responses by status and code of the error. */
  const many = async (
    count: number,
    mocks: readonly Mock[],
    onTurn: (sent: number) => Promise<void> = async () => {},
  ): Promise<Record<string, number>> => {
    const counts: Record<string, number> = {}
    const add = ({ status, json }: ReadResponse): void => {
      const kind = status === 503 ? json.error.code : status
      counts[kind] = (counts[kind] ?? 0) + 1
    }
    for (let sent = 0; sent < count; sent += 20) {
      const asked = Array.from({ length: 20 }, async (_, i) => ask(mocks[(sent + i) % mocks.length]!, ALICE).then(add))
      await Promise.all([...asked, onTurn(sent)])
    }
    return counts
  }
  const restart = async (redis: Redis): Promise<void> => {
    await redis.kill()
    await redis.start()
  }

  test('killed with an append-only file: exactly the scripted number of responses, and no error', async () => {
    const redis = await start(...AOF)
    const { mocks, faults } = await mocksOf(redis, 3)
    await mocks[0]?.session('alice').script('limit-rate', { times: 300 })
    const counts = await many(600, mocks, async (sent) => (sent === 100 ? restart(redis) : undefined))
    expect([counts, faults]).toEqual([{ 200: 300, 429: 300 }, []])
    expect(await lostAt(mocks[1]!)).toBeUndefined()
  })

  test('killed without persistence: a 503 until the session is scripted again, never the normal response', async () => {
    const redis = await start()
    const { mocks, faults } = await mocksOf(redis, 3)
    await mocks[0]?.session('alice').script('limit-rate', { times: 300 })
    const { 429: limited = 0, ...others } = await many(600, mocks, async (sent) =>
      sent === 100 ? restart(redis) : undefined,
    )
    expect(limited).toBeGreaterThanOrEqual(100)
    expect(limited).toBeLessThanOrEqual(140)
    expect(others).toEqual({ store_forgotten: 600 - limited })
    expect(faults, 'reported once by each mock').toEqual(mocks.map(() => expect.any(StoreForgotten)))
    expect(String(faults[0])).toMatch(/^StoreForgotten: the store at redis:\S+ has lost data, which was noticed at 20/)
    for (const mock of mocks) {
      expect(await (await get(mock, 'health')).json()).toMatchObject({
        status: 'store forgotten',
        store: { reached: true, lostAt: expect.stringMatching(/^20/) },
      })
      expect(await (await get(mock, 'metrics')).text()).toContain('\nchat_image_mock_store_forgotten 1\n')
      expect((await get(mock, 'readyz')).status, 'it must be possible to script a session').toBe(200)
    }
    await mocks[1]?.session('alice').script('limit-rate', { times: 30 })
    expect(await many(60, mocks)).toEqual({ 200: 30, 429: 30 })
    expect(await ask(mocks[2]!, { headers: { 'x-mock-session': 'bob' } })).toMatchObject(FORGOTTEN)
    await mocks[2]?.session('bob').reset()
    expect(await ask(mocks[0]!, { headers: { 'x-mock-session': 'bob' } })).toMatchObject({ status: 200 })
    await mocks[0]?.reset()
    for (const mock of mocks) {
      expect(await lostAt(mock)).toBeUndefined()
      expect(await ask(mock, { headers: { 'x-mock-session': 'carol' } })).toMatchObject({ status: 200 })
      expect(await (await get(mock, 'metrics')).text()).toContain('\nchat_image_mock_store_forgotten 0\n')
    }
  })

  test('an old snapshot is noticed by a mock that has not seen what is missing', async () => {
    const redis = await start()
    const { mocks } = await mocksOf(redis, 3)
    const [first, second, third] = mocks
    await first!.session('alice').script('limit-rate', { times: 30 })
    expect(await many(20, [first!])).toEqual({ 429: 20 })
    await redis.send('SAVE')
    await first!.session('bob').script('limit-rate')
    await restart(redis)
    await expect.poll(async () => (await get(second!, 'readyz')).status, { interval: 5 }).toBe(200)
    expect(await ask(second!, { headers: { 'x-mock-session': 'bob' } })).toMatchObject(FORGOTTEN)
    expect(await ask(third!, ALICE), 'it could return a response twice').toMatchObject(FORGOTTEN)
  })

  test('an old append-only file is noticed: no response is returned twice', async () => {
    const redis = await start(...AOF)
    const { mocks } = await mocksOf(redis, 3)
    const [files, copy] = ['appendonlydir', 'copy'].map((name) => join(redis.folder, name)) as [string, string]
    await mocks[0]?.session('alice').script('limit-rate', { times: 300 })
    expect(await many(100, mocks)).toEqual({ 429: 100 })
    cpSync(files, copy, { recursive: true })
    expect(await many(100, mocks)).toEqual({ 429: 100 })
    await redis.kill()
    rmSync(files, { recursive: true })
    cpSync(copy, files, { recursive: true })
    await redis.start()
    expect(await many(100, mocks)).toEqual({ store_forgotten: 100 })
  })

  test('data that is deleted while the store runs is noticed', async () => {
    const redis = await start()
    const { mocks } = await mocksOf(redis, 3)
    await mocks[0]?.session('alice').script('limit-rate', { times: 300 })
    expect(await many(60, mocks)).toEqual({ 429: 60 })
    await redis.send('FLUSHALL')
    expect(await many(60, mocks)).toEqual({ store_forgotten: 60 })
  })

  test('a mock that starts later knows of the loss, and one that starts first does not hide it', async () => {
    const redis = await start()
    const { mocks } = await mocksOf(redis, 1)
    await mocks[0]?.session('alice').script('limit-rate')
    await redis.kill()
    const early = mocksOf(redis, 1) // connects as soon as the store is back
    await redis.start()
    await expect.poll(async () => lostAt(mocks[0]!), { interval: 20 }).not.toBeUndefined()
    const { mocks: later } = await mocksOf(redis, 1)
    for (const mock of [...later, ...(await early).mocks]) expect(await ask(mock, ALICE)).toMatchObject(FORGOTTEN)
  })

  test('what is read of a session gets a 503 too, and a scenario that a request names does not', async () => {
    const redis = await start()
    const { mocks } = await mocksOf(redis, 1)
    const mock = mocks[0]!
    await mock.script('limit-rate')
    await redis.send('FLUSHALL')
    for (const path of ['exchanges', 'exchanges/latest', 'script', 'coverage'])
      for (const headers of [{}, ALICE.headers]) expect((await get(mock, path, headers)).status, path).toBe(503)
    await expect(mock.pending()).rejects.toThrow('has lost data')
    const limited = await ask(mock, { headers: { 'x-mock-scenario': 'limit-rate' } })
    expect(limited.status).toBe(429)
    expect(limited.headers.get('x-mock-note')).toContain('not in the journal: the store has lost data of the session')
    expect(await ask(mock, { headers: { 'x-mock-scenario': 'retry-503' } })).toMatchObject(FORGOTTEN)
    expect((await mock.fetch(`${mock.baseURL}/models`)).status).toBe(200)
    await mock.session('alice').reset()
    expect([await mock.session('alice').pending(), await mock.session('alice').exchanges()]).toEqual([[], []])
  })

  test('a session of a key works again when the default session is scripted, whose script is also for keys', async () => {
    const redis = await start()
    const { mocks } = await mocksOf(redis, 2)
    const key: ChatOptions = { headers: { authorization: 'Bearer some-key' } }
    await mocks[0]?.script('limit-rate', { times: 2 })
    expect(await ask(mocks[1]!, key)).toMatchObject({ status: 429 })
    await redis.send('FLUSHALL')
    expect(await ask(mocks[1]!, key)).toMatchObject(FORGOTTEN)
    await mocks[0]?.script('limit-rate', { times: 2 })
    const statuses = []
    for (const mock of [...mocks, ...mocks]) statuses.push((await ask(mock, key)).status)
    expect(statuses).toEqual([429, 429, 200, 200])
    expect(await mocks[0]?.exchanges()).toHaveLength(4)
    expect(await ask(mocks[0]!, ALICE), 'not a session with a name').toMatchObject(FORGOTTEN)
  })

  test('the log has an error when the store is gone, and a line when it is back and a warning if it has lost data', async () => {
    const redis = await start()
    const child = spawn(process.execPath, [CLI, '--port', '0', '--log', 'json'], {
      env: { PATH: process.env['PATH'], MOCK_STORE: redis.url },
      stdio: ['ignore', 'pipe', 'pipe'],
    })
    ended.push(async () => {
      child.kill()
      await once(child, 'exit')
    })
    const lines: string[] = []
    createInterface(child.stderr).on('line', (line) => {
      const { level, msg } = JSON.parse(line)
      if (msg.startsWith('the store')) lines.push(`${level} ${msg}`)
    })
    await once(createInterface(child.stdout), 'line')
    await redis.kill()
    await expect.poll(() => lines, { timeout: 20_000 }).toHaveLength(1)
    await redis.start()
    await expect.poll(() => lines, { timeout: 20_000 }).toHaveLength(3)
    expect(lines.map((line) => line.replace(`redis://127.0.0.1:${redis.port}/0`, 'URL'))).toEqual([
      expect.stringMatching(/^error the store at URL cannot be reached: /),
      expect.stringMatching(/^warn the store at URL has lost data, which was noticed at \d{4}-/),
      'info the store at URL is back',
    ])
  })

  test('a request that was chosen before the loss takes nothing from a new script', async () => {
    const redis = await start()
    const store = await openRedis(redis.url, { onLost: () => {} })
    ended.push(store.close.bind(store))
    await store.script('alice', [{ json: '"a"', times: 2 }])
    const { scripted, generation } = await store.open('alice')
    await redis.send('FLUSHALL')
    await store.script('alice', [{ json: '"b"', times: 2 }])
    await expect(store.take('alice', scripted)).rejects.toThrow(StoreForgotten)
    await expect(store.count('alice', 'c', generation)).rejects.toThrow(StoreForgotten)
    expect(await store.scripted('alice')).toMatchObject([{ json: '"b"', left: 2 }])
  })

  test('data that expires is not lost, and a loss is not reported longer than the data would have been kept', async () => {
    const redis = await start()
    const faults: unknown[] = []
    const store = await openRedis(redis.url, { ttl: 1, onLost: (fault) => void faults.push(fault) })
    ended.push(store.close.bind(store))
    await store.script('alice', [{ json: '"a"', times: 1 }])
    await expect.poll(async () => redis.send('EXISTS', '{chat-image-mock}:about'), { timeout: 5000 }).toBe(0)
    expect([await store.scripted('alice'), await store.size()]).toEqual([[], { sessions: 0, exchanges: 0, bytes: 0 }])
    await store.script('alice', [{ json: '"a"', times: 1 }])
    await redis.send('FLUSHALL')
    await expect(store.open('alice')).rejects.toThrow(StoreForgotten)
    await expect.poll(async () => store.size(), { timeout: 5000 }).not.toHaveProperty('lostAt')
    expect((await store.open('alice')).nth).toBe(1)
    expect(faults).toHaveLength(1)
  })
})
