import { once } from 'node:events'
import { connect } from 'node:net'
import { expect, onTestFinished, test, vi } from 'vitest'
import { MAX_EVENTS, MAX_SUBSCRIBERS } from '../../src/app/event-hub.ts'
import { createApp } from '../../src/hono.ts'
import type { Mock } from '../../src/index.ts'
import { startMock } from '../../src/index.ts'
import { MemoryStore } from '../../src/store/memory-store.ts'
import { ask, mockWith, read } from '../ask.ts'
import { type Events, readEvents } from './event-reader.ts'
import { appWith } from './unlistened.ts'

/** Stands for an exchange that is not there. */
const NONE = { id: '', time: '' }
const namesOf = (events: readonly any[]): string[] => events.map(({ event }) => event)

/** An event stream that is closed after the test. It has received its event `open`. */
async function open(mock: Pick<Mock, 'fetch'>, headers: Readonly<Record<string, string>> = {}): Promise<Events> {
  const events = await readEvents(mock, headers)
  onTestFinished(events.close)
  expect(await events.next()).toMatchObject({ event: 'open', data: {} })
  return events
}

test('an exchange is sent when it is recorded, and when its response is complete', async () => {
  await using mock = await startMock()
  const events = await open(mock)
  expect(Object.fromEntries(events.response.headers)).toMatchObject({
    'content-type': 'text/event-stream',
    'cache-control': 'no-store',
    'x-content-type-options': 'nosniff',
    'x-mock-version': expect.any(String),
  })
  await ask(mock, {
    model: 'flux',
    body: { stream: true },
    headers: { 'x-mock-session': 'alice', 'x-mock-scenario': 'stream-cut' },
  }).catch(() => {})
  const [exchange, end] = await events.take(2)
  const [{ id, time } = NONE] = await mock.exchanges()
  expect(exchange).toEqual({
    id: expect.stringMatching(/^[\da-f]+-1$/),
    event: 'exchange',
    data: {
      id,
      session: 'alice',
      time,
      method: 'POST',
      path: '/v1/chat/completions',
      model: 'flux',
      stream: true,
      scenario: 'stream-cut',
      status: 200,
      wait: 0,
    },
  })
  expect(end).toMatchObject({ event: 'end', data: { id, session: 'alice', duration: expect.any(Number) } })
  await mock.fetch('/nothing')
  const [{ data }] = await events.take(2)
  expect(data).toMatchObject({ path: '/nothing', model: null, stream: false, scenario: null, status: 404 })
})

test('a picture can be shown before its stream ends: the event comes before the response', async () => {
  let isDrawn = (): void => {}
  const drawn = new Promise<void>((resolve) => (isDrawn = resolve))
  await using mock = await mockWith({ pace: 'real', timer: async () => drawn })
  const events = await open(mock)
  const answer = ask(mock, { body: { stream: true } })
  const { event, data } = await events.next()
  expect([event, data.wait > 0]).toEqual(['exchange', true])
  isDrawn()
  await answer
  expect((await events.next()).event).toBe('end')
})

test('changes of scripts and deletions are sent', async () => {
  await using mock = await mockWith()
  const alice = mock.session('alice')
  const headers = alice.headers
  await ask(alice)
  const events = await open(mock)
  await alice.script('limit-rate')
  await ask(alice)
  const received = await events.take(4)
  const [, { id: second } = NONE] = await alice.exchanges()
  await mock.fetch('/__mock/exchanges?status=429', { method: 'DELETE', headers })
  await mock.fetch('/__mock/exchanges', { method: 'DELETE' })
  await alice.reset()
  await mock.reset()
  received.push(...(await events.take(4)))
  expect(received.map(({ event, data }) => [event, data])).toEqual([
    ['script', { session: 'alice' }],
    ['script', { session: 'alice' }],
    ['exchange', expect.objectContaining({ id: second, status: 429, scenario: 'limit-rate' })],
    ['end', expect.objectContaining({ id: second })],
    ['deleted', { session: 'alice', ids: [second] }],
    ['deleted', { session: 'alice', ids: null }],
    ['reset', { session: 'alice' }],
    ['reset', { session: null }],
  ])
})

