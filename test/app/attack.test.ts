import { describe, expect, test } from 'vitest'
import { createMock, startMock } from '../../src/index.ts'
import type { Mock, Timer } from '../../src/index.ts'
import { ask, mockWith, read } from '../ask.ts'
import { bytesInUse } from '../memory.ts'

/** The longest response time of a probe while the promise is pending, in milliseconds. */
async function slowestProbe(mock: Mock, pending: Promise<unknown>): Promise<number> {
  const state = { isDone: false, worst: 0 }
  const done = pending.finally(() => (state.isDone = true))
  while (!state.isDone) {
    const started = performance.now()
    await (await mock.fetch(`${mock.url}/__mock/livez`)).text()
    state.worst = Math.max(state.worst, performance.now() - started)
    await new Promise((next) => setTimeout(next, 10)) // probes without a pause would slow down what they measure
  }
  await done
  return state.worst
}

const SECONDS = 1000
const chat = (content: unknown, rest: object = {}): string =>
  JSON.stringify({ model: 'gpt-image-1', messages: [{ role: 'user', content }], ...rest })

const longTexts = (count: number): string[] =>
  Array.from({ length: count }, (_, i) => `${'z'.repeat(16_400)}${String(i).padStart(4, '0')}${'z'.repeat(100)}`)

// No request blocks others. The bounds are wide: the errors that they find took many times as long.
describe.each([
  ['on a port', startMock],
  ['in process', createMock],
])('%s', (_where, open) => {
  test.each<[what: string, body: string]>([
    ['a field name of 30 MB', chat('a cat', { ['aA'.repeat(15_000_000)]: 1 })],
    [
      'a hundred texts with incomplete tokens',
      chat(Array.from({ length: 100 }, () => ({ type: 'text', text: '_eyJ'.repeat(6000) }))),
    ],
    [
      'a hundred texts with labels of credentials',
      chat(Array.from({ length: 100 }, () => ({ type: 'text', text: 'token '.repeat(4000) }))),
    ],
    [
      'a hundred texts with the beginnings of fields, headers and private keys',
      chat(
        [
          String.raw`"a":"\"a\":\"`,
          'authorization: ',
          '-u ":',
          '-----BEGIN PRIVATE KEY-----',
          String.raw`\\\\\\\\`,
        ].flatMap((text) =>
          Array.from({ length: 20 }, () => ({ type: 'text', text: `"key":"${text.repeat(24_000 / text.length)}` })),
        ),
      ),
    ],
    ['a megabyte of parameters', chat('a=b '.repeat(250_000))],
    ['a megabyte of data URIs', chat('data:,'.repeat(170_000))],
    // V8 hashes a text of more than 16,383 characters by its length, and compares it with all others of that length.
    ['32 MB of long texts of one length', chat(longTexts(1900).map((text) => ({ type: 'text', text })))],
    [
      '32 MB of long URLs of one length',
      chat(longTexts(1900).map((text) => ({ type: 'image_url', image_url: { url: `http://a/${text}` } }))),
    ],
    ['32 MB of long names of one length', chat('a cat', Object.fromEntries(longTexts(1900).map((name) => [name, 1])))],
  ])('records %s without blocking other requests', async (_what, body) => {
    await using mock = await open()
    const headers = { 'content-type': 'application/json' }
    const sending = mock.fetch(`${mock.baseURL}/chat/completions`, { method: 'POST', headers, body })
    expect(
      await slowestProbe(
        mock,
        sending.then(async (response) => response.text()),
      ),
    ).toBeLessThan(4 * SECONDS)
    expect(await ask(mock)).toMatchObject({ status: 200 })
  })
})

test('a stream of single bytes does not block other requests; after 16 KiB the rest is sent at once', async () => {
  await using mock = await startMock()
  await mock.script({ then: { style: 'data-uri', count: 3, frames: 'bytes' } })
  const asking = ask(mock, { body: { stream: true } })
  expect(await slowestProbe(mock, asking)).toBeLessThan(2 * SECONDS)
  expect((await asking).content.match(/!\[image\]\(data:image\/png;base64,/g)).toHaveLength(3)
  await using inProcess = await mockWith()
  await inProcess.script({ then: { style: 'data-uri', frames: 'bytes' } })
  const body = JSON.stringify({ model: 'gpt-4o-image', stream: true, messages: [{ role: 'user', content: 'x' }] })
  const response = await inProcess.fetch(`${inProcess.baseURL}/chat/completions`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body,
  })
  const sizes: number[] = []
  for await (const bytes of response.body ?? []) sizes.push(bytes.length)
  expect(sizes.filter((size) => size === 1)).toHaveLength(16_384)
  expect(sizes.length).toBe(16_385)
})

test('a scripted sequence starts with its first response each time, and does not advance another one', async () => {
  await using mock = await mockWith()
  await mock.script('retry-429')
  await mock.script('retry-429')
  const statuses = []
  for (let i = 0; i < 3; i++) statuses.push((await ask(mock)).status)
  for (let i = 0; i < 2; i++) statuses.push((await ask(mock, { headers: { 'x-mock-scenario': 'retry-429' } })).status)
  expect(statuses).toEqual([429, 429, 200, 429, 200])
})

