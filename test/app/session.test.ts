import { randomUUID } from 'node:crypto'
import OpenAI from 'openai'
import { expect, test } from 'vitest'
import type { Mock, Session } from '../../src/index.ts'
import { createMock, startMock } from '../../src/index.ts'
import { ask, mockWith, read } from '../ask.ts'

const promptsOf = async (of: Pick<Session, 'exchanges'>): Promise<(string | undefined)[]> =>
  (await of.exchanges()).map(({ chat }) => chat?.prompt)

test('a header names the session, which has its own script and exchanges', async () => {
  await using mock = await startMock()
  const headers = { 'x-mock-session': 'alice' }
  const alice = mock.session('alice')
  await alice.script({ then: { say: 'for alice' } })
  expect((await ask(mock, { text: 'bob’s', headers: { 'x-mock-session': 'bob' } })).content).not.toBe('for alice')
  expect((await ask(mock, { text: 'nobody’s' })).content).not.toBe('for alice')
  expect((await ask(mock, { text: 'alice’s', headers })).content).toBe('for alice')
  expect(await promptsOf(alice)).toEqual(['alice’s'])
  expect(await promptsOf(mock.session('bob'))).toEqual(['bob’s'])
  expect(await promptsOf(mock), 'the mock has all of them').toEqual(['bob’s', 'nobody’s', 'alice’s'])
})