test('with a session, only its events are sent', async () => {
  await using mock = await mockWith()
  const [alice, bob] = [mock.session('alice'), mock.session('bob')]
  const [ofAlice, ofKey] = [await open(mock, alice.headers), await open(mock, { authorization: 'Bearer session-bob' })]
  await ask(alice)
  await ask(bob)
  await mock.reset()
  expect((await ofAlice.take(3)).map(({ event, data }) => [event, data.session])).toEqual([
    ['exchange', 'alice'],
    ['end', 'alice'],
    ['reset', null],
  ])
  expect((await ofKey.take(3)).map(({ data }) => data.session)).toEqual(['bob', 'bob', null])
})

test('Last-Event-ID continues after the last event', async () => {
  await using mock = await mockWith()
  const first = await open(mock)
  await ask(mock)
  const [{ id }] = await first.take(2)
  await first.close()
  await ask(mock)
  const again = await open(mock, { 'last-event-id': id })
  expect(namesOf(await again.take(3))).toEqual(['end', 'exchange', 'end'])
})

test.each([
  ['of another mock', '0123456789ab-0'],
  ['a word', 'x'],
  ['negative', '-1'],
  ['empty', ''],
  ['long', '9'.repeat(5000)],
])('after an unknown Last-Event-ID (%s), the event missed tells the client to read again', async (_what, id) => {
  await using mock = await mockWith()
  const events = await open(mock, { 'last-event-id': id })
  expect(await events.next()).toMatchObject({ event: 'missed', data: {} })
  await ask(mock)
  expect((await events.next()).event).toBe('exchange')
})

test('a client that reads nothing gets one event when it reads again, and the mock keeps a bounded number', async () => {
  await using mock = await mockWith()
  const slow = await open(mock)
  for (let i = 0; i <= MAX_EVENTS + 50; i++) await mock.reset()
  const received: any[] = []
  for (let name = ''; name !== 'missed'; received.push(name)) name = (await slow.next()).event
  expect(received.length, 'what was on its way, and missed').toBeLessThan(60)
  await mock.reset()
  expect((await slow.next()).event).toBe('reset')
})

test('an exchange that was evicted before a client could read it is omitted', async () => {
  await using mock = await mockWith({ journal: 1 })
  const slow = await open(mock)
  for (const text of ['a', 'b', 'c']) await ask(mock, { text })
  const [{ id } = { id: '' }] = await mock.exchanges()
  const received: any[] = []
  while (received.at(-1)?.event !== 'end' || received.at(-1)?.data.id !== id) received.push(await slow.next())
  const ids = received.flatMap(({ event, data }) => (event === 'exchange' ? data.id : []))
  expect(ids.at(-1)).toBe(id)
  expect(ids.length, 'what was sent before it was evicted, and the last').toBeLessThan(3)
})

test(`at most ${MAX_SUBSCRIBERS} clients read the events; others get a 503`, async () => {
  await using mock = await mockWith()
  const clients = await Promise.all(Array.from({ length: 1000 }, async () => readEvents(mock)))
  const [read200, refused] = [200, 503].map((status) => clients.filter(({ response }) => response.status === status))
  expect([read200?.length, refused?.length]).toEqual([MAX_SUBSCRIBERS, 1000 - MAX_SUBSCRIBERS])
  const [one] = refused ?? []
  expect(one?.response.headers.get('retry-after')).toBe('5')
  await ask(mock)
  for (const client of read200 ?? []) expect(namesOf(await client.take(3))).toEqual(['open', 'exchange', 'end'])
  await read200?.[0]?.close()
  await open(mock)
  for (const client of read200 ?? []) await client.close()
})

test('a comment keeps the connection open', async () => {
  vi.useFakeTimers({ toFake: ['setInterval', 'clearInterval'] })
  onTestFinished(() => void vi.useRealTimers())
  await using mock = await mockWith()
  const events = await open(mock)
  const next = events.next()
  vi.advanceTimersByTime(15_000)
  expect(await next).toEqual({ comment: 'PING' })
})

