import { afterAll, beforeAll, describe, expect, onTestFinished, test } from 'vitest'
import type { Mock } from '../../src/index.ts'
import { startMock } from '../../src/index.ts'
import { openRedis } from '../../src/store/redis/redis-store.ts'
import type { StoreEvent } from '../../src/store/store.ts'
import { readEvents } from '../app/event-reader.ts'
import { ask } from '../ask.ts'
import type { Redis } from './redis.ts'
import { SERVER, SKIPPED, startRedis } from './redis.ts'

describe.skipIf(SERVER === undefined)(`events of a store in Redis${SKIPPED}`, () => {
  let redis: Redis
  beforeAll(async () => {
    redis = await startRedis()
  })
  afterAll(async () => redis.close())

  const replica = async (prefix: string, url = redis.url): Promise<Mock> => {
    const mock = await startMock({ store: `${url}?prefix=${prefix}`, onFault: () => {} })
    onTestFinished(async () => mock.close())
    return mock
  }
  const subscribers = async (prefix: string): Promise<unknown> =>
    redis.send('PUBSUB', 'NUMSUB', `{${prefix}}:events`).then((reply) => Array.isArray(reply) && Number(reply[1]))

  test('the events of all mocks that share the store are sent, with the facts of each exchange', async () => {
    const [one, two, other] = [await replica('a'), await replica('a'), await replica('b')]
    const events = await readEvents(one)
    onTestFinished(events.close)
    await ask(other)
    await ask(two, { model: 'flux', headers: { 'x-mock-session': 'alice', 'x-mock-scenario': 'limit-rate' } })
    const [open, exchange, end] = await events.take(3)
    const id = (await two.exchanges())[0]?.id
    expect(open.event).toBe('open')
    expect([exchange.event, exchange.data]).toEqual([
      'exchange',
      expect.objectContaining({ id, session: 'alice', model: 'flux', status: 429, scenario: 'limit-rate', wait: 0 }),
    ])
    expect([end.event, end.data]).toEqual(['end', expect.objectContaining({ id, session: 'alice', hungUp: false })])
  })

  test('a connection for events is open only while somebody listens', async () => {
    const store = await openRedis(`${redis.url}?prefix=c`, { onLost: () => {} })
    onTestFinished(async () => store.close())
    expect(await subscribers('c')).toBe(0)
    const stop = [await store.subscribe(() => {}), await store.subscribe(() => {})]
    expect(await subscribers('c')).toBe(1)
    stop[0]?.()
    expect(await subscribers('c')).toBe(1)
    stop[1]?.()
    await expect.poll(async () => subscribers('c')).toBe(0)
    await store.subscribe(() => {})
    expect(await subscribers('c')).toBe(1)
    await store.close()
    await expect.poll(async () => subscribers('c')).toBe(0)
  })

  test('a message that is not an event of the mock is reported as missed events', async () => {
    const store = await openRedis(`${redis.url}?prefix=d`, { onLost: () => {} })
    onTestFinished(async () => store.close())
    const events: StoreEvent[] = []
    await store.subscribe((event) => events.push(event))
    for (const message of ['{', 'null', '"x"', '{"type":"other"}', '[]'])
      await redis.send('PUBLISH', '{d}:events', message)
    await expect.poll(() => events).toEqual(Array.from({ length: 5 }, () => ({ type: 'missed' })))
  })

  test('after the store was gone, the client gets the event missed, and the later events', async () => {
    const own = await startRedis()
    onTestFinished(own.close)
    const mock = await replica('e', own.url)
    const events = await readEvents(mock)
    onTestFinished(events.close)
    expect((await events.next()).event).toBe('open')
    await own.kill()
    const refused = await readEvents(await replica('e', own.url))
    expect(refused.response.status).toBe(503)
    await own.start()
    expect((await events.next()).event).toBe('missed')
    await expect.poll(async () => (await mock.fetch('/__mock/readyz')).status, { timeout: 10_000 }).toBe(200)
    await mock.reset()
    await mock.session('x').script('limit-rate')
    let last
    while (last?.data.session !== 'x') last = await events.next()
    expect(last.event).toBe('script')
  })

  test('a user of the store that must not publish can still use it', async () => {
    const own = await startRedis()
    onTestFinished(own.close)
    await own.send('ACL', 'SETUSER', 'mock', 'on', '>secret', '~*', '+@all', 'resetchannels')
    const mock = await replica('f', own.url.replace('//', '//mock:secret@'))
    expect((await ask(mock)).status).toBe(200)
    expect(await mock.exchanges()).toHaveLength(1)
    const { response } = await readEvents(mock)
    expect(response.status).toBe(503)
  })
})
