import { connect, createServer } from 'node:net'
import type { Socket } from 'node:net'
import { once } from 'node:events'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import type { Mock } from '../../src/index.ts'
import { createMock } from '../../src/index.ts'
import { ask, picturesIn } from '../ask.ts'
import type { Redis } from './redis.ts'
import { SERVER, SKIPPED, startRedis } from './redis.ts'

/** Sends a request to the control API, and reads the response. */
const control = async (
  mock: Mock,
  path: string,
  body?: object,
): Promise<{ status: number; headers: Headers; json: any }> => {
  const response = await mock.fetch(
    `${mock.url}/__mock/${path}`,
    body === undefined
      ? {}
      : { method: 'POST', headers: { 'content-type': 'application/json' }, body: JSON.stringify(body) },
  )
  return { status: response.status, headers: response.headers, json: await response.json() }
}

const GONE = { status: 503, json: { error: { code: 'store_unavailable', type: 'server_error' } } }

describe.skipIf(SERVER === undefined)(`when the store is unreachable${SKIPPED}`, () => {
  let redis: Redis
  let mock: Mock
  let faults: string[]
  beforeEach(async () => {
    redis = await startRedis('--appendonly', 'yes', '--appendfsync', 'always')
    faults = []
    mock = await createMock({ store: redis.url, onFault: (fault) => faults.push(String(fault)) })
  })
  afterEach(async () => {
    await mock.close()
    await redis.close()
  })
  /** Waits until readyz has this status. */
  const becomes = async (status: number, of = mock): Promise<void> => {
    await expect.poll(async () => (await control(of, 'readyz')).status, { timeout: 10_000, interval: 20 }).toBe(status)
  }

  test('requests without state still work: pictures, pages, models, documents, and chat requests with a named scenario', async () => {
    const { content } = await ask(mock)
    const links = [...content.matchAll(/\]\((http[^)]+)\)/g)].map(([, link = '']) => link)
    await redis.kill()
    await becomes(503)
    expect(links.length).toBeGreaterThan(3)
    for (const link of [...links, ...picturesIn(content), `${mock.url}/openapi.json`, `${mock.baseURL}/models`])
      expect((await mock.fetch(link)).status, link).toBe(200)
    expect(await ask(mock, { headers: { 'x-mock-scenario': 'limit-rate' } })).toMatchObject({ status: 429 })
    expect(await ask(mock, { headers: { prefer: 'code=500' } })).toMatchObject({ status: 500 })
    const named = await ask(mock, { text: '/mock refused-prose' })
    expect([named.status, picturesIn(named.content), named.headers.get('x-mock-note')]).toEqual([
      200,
      [],
      expect.stringMatching(/^scenario refused-prose .*not in the journal: the store cannot be reached/),
    ])
    expect(await control(mock, 'scenarios')).toMatchObject({ status: 200 })
  })

  test('other chat requests and the control API get a 503 with Retry-After, without a fallback to memory', async () => {
    await mock.script('limit-rate', { times: 2 })
    await redis.kill()
    await becomes(503)
    for (const headers of [{}, { 'x-mock-session': 'alice' }, { authorization: 'Bearer any' }]) {
      const response = await ask(mock, { headers })
      expect(response).toMatchObject(GONE)
      expect(response.headers.get('retry-after')).toBe('1')
      expect(response.json.error.message).toBe(
        `The stored data is not available: the store at redis://127.0.0.1:${redis.port}/0 cannot be reached: connect ECONNREFUSED 127.0.0.1:${redis.port}`,
      )
    }
    for (const scenario of ['retry-503', 'retry-429'])
      expect(
        await ask(mock, { headers: { 'x-mock-scenario': scenario } }),
        'the position in a sequence is in the store',
      ).toMatchObject(GONE)
    for (const path of ['exchanges', 'exchanges/latest', 'script', 'coverage', 'coverage?total=true'])
      expect(await control(mock, path), path).toMatchObject(GONE)
    expect(await control(mock, 'script', { scenario: 'limit-rate' })).toMatchObject(GONE)
    expect(await control(mock, 'reset', {})).toMatchObject(GONE)
    await expect(mock.script('limit-rate')).rejects.toThrow('cannot be reached')
    expect(await control(mock, 'livez')).toMatchObject({ status: 200 })
    expect(await control(mock, 'readyz')).toMatchObject({ status: 503 })
    expect(await control(mock, 'health')).toMatchObject({
      status: 200,
      json: {
        status: 'not ready',
        sessions: null,
        exchanges: null,
        store: { place: `redis://127.0.0.1:${redis.port}/0`, reached: false, notShared: [] },
      },
    })
    expect(faults, 'reported once').toEqual([expect.stringContaining('cannot be reached')])
  })

  test('the store is used again when it is back, with its data', async () => {
    await mock.script('limit-rate', { times: 2 })
    expect(await ask(mock)).toMatchObject({ status: 429 })
    await redis.kill()
    await becomes(503)
    expect(await ask(mock)).toMatchObject(GONE)
    await redis.start()
    await becomes(200)
    expect([(await ask(mock)).status, (await ask(mock)).status]).toEqual([429, 200])
    expect((await mock.exchanges()).map(({ response }) => response.status)).toEqual([429, 429, 200])
    expect(await control(mock, 'health')).toMatchObject({ json: { status: 'ok', store: { reached: true } } })
  })

  test('a store without replies delays requests for about a second, and the next ones not at all', async () => {
    await ask(mock)
    redis.signal('SIGSTOP')
    const began = performance.now()
    expect(await Promise.all(Array.from({ length: 20 }, async () => (await ask(mock)).status))).toEqual(
      Array.from({ length: 20 }, () => 503),
    )
    expect(performance.now() - began).toBeLessThan(4000)
    await becomes(503)
    const then = performance.now()
    for (let i = 0; i < 20; i++) expect(await ask(mock)).toMatchObject(GONE)
    expect(performance.now() - then).toBeLessThan(1000)
    redis.signal('SIGCONT')
    await becomes(200)
    expect(await ask(mock)).toMatchObject({ status: 200 })
  })

  test('a mock that starts before its store becomes ready with it', async () => {
    const { url } = redis
    await redis.kill()
    const early = await createMock({ store: url })
    expect([(await control(early, 'readyz')).status, (await ask(early)).status]).toEqual([503, 503])
    await redis.start()
    await becomes(200, early)
    expect(await ask(early)).toMatchObject({ status: 200 })
    await early.close()
  })

  test('a store that rejects the password or is full is unavailable, and no password is reported', async () => {
    const locked = await startRedis('--requirepass', 'right')
    const reported: string[] = []
    const wrong = await createMock({
      store: locked.url.replace('//', '//:hunter2@'),
      onFault: (fault) => reported.push(String(fault)),
    })
    expect(await ask(wrong)).toMatchObject(GONE)
    const right = await createMock({
      store: locked.url.replace('//', '//:right@'),
      onFault: (fault) => reported.push(String(fault)),
    })
    expect(await ask(right)).toMatchObject({ status: 200 })
    await right.close()
    await wrong.close()
    await locked.close()
    const full = await startRedis('--maxmemory', '1')
    const filled = await createMock({ store: full.url, onFault: (fault) => reported.push(String(fault)) })
    expect(await ask(filled)).toMatchObject(GONE)
    expect(await control(filled, 'readyz'), 'not ready, although it can be read').toMatchObject({ status: 503 })
    await filled.close()
    await full.close()
    expect(reported).toEqual([expect.stringContaining('WRONGPASS'), expect.stringContaining('OOM')])
    expect(reported.join(' ')).not.toMatch(/hunter2|right/)
  })

  test('broken connections lose no scripted response and return none twice', async () => {
    const sockets = new Set<Socket>()
    const proxy = createServer((near) => {
      const far = connect(redis.port, '127.0.0.1')
      for (const [one, other] of [
        [near, far],
        [far, near],
      ] as const) {
        sockets.add(one)
        one.on('error', () => {}).on('close', () => other.destroy())
        one.pipe(other)
      }
    }).listen(0, '127.0.0.1')
    await once(proxy, 'listening')
    const address = proxy.address()
    const broken = await createMock({
      store: `redis://127.0.0.1:${typeof address === 'object' ? address?.port : ''}`,
      onFault: (fault) => faults.push(String(fault)),
    })
    await broken.script('limit-rate', { times: 150 })
    const responses = Promise.all(
      Array.from({ length: 400 }, async (_, i) => {
        await new Promise((resolve) => setTimeout(resolve, i * 3))
        return (await ask(broken)).status
      }),
    )
    for (let i = 0; i < 4; i++) {
      await new Promise((resolve) => setTimeout(resolve, 250))
      for (const socket of sockets) socket.destroy()
      sockets.clear()
    }
    const statuses = await responses
    expect([429, 200, 503].map((status) => statuses.filter((one) => one === status).length)).toEqual([150, 250, 0])
    expect(await broken.exchanges({ status: '429', limit: 1000 })).toHaveLength(150)
    expect(faults, 'an interruption of less than a second is not reported').toEqual([])
    await broken.close()
    proxy.close()
  })

  test('a port that accepts connections and never replies is unavailable; the mock reconnects until one replies', async () => {
    let isDeaf = true
    const sockets = new Set<Socket>()
    const proxy = createServer((near) => {
      sockets.add(near.on('error', () => {}))
      if (!isDeaf) near.pipe(connect(redis.port, '127.0.0.1')).pipe(near)
    }).listen(0, '127.0.0.1')
    await once(proxy, 'listening')
    const address = proxy.address()
    const began = performance.now()
    const deaf = await createMock({
      store: `redis://127.0.0.1:${typeof address === 'object' ? address?.port : ''}`,
      onFault: (fault) => faults.push(String(fault)),
    })
    expect(await ask(deaf)).toMatchObject(GONE)
    expect(performance.now() - began).toBeLessThan(2500)
    expect(faults).toEqual([expect.stringMatching(/cannot be reached: no reply$/)])
    isDeaf = false
    await becomes(200, deaf)
    expect(await ask(deaf)).toMatchObject({ status: 200 })
    const first = sockets.size
    await new Promise((resolve) => setTimeout(resolve, 6000))
    expect([(await ask(deaf)).status, sockets.size], 'an idle connection is kept').toEqual([200, first])
    await deaf.close()
    for (const socket of sockets) socket.destroy()
    proxy.close()
  })
})