test('a minute after the last client has gone, the mock keeps no events', async () => {
  vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] })
  onTestFinished(() => void vi.useRealTimers())
  const store = new MemoryStore()
  let listeners = 0
  const subscribe = store.subscribe.bind(store)
  store.subscribe = async (listener) => {
    const stop = await subscribe(listener)
    listeners++
    return () => {
      listeners--
      stop()
    }
  }
  const { app } = await appWith({ store })
  const mock = {
    fetch: async (input: string | URL | Request, init?: RequestInit) => app.request(input, init),
  }
  const [one, two] = [await open(mock), await open(mock)]
  expect(listeners).toBe(1)
  await store.reset()
  const { id } = await one.next()
  await one.close()
  await two.close()
  await store.reset()
  vi.advanceTimersByTime(59_000)
  const again = await open(mock, { 'last-event-id': id })
  expect(await again.next()).toMatchObject({ event: 'reset' })
  await again.close()
  vi.advanceTimersByTime(59_000)
  expect(listeners).toBe(1)
  vi.advanceTimersByTime(1000)
  expect(listeners).toBe(0)
  const late = await open(mock, { 'last-event-id': id })
  expect(await late.next()).toMatchObject({ event: 'missed' })
  expect(listeners).toBe(1)
})

test('an open event stream does not delay the end of the mock', async () => {
  const mock = await startMock()
  const events = await open(mock)
  const before = performance.now()
  await mock.close(60)
  expect(performance.now() - before).toBeLessThan(20_000)
  expect(await events.next()).toBeUndefined()
  const inProcess = await mockWith()
  const others = await open(inProcess)
  await inProcess.close(60)
  expect(await others.next()).toBeUndefined()
})

test('a client that disconnects is removed, and HEAD opens no stream', async () => {
  await using mock = await startMock({ processMetrics: false })
  const streams = async (): Promise<string | undefined> =>
    /open_streams (\d+)/.exec(await (await mock.fetch('/__mock/metrics')).text())?.[1]
  const stop = new AbortController()
  const response = await mock.fetch('/__mock/events', { signal: stop.signal })
  expect(response.status).toBe(200)
  expect(await streams()).toBe('1')
  stop.abort()
  await expect.poll(streams).toBe('0')
  const head = await mock.fetch('/__mock/events', { method: 'HEAD' })
  expect([head.status, head.headers.get('content-type'), await head.text()]).toEqual([200, 'text/event-stream', ''])
  expect(await streams()).toBe('0')
})

test.each([
  ['a foreign origin', { origin: 'https://evil.example' }, 403],
  ['a page of another site', { 'sec-fetch-site': 'cross-site' }, 403],
  ['a foreign Host', { host: 'evil.example' }, 403],
  ['a request without the token', {}, 401],
  ['a token in the query', { token: 'query' }, 401],
])('the events are closed to %s', async (_who, { token, ...headers }: Record<string, string>, status) => {
  const { app } = await appWith({ controlToken: 'secret' })
  const path = `/__mock/events${token === 'query' ? '?x-mock-control-token=secret&token=secret' : ''}`
  const response = await app.request(path, { headers })
  expect(response.status).toBe(status)
  expect((await read(response)).json.error).toBeDefined()
  const withToken = await app.request('/__mock/events', { headers: { 'x-mock-control-token': 'secret' } })
  expect(withToken.status).toBe(200)
  expect(withToken.headers.get('access-control-allow-origin')).toBeNull()
  await withToken.body?.cancel()
})

test('a client on a port that reads nothing does not stop the others', async () => {
  await using mock = await startMock()
  const { hostname, port } = new URL(mock.url)
  const deaf = connect({ host: hostname, port: Number(port) }).pause()
  onTestFinished(() => void deaf.destroy())
  await once(deaf, 'connect')
  deaf.write('GET /__mock/events HTTP/1.1\r\nHost: localhost\r\n\r\n')
  const events = await open(mock)
  for (let i = 0; i < 5; i++) await ask(mock)
  expect(namesOf(await events.take(10))).toEqual(Array.from({ length: 5 }, () => ['exchange', 'end']).flat())
})

test('a mock that is mounted in another app has events', async () => {
  const app = await createApp()
  const events = await open({ fetch: async (input, init) => app.request(input, init) })
  await app.request('/nothing')
  expect((await events.next()).data).toMatchObject({ path: '/nothing' })
})