test('returns statuses without a body in process too', async () => {
  await using mock = await mockWith()
  for (const status of [204, 205, 304]) {
    await mock.script({ then: { status, body: 'never sent' } })
    const response = await ask(mock)
    expect([response.status, response.text]).toEqual([status, ''])
  }
})

test.each(['', 'a b', 'é', 'x'.repeat(101)])('rejects the session name %j', async (name) => {
  await using mock = await mockWith()
  expect(() => mock.session(name)).toThrow('Use 1 to 100 characters of printable ASCII')
})

test('a long journal is sent piece by piece, and does not block other requests', async () => {
  await using mock = await startMock()
  for (let i = 0; i < 300; i++)
    await ask(mock, { text: `cat ${i} ${'x'.repeat(2000)}`, headers: { 'x-mock-session': `s${i % 3}` } })
  const get = async (path: string): Promise<any> =>
    (await read(await fetch(`${mock.url}/__mock/exchanges${path}`))).json
  const listing = get('')
  expect(await slowestProbe(mock, listing)).toBeLessThan(2 * SECONDS)
  expect((await listing).exchanges).toHaveLength(300)
  expect((await get('?model=gpt-4o-image&limit=3')).exchanges.map((kept: any) => kept.chat.prompt.slice(0, 7))).toEqual(
    ['cat 297', 'cat 298', 'cat 299'],
  )
  expect(await get('?model=flux')).toEqual({ exchanges: [] })
  await using inProcess = await mockWith()
  await ask(inProcess)
  expect((await read(await inProcess.fetch(`${inProcess.url}/__mock/exchanges`))).json.exchanges).toHaveLength(1)
})

test('a list of exchanges that is being read does not hold those that are evicted', async () => {
  await using mock = await mockWith({ journal: 10 })
  const fill = async (text: string): Promise<void> => {
    for (let i = 0; i < 10; i++) await ask(mock, { text: `${text} ${i}` })
  }
  await fill('old')
  const reader = (await mock.fetch(`${mock.url}/__mock/exchanges`)).body!.getReader()
  let text = ''
  for (let part = await reader.read(); !part.done; part = await reader.read()) {
    text += Buffer.from(part.value).toString()
    if (!text.includes('new')) await fill('new')
  }
  const prompts: string[] = JSON.parse(text).exchanges.map(({ chat: { prompt } }: any) => prompt)
  expect(prompts.length).toBeLessThan(5)
  expect(prompts.every((prompt) => prompt.startsWith('old'))).toBe(true)
})

test('a long stream is created while it is sent', async () => {
  const waiting: (() => void)[] = []
  const timer: Timer = async () => new Promise((resolve) => waiting.push(resolve))
  await using mock = await mockWith({ timer, journal: 1 })
  const begin = (): void => {
    const headers = { 'x-mock-pace': '1000', 'x-mock-scenario': 'stream-bytes' }
    void ask(mock, { body: { stream: true }, headers }).catch(() => {})
  }
  const heapAfter = async (streams: number): Promise<number> => {
    while (waiting.length < streams) {
      begin()
      await new Promise((resolve) => setImmediate(resolve))
    }
    bytesInUse() // collects garbage
    return process.memoryUsage().heapUsed / 1_048_576
  }
  const before = await heapAfter(5)
  expect((await heapAfter(25)) - before, 'MB for 20 streams').toBeLessThan(10)
})

test('the table for a failed test shows unused scripted responses, and the exchanges', async () => {
  await using mock = await mockWith()
  const alice = mock.session()
  await alice.script('retry-429', { when: { model: ['flux'] } })
  await ask(mock, { text: 'a fox', headers: alice.headers })
  expect(await alice.table()).toMatch(
    /^Scripted responses that no request has used \(1\):\n.*\n.*retry-429.*\n\nRequests received \(1\):\n.*\n.*gpt-4o-image.*a fox$/,
  )
})

test('finds the newest exchanges by limit and by latest', async () => {
  await using mock = await startMock()
  for (let i = 0; i < 20; i++) await ask(mock, { text: `cat ${i}` })
  const get = async (path: string): Promise<any> =>
    (await read(await fetch(`${mock.url}/__mock/exchanges${path}`))).json
  expect((await get('/latest')).chat.prompt).toBe('cat 19')
  expect((await get('?limit=2')).exchanges.map(({ chat: { prompt } }: any) => prompt)).toEqual(['cat 18', 'cat 19'])
})

test('a client that disconnects stops a stream of single bytes, and the journal shows it', async () => {
  await using mock = await startMock()
  await mock.script({ then: { style: 'data-uri', count: 15, size: '1024x1024', frames: 'bytes' } })
  const disconnect = new AbortController()
  const body = JSON.stringify({ model: 'gpt-4o-image', stream: true, messages: [{ role: 'user', content: 'x' }] })
  const response = await fetch(`${mock.baseURL}/chat/completions`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body,
    signal: disconnect.signal,
  })
  await response.body?.getReader().read()
  disconnect.abort()
  await expect.poll(async () => (await mock.exchanges())[0]?.hungUp, { timeout: 10_000 }).toBe(true)
})
