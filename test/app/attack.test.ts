import { describe, expect, test } from 'vitest'
import { createMock, startMock } from '../../src/index.ts'
import type { Mock } from '../../src/index.ts'
import { ask, mockWith, read } from '../ask.ts'

/** The longest that a probe waited while something was done, in milliseconds. */
async function worstWait(mock: Mock, doing: Promise<unknown>): Promise<number> {
  const state = { isDone: false, worst: 0 }
  const done = doing.finally(() => (state.isDone = true))
  while (!state.isDone) {
    const started = performance.now()
    await (await mock.fetch(`${mock.url}/__mock/livez`)).text()
    state.worst = Math.max(state.worst, performance.now() - started)
    await new Promise((next) => setTimeout(next, 10)) // a probe that asks without a pause takes as much of the machine as what it watches
  }
  await done
  return state.worst
}

const SECONDS = 1000
const chat = (content: unknown, rest: object = {}): string =>
  JSON.stringify({ model: 'gpt-image-1', messages: [{ role: 'user', content }], ...rest })

const alike = (count: number): string[] =>
  Array.from({ length: count }, (_, i) => `${'z'.repeat(16_400)}${String(i).padStart(4, '0')}${'z'.repeat(100)}`)

// Whatever is sent, others are answered meanwhile. The bounds are wide: what they forbid took many times as long.
describe.each([
  ['on a port', startMock],
  ['in process', createMock],
])('%s', (_where, open) => {
  test.each<[what: string, body: string]>([
    ['a field name of 30 MB', chat('a cat', { ['aA'.repeat(15_000_000)]: 1 })],
    [
      'a hundred texts of beginnings of tokens',
      chat(Array.from({ length: 100 }, () => ({ type: 'text', text: '_eyJ'.repeat(6000) }))),
    ],
    [
      'a hundred texts of labels',
      chat(Array.from({ length: 100 }, () => ({ type: 'text', text: 'token '.repeat(4000) }))),
    ],
    ['a megabyte of parameters', chat('a=b '.repeat(250_000))],
    ['a megabyte of data URIs', chat('data:,'.repeat(170_000))],
    // The engine knows a text of over 16,383 characters by its length alone, and compares each with all others of it.
    ['32 MB of long texts of one length', chat(alike(1900).map((text) => ({ type: 'text', text })))],
    [
      '32 MB of long URLs of one length',
      chat(alike(1900).map((text) => ({ type: 'image_url', image_url: { url: `http://a/${text}` } }))),
    ],
    ['32 MB of long names of one length', chat('a cat', Object.fromEntries(alike(1900).map((name) => [name, 1])))],
  ])('%s is journaled without holding up others', async (_what, body) => {
    await using mock = await open()
    const headers = { 'content-type': 'application/json' }
    const sending = mock.fetch(`${mock.baseURL}/chat/completions`, { method: 'POST', headers, body })
    expect(
      await worstWait(
        mock,
        sending.then(async (response) => response.text()),
      ),
    ).toBeLessThan(4 * SECONDS)
    expect(await ask(mock)).toMatchObject({ status: 200 })
  })
})

test('a stream whose bytes go one by one leaves others their turn, and goes on whole behind the first 16 KiB', async () => {
  await using mock = await startMock()
  await mock.script({ then: { style: 'data-uri', count: 3, frames: 'bytes' } })
  const asking = ask(mock, { body: { stream: true } })
  expect(await worstWait(mock, asking)).toBeLessThan(2 * SECONDS)
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

test('a scripted sequence begins with its first answer each time, and moves no other', async () => {
  await using mock = await mockWith()
  await mock.script('retry-429')
  await mock.script('retry-429')
  const statuses = []
  for (let i = 0; i < 3; i++) statuses.push((await ask(mock)).status)
  for (let i = 0; i < 2; i++) statuses.push((await ask(mock, { headers: { 'x-mock-scenario': 'retry-429' } })).status)
  expect(statuses).toEqual([429, 429, 200, 429, 200])
})

test('statuses without a body are answered in process as on a port', async () => {
  await using mock = await mockWith()
  for (const status of [204, 205, 304]) {
    await mock.script({ then: { status, body: 'never sent' } })
    const { status: told, text } = await ask(mock)
    expect([told, text]).toEqual([status, ''])
  }
})

test.each(['', 'a b', 'é', 'x'.repeat(101)])('a session cannot be called %j', async (name) => {
  await using mock = await mockWith()
  expect(() => mock.session(name)).toThrow('use 1 to 100 characters of printable ASCII')
})

test('a long journal is written one by one, and holds nobody up', async () => {
  await using mock = await startMock()
  for (let i = 0; i < 300; i++)
    await ask(mock, { text: `cat ${i} ${'x'.repeat(2000)}`, headers: { 'x-mock-session': `s${i % 3}` } })
  const get = async (path: string): Promise<any> =>
    (await read(await fetch(`${mock.url}/__mock/exchanges${path}`))).json
  const listing = get('')
  expect(await worstWait(mock, listing)).toBeLessThan(2 * SECONDS)
  expect((await listing).exchanges).toHaveLength(300)
  expect((await get('?model=gpt-4o-image&limit=3')).exchanges.map((kept: any) => kept.chat.prompt.slice(0, 7))).toEqual(
    ['cat 297', 'cat 298', 'cat 299'],
  )
  expect(await get('?model=flux')).toEqual({ exchanges: [] })
  await using inProcess = await mockWith()
  await ask(inProcess)
  expect((await read(await inProcess.fetch(`${inProcess.url}/__mock/exchanges`))).json.exchanges).toHaveLength(1)
})

test('the table for a failed test shows what was scripted and never asked for, and what was asked instead', async () => {
  await using mock = await mockWith()
  const alice = mock.session()
  await alice.script('retry-429', { when: { model: ['flux'] } })
  await ask(mock, { text: 'a fox', headers: alice.headers })
  expect(await alice.table()).toMatch(
    /^scripted and never asked for \(1\):\n.*\n.*retry-429.*\n\nasked instead \(1\):\n.*\n.*gpt-4o-image.*a fox$/,
  )
})

test('one exchange, and the newest ones, are found without reading all of them', async () => {
  await using mock = await startMock()
  for (let i = 0; i < 20; i++) await ask(mock, { text: `cat ${i}` })
  const get = async (path: string): Promise<any> =>
    (await read(await fetch(`${mock.url}/__mock/exchanges${path}`))).json
  expect((await get('/latest')).chat.prompt).toBe('cat 19')
  expect((await get('?limit=2')).exchanges.map(({ chat: { prompt } }: any) => prompt)).toEqual(['cat 18', 'cat 19'])
})

test('who hangs up while bytes go one by one stops them, and is journaled so', async () => {
  await using mock = await startMock()
  await mock.script({ then: { style: 'data-uri', count: 15, size: '1024x1024', frames: 'bytes' } })
  const hangUp = new AbortController()
  const body = JSON.stringify({ model: 'gpt-4o-image', stream: true, messages: [{ role: 'user', content: 'x' }] })
  const response = await fetch(`${mock.baseURL}/chat/completions`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body,
    signal: hangUp.signal,
  })
  await response.body?.getReader().read()
  hangUp.abort()
  await expect.poll(async () => (await mock.exchanges())[0]?.hungUp, { timeout: 10_000 }).toBe(true)
})