test('each API key has its own session, shown as a digest', async () => {
  await using mock = await startMock()
  const keys = ['sk-proj-ONEkeyONEkeyONE', 'another-plain-key-2']
  const bearer = (key: string): Record<string, string> => ({ authorization: `Bearer ${key}` })
  const control = async (path: string, key: string, init: RequestInit = {}): Promise<any> =>
    (
      await mock.fetch(`${mock.url}/__mock/${path}`, {
        ...init,
        headers: { ...bearer(key), 'content-type': 'application/json' },
      })
    ).json()
  for (const key of keys)
    await control('script', key, {
      method: 'POST',
      body: JSON.stringify({ scenario: { then: { say: `for ${keys.indexOf(key)}` } } }),
    })
  expect((await ask(mock)).content, 'another session without a key').toMatch(/!\[/)
  for (const key of keys.toReversed())
    expect((await ask(mock, { headers: bearer(key) })).content).toBe(`for ${keys.indexOf(key)}`)
  const sessions = []
  for (const key of keys) {
    const { exchanges } = await control('exchanges', key)
    expect(exchanges).toHaveLength(1)
    sessions.push(exchanges[0].session)
  }
  expect(sessions).toEqual([expect.stringMatching(/^key-[\da-f]{16}$/), expect.stringMatching(/^key-[\da-f]{16}$/)])
  expect(sessions[0]).not.toBe(sessions[1])
  const texts = JSON.stringify([
    await mock.exchanges(),
    await mock.coverage(),
    await control('exchanges', keys[0]!),
    await control('health', keys[0]!),
  ])
  for (const key of keys) expect(texts).not.toContain(key.slice(0, 12))
})

test('the name of a session overrides the API key', async () => {
  await using mock = await startMock()
  await ask(mock, { headers: { 'x-mock-session': 'alice', authorization: 'Bearer some-key' } })
  await ask(mock, { headers: { authorization: `Bearer ${mock.session('alice').apiKey}` } })
  await ask(mock, { headers: { authorization: 'Basic bWU6aHVzaA==' } })
  expect((await mock.exchanges()).map(({ session }) => session)).toEqual(['alice', 'alice', ''])
})

test.each([
  ['spaces', 'my test'],
  ['more than 100 characters', 'x'.repeat(101)],
  ['no characters', ''],
  ['the prefix of API keys', 'key-0123456789abcdef'],
])('rejects a name with %s, and says what is valid', async (_what, name) => {
  await using mock = await startMock()
  const response = await ask(mock, { headers: { 'x-mock-session': name } })
  expect(response).toMatchObject({
    status: 400,
    json: {
      error: {
        param: 'x-mock-session',
        message: expect.stringContaining('use 1 to 100 characters of printable ASCII without spaces'),
      },
    },
  })
})

test.each<[how: string, options: (session: Session) => object]>([
  ['its headers', ({ headers }) => ({ apiKey: 'any', defaultHeaders: headers })],
  ['its key', ({ apiKey }) => ({ apiKey })],
])('the official client uses a session through %s, on a port and in process', async (_how, options) => {
  for (const mock of [await startMock(), await createMock()]) {
    const [one, two] = [mock.session(), mock.session()]
    const say = async (session: Session): Promise<string | null | undefined> => {
      const client = new OpenAI({
        baseURL: mock.baseURL,
        fetch: mock.fetch,
        maxRetries: 0,
        ...(options(session) as { apiKey: string }),
      })
      return (await client.chat.completions.create({ model: 'flux', messages: [{ role: 'user', content: 'a fox' }] }))
        .choices[0]?.message.content
    }
    await one.script({ then: { say: 'for one' } })
    await two.script({ then: { say: 'for two' } })
    expect(await say(two)).toBe('for two')
    expect(await say(one)).toBe('for one')
    expect(await one.pending()).toEqual([])
    expect(await one.exchanges()).toHaveLength(1)
    expect((await two.coverage()).scenarios.items.find(({ name }) => name === 'script')?.count).toBe(1)
    await mock.close()
  }
})

test('a session without a name gets a unique one', async () => {
  await using mock = await mockWith()
  const sessions = Array.from({ length: 100 }, () => mock.session())
  expect(new Set(sessions.map(({ apiKey }) => apiKey)).size).toBe(100)
  expect(mock.session('a').headers).toEqual(mock.session('a').headers)
})

test('requests without a session share one script, which named sessions do not use', async () => {
  await using mock = await startMock()
  await mock.script([{ scenario: { then: { say: '1' } } }, { scenario: { then: { say: '2' } } }])
  expect((await ask(mock, { headers: mock.session().headers })).content).toMatch(/!\[/)
  const contents = await Promise.all([ask(mock), ask(mock)])
  expect(contents.map(({ content }) => content).toSorted()).toEqual(['1', '2'])
  expect(await mock.pending()).toEqual([])
})

test('the options of script() apply to each entry', async () => {
  await using mock = await mockWith()
  await mock.script('retry-503', { times: 1, when: { stream: true } })
  await mock.script({ scenario: 'retry-503' }, { times: 4 })
  await mock.script([{ scenario: 'retry-503' }, { scenario: { then: { say: 'x' } } }], { times: 3 })
  expect(await mock.pending()).toEqual([
    { scenario: 'retry-503', when: { stream: true }, times: 1 },
    { scenario: 'retry-503', times: 4 },
    { scenario: 'retry-503', times: 3 },
    { scenario: { then: { say: 'x' } }, times: 3 },
  ])
})

test('each session has its own positions in sequences and its own count of requests', async () => {
  await using mock = await startMock()
  const statusOf = async (session: Session, name: string): Promise<number> =>
    (await ask(mock, { headers: { ...session.headers, 'x-mock-scenario': name } })).status
  const [one, two] = [mock.session(), mock.session()]
  expect([
    await statusOf(one, 'retry-503'),
    await statusOf(one, 'retry-503'),
    await statusOf(one, 'retry-503'),
  ]).toEqual([503, 503, 200])
  expect([
    await statusOf(two, 'retry-503'),
    await statusOf(two, 'retry-503'),
    await statusOf(two, 'retry-503'),
  ]).toEqual([503, 503, 200])
  const third = { scenario: { then: { say: 'the third' } }, when: { nth: 3 } }
  const sessions = [mock.session(), mock.session()]
  for (const session of sessions) await session.script(third)
  for (let i = 1; i <= 3; i++) {
    for (const { headers } of sessions) expect((await ask(mock, { headers })).content === 'the third').toBe(i === 3)
  }
})

test('the reset of a session does not affect others', async () => {
  await using mock = await startMock()
  const [one, two] = [mock.session('one'), mock.session('two')]
  for (const session of [one, two, mock]) {
    await session.script('retry-503')
    await ask(mock, { headers: 'headers' in session ? session.headers : {} })
  }
  await one.reset()
  expect([await one.pending(), await one.exchanges(), (await one.coverage()).operations.covered]).toEqual([[], [], 0])
  for (const session of [two, mock]) expect(await session.pending()).toEqual([{ scenario: 'retry-503', times: 1 }])
  expect(await two.exchanges()).toHaveLength(1)
  await mock.reset()
  expect(
    [await mock.pending(), await two.pending(), await mock.exchanges()],
    'mock.reset() resets all sessions',
  ).toEqual([[], [], []])
})

test('a script of the mock applies to every client with a key, unless its session has a script or a name', async () => {
  await using mock = await startMock()
  const keyed = async (key: string): Promise<number> =>
    (await ask(mock, { headers: { authorization: `Bearer ${key}` } })).status
  await mock.script('limit-rate', { times: 2 })
  expect([await keyed('any'), await keyed('other'), await keyed('any')]).toEqual([429, 429, 200])
  await mock.script('limit-rate')
  expect((await ask(mock, { headers: mock.session().headers })).status, 'not to a session with a name').toBe(200)
  expect((await mock.pending()).length).toBe(1)
})

test('records the model and the violations of a request with a scenario header', async () => {
  await using mock = await startMock()
  const headers = { 'x-mock-scenario': 'limit-rate' }
  expect(await ask(mock, { model: 'flux', headers })).toMatchObject({
    status: 429,
    json: { error: { message: expect.stringContaining('for flux') } },
  })
  expect(await ask(mock, { model: 'flux', body: { messages: 5 }, headers })).toMatchObject({ status: 429 })
  const [right, wrong] = await mock.exchanges()
  expect(right).toMatchObject({ chat: { model: 'flux' }, violations: [], scenario: { name: 'limit-rate' } })
  expect(wrong).toMatchObject({ violations: [{ code: 'type:messages' }], scenario: { name: 'limit-rate' } })
})

test('unknown paths and methods and unreadable bodies are violations, and total() has them after a reset', async () => {
  await using mock = await startMock()
  await mock.fetch(`${mock.baseURL}/chat/completion`, { method: 'POST' })
  await mock.fetch(`${mock.baseURL}/made/up`)
  await mock.fetch(`${mock.baseURL}/models`, { method: 'DELETE' })
  await mock.fetch(`${mock.baseURL}/chat/completions`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: 'notjson',
  })
  await mock.fetch(`${mock.baseURL}/chat/completions`, {
    method: 'POST',
    headers: { 'content-type': 'text/plain' },
    body: '{}',
  })
  const codes = async (): Promise<string[]> => (await mock.total()).violations.map(({ code }) => code).toSorted()
  const all = ['value:body', 'value:content-type', 'value:method', 'value:path']
  expect((await mock.coverage()).violations.map(({ code }) => code).toSorted()).toEqual(all)
  await mock.reset()
  expect((await mock.coverage()).violations).toEqual([])
  expect(await codes()).toEqual(all)
  expect((await mock.total()).violations, 'unknown paths count together, without their names').toContainEqual({
    code: 'value:path',
    count: 2,
    operation: '',
    pointer: null,
    hint: 'The contract has no operation with this method and path. The requests are in the log and in the journal.',
  })
})

test.each<[given: any[], told: RegExp]>([
  [[undefined], /must be the name of a scenario, or \{"then": …\}/],
  [[42], /must be the name of a scenario/],
  [['limit-rate', 'key-banned'], /Pass several entries as one list/],
  [[{ scenario: 'limit-rate' }, { scenario: 'key-banned' }], /unknown option 'scenario'. Use times or when/],
])('rejects script(%j)', async (given, message) => {
  await using mock = await startMock()
  const [first, second] = given
  await expect((async () => mock.script(first, second))()).rejects.toThrow(message)
  expect(await mock.pending()).toEqual([])
})

test('64 concurrent sessions: each gets its own responses in order, and has its own exchanges', async () => {
  await using mock = await startMock()
  const REQUESTS = 50
  const run = async (i: number): Promise<void> => {
    const session = mock.session()
    const nonces = Array.from({ length: REQUESTS }, () => randomUUID())
    const headers = i % 2 === 0 ? session.headers : { authorization: `Bearer ${session.apiKey}` }
    await session.script(nonces.map((nonce) => ({ scenario: { then: { say: nonce } } })))
    const contents = []
    for (const nonce of nonces) contents.push(await askFor(mock, nonce, headers))
    expect(contents).toEqual(nonces)
    expect(await promptsOf(session)).toEqual(nonces)
    expect((await session.exchanges()).every(({ session: name }) => name === session.headers['x-mock-session'])).toBe(
      true,
    )
    expect(await session.pending()).toEqual([])
    const { operations, forms } = await session.coverage()
    expect([operations.items[0]?.count, forms.covered]).toEqual([REQUESTS, 2])
  }
  await Promise.all(Array.from({ length: 64 }, async (_, i) => run(i)))
  expect(await (await mock.fetch(`${mock.url}/__mock/health`)).json()).toMatchObject({
    sessions: 64,
    exchanges: 64 * REQUESTS,
  })
})

async function askFor(mock: Mock, nonce: string, headers: Readonly<Record<string, string>>): Promise<string> {
  return (await ask(mock, { model: 'flux', text: nonce, headers, body: { stream: nonce < '8' } })).content
}

test('with apiKeys, a session is named by its headers', async () => {
  await using mock = await startMock({ apiKeys: ['the-key'] })
  const session = mock.session()
  await session.script({ then: { say: 'mine' } })
  expect((await ask(mock, { headers: { authorization: 'Bearer the-key', ...session.headers } })).content).toBe('mine')
  expect((await ask(mock, { headers: { authorization: `Bearer ${session.apiKey}` } })).status).toBe(401)
  expect(await session.exchanges()).toHaveLength(2)
})

test('the control API selects a session by the same headers', async () => {
  await using mock = await startMock()
  const alice = mock.session('alice')
  await ask(mock, { text: 'alice’s', headers: alice.headers })
  await ask(mock, { text: 'nobody’s' })
  const exchangesOf = async (headers: Record<string, string>): Promise<any[]> =>
    (await read(await mock.fetch(`${mock.url}/__mock/exchanges`, { headers }))).json.exchanges
  for (const headers of [alice.headers, { authorization: `Bearer ${alice.apiKey}` }])
    expect(await exchangesOf({ ...headers })).toMatchObject([{ session: 'alice', chat: { prompt: 'alice’s' } }])
  expect(await exchangesOf({})).toHaveLength(2)
  expect(await exchangesOf({ 'x-mock-session': 'nobody' })).toEqual([])
})

test('DELETE exchanges deletes those that match its filter', async () => {
  await using mock = await startMock()
  for (const model of ['flux', 'flux', 'dall-e-3']) await ask(mock, { model })
  const erase = async (query: string): Promise<number> =>
    (await fetch(`${mock.url}/__mock/exchanges${query}`, { method: 'DELETE' })).status
  expect([await erase('?model=flux'), await erase('?modle=flux')]).toEqual([200, 400])
  expect((await mock.exchanges()).map(({ chat }) => chat?.model)).toEqual(['dall-e-3'])
  expect(await erase('')).toBe(200)
  expect(await mock.exchanges()).toEqual([])
})

test('a scenario header applies to every operation, with its wait and headers', async () => {
  const waits: number[] = []
  await using mock = await startMock({ timer: async (ms) => void waits.push(ms) })
  const models = await fetch(`${mock.baseURL}/models`, { headers: { 'x-mock-scenario': 'slow-start' } })
  expect(waits).toEqual([2000])
  expect([models.status, (await models.json()).data.length]).toEqual([200, 13])
  const limited = await fetch(`${mock.baseURL}/models`, { headers: { 'x-mock-scenario': 'limit-rate-after' } })
  expect([limited.status, limited.headers.get('retry-after')]).toEqual([429, '1'])
})

test('a request with a scenario header counts for nth', async () => {
  await using mock = await startMock()
  await mock.script({ then: { say: 'the third' } }, { when: { nth: 3 } })
  const contents = []
  for (const headers of [{}, { 'x-mock-scenario': 'limit-rate' }, {}])
    contents.push((await ask(mock, { headers })).content)
  expect(contents.at(-1)).toBe('the third')
})

test('an exchange lists its near misses, each with what was expected and the actual value', async () => {
  await using mock = await startMock()
  const whens = [
    { model: ['flux', 'flux-*'] },
    { prompt: 'fox' },
    { pattern: 'a * fox' },
    { stream: true },
    { references: true },
  ]
  await mock.script(whens.map((when) => ({ scenario: 'limit-rate' as const, when })))
  await ask(mock, { model: 'dall-e-3', text: 'a cat' })
  const [near] = await mock.exchanges()
  expect(near?.nearMisses).toEqual([
    "script: limit-rate: model: expected 'flux' or 'flux-*', got 'dall-e-3'",
    "script: limit-rate: prompt: expected to contain 'fox', got 'a cat'",
    "script: limit-rate: prompt: expected to match 'a * fox', got 'a cat'",
    'script: limit-rate: stream: expected true, got false',
    'script: limit-rate: references: expected true, got false',
  ])
})

test('a scenario with two wrong conditions is not a near miss', async () => {
  await using mock = await startMock()
  await mock.script('limit-rate', { when: { model: ['flux'], nth: 2 } })
  await ask(mock, { model: 'flux', text: 'a cat' })
  await ask(mock, { model: 'flux' })
  await mock.script('limit-rate', { when: { model: ['flux'], nth: 2 } })
  await ask(mock, { model: 'dall-e-3', text: 'sk-abcdefghijklmnop' })
  const [near, , far] = await mock.exchanges()
  expect(near).toMatchObject({ scenario: null, nearMisses: ['script: limit-rate: nth: expected 2, got 1'] })
  expect(far).toMatchObject({ scenario: null, nearMisses: [] })
})

test('a near miss does not repeat a credential, not even one that is cut', async () => {
  await using mock = await startMock()
  await mock.script('limit-rate', { when: { prompt: 'fox' } })
  await ask(mock, { text: `${'a'.repeat(90)} sk-abcdefghijklmnopqrstuvwxyz` })
  const [exchange] = await mock.exchanges()
  expect(exchange?.nearMisses).toEqual([expect.stringContaining("aaa [redacted]…'")])
})

test('an error requested by Prefer has the format of the dialect', async () => {
  await using mock = await startMock({ errors: 'gateway' })
  const response = await fetch(`${mock.baseURL}/models`, { headers: { prefer: 'code=418' } })
  const id = response.headers.get('x-oneapi-request-id')
  expect([response.status, await response.json()]).toEqual([
    418,
    { error: { code: '', message: `I'm a Teapot (request id: ${id})`, type: 'new_api_error' } },
  ])
  await using plain = await startMock()
  const other = await fetch(`${plain.baseURL}/models`, { headers: { prefer: 'code=503' } })
  expect([other.status, await other.json()]).toEqual([
    503,
    { error: { message: 'Service Unavailable', type: 'server_error', param: null, code: null } },
  ])
})
