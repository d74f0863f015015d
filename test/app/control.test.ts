import SwaggerParser from '@apidevtools/swagger-parser'
import { expect, test, vi } from 'vitest'
import type { Mock, MockOptions } from '../../src/index.ts'
import { connectMock, startMock } from '../../src/index.ts'
import { MemoryStore } from '../../src/store/memory-store.ts'
import { appWith } from './unlistened.ts'
import { ask, mockWith, read } from '../ask.ts'
import type { ReadResponse } from '../ask.ts'
import { sendRaw } from '../wire.ts'

const JSON_TYPE = { 'content-type': 'application/json' }

/** A mock on a port. An internal error of the mock fails the test. */
async function listening(options: MockOptions = {}): Promise<Mock> {
  return startMock({
    ...options,
    onFault: (error) => {
      throw error
    },
  })
}

async function control(mock: Mock, path: string, init: RequestInit = {}): Promise<ReadResponse> {
  return read(await mock.fetch(`${mock.url}/__mock${path.replace(/^(?=[^/])/, '/')}`, init))
}

async function post(
  mock: Mock,
  path: string,
  body: unknown,
  headers: Record<string, string> = {},
): Promise<ReadResponse> {
  return control(mock, path, { method: 'POST', headers: { ...JSON_TYPE, ...headers }, body: JSON.stringify(body) })
}

const scripted = async (mock: Mock, headers: Record<string, string> = {}): Promise<any> =>
  (await control(mock, 'script', { headers })).json.pending

test('GET exchanges lists the exchanges, the oldest first', async () => {
  await using mock = await listening()
  await ask(mock, { text: 'a fox' })
  await ask(mock, { model: 'gpt-9' })
  const { status, json } = await control(mock, 'exchanges')
  expect(status).toBe(200)
  expect(json.exchanges).toMatchObject([
    {
      request: { method: 'POST', body: { model: 'gpt-4o-image' } },
      chat: { prompt: 'a fox' },
      response: { status: 200 },
    },
    {
      request: { body: { model: 'gpt-9' } },
      chat: null,
      response: { status: 404, body: { error: { code: 'model_not_found' } } },
    },
  ])
  expect(json.exchanges, 'mock.exchanges() returns the same').toEqual(
    JSON.parse(JSON.stringify(await mock.exchanges())),
  )
})

test('records completions, but neither pictures nor requests to the control API', async () => {
  await using mock = await listening()
  const { content } = await ask(mock)
  await (await mock.fetch(/!\[.*?\]\((.*?)\)/.exec(content)?.[1] ?? '')).arrayBuffer()
  await control(mock, 'exchanges')
  expect((await control(mock, 'exchanges')).json.exchanges).toHaveLength(1)
})

test('each filter selects the exchanges that match', async () => {
  await using mock = await listening()
  await ask(mock, { model: 'flux-pro' })
  await ask(mock, { model: 'nano-banana', body: { stream: true } })
  await ask(mock, { model: 'gpt-9' })
  await ask(mock, { model: 'flux', headers: { 'x-mock-scenario': 'retry-503' } })
  await mock.fetch(`${mock.baseURL}/models`)
  const all: any[] = (await control(mock, 'exchanges')).json.exchanges
  const found = async (query: string): Promise<number[]> =>
    (await control(mock, `exchanges?${query}`)).json.exchanges.map(({ id }: any) =>
      all.findIndex((one) => one.id === id),
    )
  expect(await found('model=flux-pro')).toEqual([0])
  expect(await found('model=flux-*')).toEqual([0])
  expect(await found('status=404')).toEqual([2])
  expect(await found('status=5xx')).toEqual([3])
  expect(await found('operation=listModels')).toEqual([4])
  expect(await found('operation=POST%20/v1/chat/completions')).toEqual([0, 1, 2, 3])
  expect(await found('scenario=retry-503')).toEqual([3])
  expect(await found('stream=true')).toEqual([1])
  expect(await found('stream=false&status=200')).toEqual([0, 4])
  expect(await found('path=/v1/models')).toEqual([4])
  expect(await found('path=/v1/chat/*')).toEqual([0, 1, 2, 3])
  expect(await found(`since=${all[2].id}`)).toEqual([3, 4])
  expect(await found(`before=${all[2].id}`)).toEqual([0, 1])
  expect(await found(`before=${all[3].id}&limit=2`)).toEqual([1, 2])
  expect(await found('q=model:nano-banana')).toEqual([1])
  expect(await found('q=-status:200+model:flux&limit=1')).toEqual([3])
  expect(await found('limit=2')).toEqual([3, 4])
  expect(await found('status=200&limit=1')).toEqual([4])
})

test('DELETE exchanges with a query deletes those that match', async () => {
  await using mock = await mockWith()
  for (const text of ['a fox', 'a cat', 'a dog']) await ask(mock, { text })
  await control(mock, 'exchanges?q=fox', { method: 'DELETE' })
  await control(mock, 'exchanges?q=-cat', { method: 'DELETE' })
  expect((await mock.exchanges()).map(({ chat }) => chat?.prompt)).toEqual(['a cat'])
})

test.each([
  ['stream=yes', 'stream'],
  ['limit=0', 'limit'],
  ['limit=many', 'limit'],
  ['modle=flux', 'modle'],
  ['limit=1e3', 'limit'],
  ['q=modle:flux', 'q'],
])('rejects an invalid filter and names it: %s', async (query, param) => {
  await using mock = await mockWith()
  const { status, json } = await control(mock, `exchanges?${query}`)
  expect(status).toBe(400)
  expect(json.error).toMatchObject({ param, message: expect.stringContaining(param) })
})

test('GET exchanges returns a table with Accept: text/plain', async () => {
  await using mock = await listening()
  const table = async (): Promise<ReadResponse> => control(mock, 'exchanges', { headers: { accept: 'text/plain' } })
  expect(await table()).toMatchObject({ status: 200, text: 'No requests received.\n' })
  await ask(mock, { text: 'a fox' })
  const list = await table()
  expect(list.headers.get('content-type')).toMatch(/^text\/plain/)
  expect(list.text).toMatch(
    /^Requests received \(1\):\n {2}id .*\n {2}\d+ +POST \/v1\/chat\/completions {2}gpt-4o-image {2}200 {15}a fox\n$/,
  )
})

test.each([
  'application/json',
  'application/json ; charset=utf-8',
  'application/json;',
  'APPLICATION/JSON;charset=utf-8',
])('accepts a script with Content-Type %s', async (type) => {
  await using mock = await listening()
  expect(
    await control(mock, 'script', {
      method: 'POST',
      headers: { 'content-type': type },
      body: '{"scenario":"retry-503"}',
    }),
  ).toMatchObject({ status: 200, json: { scripted: 1 } })
})

test('a backslash in an id does not lead to another route', async () => {
  await using mock = await listening()
  for (const id of ['..%5cscript', '..%5copenapi.json', '%2e%2e%5cscenarios'])
    expect((await control(mock, `exchanges/${id}`)).status).toBe(404)
})

test('GET exchanges/{id} returns one exchange; latest is the newest', async () => {
  await using mock = await listening()
  expect(await control(mock, 'exchanges/latest')).toMatchObject({
    status: 404,
    json: { error: { code: 'exchange_not_found' } },
  })
  await ask(mock, { text: 'first' })
  await ask(mock, { text: 'second' })
  const latest = await control(mock, 'exchanges/latest')
  expect(latest.json.chat.prompt).toBe('second')
  expect((await control(mock, `exchanges/${latest.json.id}`)).json).toEqual(latest.json)
  for (const id of ['0', '4711', 'x'.repeat(500), '%F0%9F%A6%8A'])
    expect((await control(mock, `exchanges/${id}`)).json.error.code).toBe('exchange_not_found')
})

test('DELETE exchanges deletes them, but neither script nor coverage', async () => {
  await using mock = await listening()
  await ask(mock)
  await post(mock, 'script', { scenario: 'retry-503' })
  expect(await control(mock, 'exchanges', { method: 'DELETE' })).toMatchObject({ status: 200, json: { status: 'ok' } })
  expect((await control(mock, 'exchanges')).json.exchanges).toEqual([])
  expect(await scripted(mock)).toHaveLength(1)
  expect((await control(mock, 'coverage')).json.operations.covered).toBe(1)
})

test('DELETE exchanges without a filter does not read them', async () => {
  const { app, context } = await appWith()
  const { store } = context
  const unreadable = { size: 1, toBytes: () => expect.unreachable() }
  for (const session of ['', 'alice']) await store.record(session, unreadable)
  await app.request('/__mock/exchanges', { method: 'DELETE', headers: { 'x-mock-session': 'alice' } })
  expect((await store.size()).exchanges).toBe(1)
  expect((await app.request('/__mock/exchanges', { method: 'DELETE' })).status).toBe(200)
  expect((await store.size()).exchanges).toBe(0)
})

test.each<[what: string, script: unknown, message: RegExp]>([
  [
    'headers',
    { then: { headers: Object.fromEntries(Array.from({ length: 9000 }, (_, i) => [`A${i}`, ''])) } },
    /then\.headers\.A19: [^;]*; [^;]*; and 8980 more\.$/,
  ],
  ['models', { scenario: 'slow-hang', when: { model: Array.from({ length: 9000 }, () => 1) } }, /; and 8980 more\.$/],
  [
    'responses of sequences',
    Array.from({ length: 400 }, () => ({ then: { sequence: Array.from({ length: 10 }, () => ({ x: 1 })) } })),
    /; and 3980 more\.$/,
  ],
  [
    'keys',
    { then: Object.fromEntries(Array.from({ length: 9000 }, (_, i) => [`k${i}`, 1])) },
    /'k18', 'k19', and 8980 more; use /,
  ],
  [
    'values',
    Array.from({ length: 900 }, () => ({ then: { body: Array.from({ length: 30 }, () => 1) } })),
    /too many values/,
  ],
])('the error for a script with many wrong %s is short', async (_what, script, message) => {
  await using mock = await mockWith()
  const { status, text, json } = await post(mock, 'script', script)
  expect([status, text.length < 6000]).toEqual([400, true])
  expect(json.error.message).toMatch(message)
})

test('GET scenarios lists the scenarios without their responses', async () => {
  await using mock = await listening()
  const { scenarios } = (await control(mock, 'scenarios')).json
  const retry = { name: 'retry-503', about: expect.stringMatching(/\S/), from: 'gateway' }
  expect(scenarios).toContainEqual(expect.objectContaining(retry))
  for (const one of scenarios) expect(one).not.toHaveProperty('then')
})

test('GET scenarios with Accept: text/plain returns a table', async () => {
  await using mock = await listening()
  const { headers, text } = await control(mock, 'scenarios', { headers: { accept: 'text/plain' } })
  expect(headers.get('content-type')).toMatch(/^text\/plain/)
  expect(text).toMatch(/^retry-429 +One 429 response, then a normal response\.$/m)
})

test('GET /__mock lists all routes, as JSON or as a table', async () => {
  await using mock = await listening()
  const { routes } = (await control(mock, '')).json
  const served = Object.entries(SERVED).flatMap(([path, methods]) => methods.map((method) => `${method} ${path}`))
  expect(routes.map(({ method, path }: any) => `${method.toLowerCase()} ${path}`).toSorted()).toEqual(served.toSorted())
  for (const { summary } of routes) expect(summary).toMatch(/\S/)
  const { headers, text } = await control(mock, '', { headers: { accept: 'text/plain' } })
  expect(headers.get('content-type')).toMatch(/^text\/plain/)
  expect(text.split('\n')).toContain(
    'POST    /__mock/reset            Delete script, positions, exchanges and coverage',
  )
  expect((await control(mock, 'nothing')).json.error.message).toMatch(/GET \/__mock lists them/)
})

test.each([undefined, 'application/x-www-form-urlencoded', 'application/json'])(
  'POST reset without a body needs no Content-Type; here it is %s',
  async (type) => {
    for (const mock of [await listening(), await mockWith()]) {
      await post(mock, 'script', { scenario: 'retry-503' })
      const headers = type === undefined ? undefined : { headers: { 'content-type': type } }
      expect(await control(mock, 'reset', { method: 'POST', ...headers })).toMatchObject({ status: 200 })
      expect(await scripted(mock)).toEqual([])
      expect(await control(mock, 'script', { method: 'POST', ...headers }), 'needs a body').toMatchObject({
        status: 400,
        json: { error: { message: expect.stringContaining('The request has no body') } },
      })
      await mock.close()
    }
  },
)

test('POST script: a scenario by its name, with all responses of its sequence', async () => {
  await using mock = await listening()
  expect(await post(mock, 'script', { scenario: 'retry-503' })).toMatchObject({ status: 200, json: { scripted: 1 } })
  expect(await scripted(mock)).toEqual([{ scenario: 'retry-503', times: 2 }])
  const statuses = []
  for (let i = 0; i < 3; i++) statuses.push((await ask(mock)).status)
  expect(statuses).toEqual([503, 503, 200])
  expect(await scripted(mock)).toEqual([])
})

test('POST script: a custom response', async () => {
  await using mock = await listening()
  await post(mock, 'script', { scenario: { then: { say: 'none today' } } })
  const response = await ask(mock)
  expect(response.content).toBe('none today')
  expect(response.headers.get('x-mock-note')).toBe('scenario script (scripted)')
  expect((await ask(mock)).content).not.toBe('none today')
})

test('POST script: a list is used in order; an entry can be used several times', async () => {
  await using mock = await listening()
  const response = await post(mock, 'script', [
    { scenario: { then: { say: 'a' } }, times: 2 },
    { scenario: { then: { error: 'rate_limited' } } },
    { scenario: { then: { say: 'c' } } },
  ])
  expect(response.json).toEqual({ scripted: 3 })
  await post(mock, 'script', { scenario: { then: { say: 'd' } } })
  const bodies = []
  for (let i = 0; i < 5; i++) bodies.push((await ask(mock)).json)
  expect(bodies.map((json) => json.error?.code ?? json.choices[0].message.content)).toEqual([
    'a',
    'a',
    'rate_limit_exceeded',
    'c',
    'd',
  ])
})

test('POST script: a custom sequence is used for as many requests as it has responses, or as times says', async () => {
  await using mock = await listening()
  const then = { sequence: [{ say: '1' }, { say: '2' }, { say: '3' }] }
  await post(mock, 'script', [{ scenario: { then }, times: 2 }, { scenario: { then } }])
  expect((await scripted(mock)).map(({ times }: any) => times)).toEqual([2, 3])
  const contents = []
  for (let i = 0; i < 5; i++) contents.push((await ask(mock)).content)
  expect(contents).toEqual(['1', '2', '1', '2', '3'])
})

test('script takes then beside when and times, in HTTP and in JavaScript', async () => {
  await using mock = await listening()
  const entry = { when: { model: 'flux' }, then: { say: 'fluxed' }, times: 2 }
  const expected = { scenario: { then: entry.then }, when: entry.when, times: 2 }
  await post(mock, 'script', [entry])
  await post(mock, 'script', entry)
  await mock.script(entry)
  await mock.script(['limit-rate', entry])
  expect(await scripted(mock)).toEqual([expected, expected, expected, { scenario: 'limit-rate', times: 1 }, expected])
  expect((await ask(mock, { model: 'flux' })).content).toBe('fluxed')
})

test('POST script: an entry with a condition waits for a request that matches', async () => {
  await using mock = await listening()
  await post(mock, 'script', [
    { scenario: { then: { say: 'streamed' } }, when: { stream: true } },
    { scenario: { then: { say: 'fluxed' } }, when: { model: 'flux*' } },
  ])
  expect((await ask(mock, { model: 'nano-banana' })).content).toMatch(/!\[/)
  expect((await ask(mock, { model: 'flux-pro' })).content).toBe('fluxed')
  expect(await scripted(mock)).toEqual([{ scenario: { then: { say: 'streamed' } }, when: { stream: true }, times: 1 }])
  expect((await ask(mock, { body: { stream: true } })).content).toBe('streamed')
  const [missed] = (await control(mock, 'exchanges?model=nano-banana')).json.exchanges
  expect(missed.scenario, 'no scenario shaped it').toBeNull()
})

test.each<[what: string, body: unknown, message: RegExp]>([
  ['a number', 5, /must be an entry such as \{"scenario": NAME, "times": 1\}, or a list of entries/],
  ['an empty list', [], /must have at least one entry/],
  ['nothing in an entry', {}, /scenario: must be the name of a scenario, or \{"then": …\}/],
  ['an unknown scenario', { scenario: 'retry-504' }, /Unknown scenario 'retry-504'. Did you mean retry-503/],
  ['an unknown key', { scenario: 'retry-503', time: 2 }, /unknown key 'time'; use scenario, times, when/],
  ['a response without then', { scenario: { say: 'x' } }, /scenario: unknown key 'say'; use then|scenario.then/],
  [
    'an unknown key in a response',
    { scenario: { then: { errror: 'x' } } },
    /scenario\.then: unknown key 'errror'; use error, status, headers,/,
  ],
  [
    'an unknown error',
    { scenario: { then: { error: 'x' } } },
    /scenario\.then\.error: 'x' is not allowed; use one of invalid_body, /,
  ],
  ['a scenario and a then', { scenario: 'limit-rate', then: { say: 'x' } }, /use either scenario or then/],
  ['an empty response', { scenario: { then: {} } }, /scenario\.then: must have at least one key/],
  [
    'a sequence with other keys',
    { scenario: { then: { say: 'x', sequence: [{ say: 'y' }] } } },
    /scenario\.then: sequence cannot be combined with other keys/,
  ],
  ['no time at all', { scenario: 'retry-503', times: 0 }, /times: must be at least 1/],
  ['too many times', { scenario: 'retry-503', times: 10_001 }, /times: must be at most 10000/],
  [
    'a wrong when',
    [{ scenario: 'retry-503' }, { scenario: 'retry-503', when: { modle: 'flux' } }],
    /1\.when: unknown key 'modle'; use model, prompt, pattern, stream, references, nth/,
  ],
  [
    'a header that frames the message',
    { scenario: { then: { headers: { 'content-length': '5' } } } },
    /scenario\.then\.headers\.content-length: must be a header name in lower case; the server sets content-length,/,
  ],
  [
    'a long text',
    { scenario: { then: { say: 'x'.repeat(100_001) } } },
    /scenario\.then\.say: must have at most 100000 characters/,
  ],
  [
    'too many entries',
    Array.from({ length: 1001 }, () => ({ scenario: 'retry-503' })),
    /must have at most 1000 entries/,
  ],
])('POST script rejects %s, and says what is allowed', async (_what, body, message) => {
  for (const errors of ['openai', 'gateway'] as const) {
    await using mock = await mockWith({ errors })
    const { status, json } = await post(mock, 'script', body)
    expect(status).toBe(400)
    expect(json.error.message).toMatch(message)
    expect(await mock.pending(), 'nothing of it is scripted').toEqual([])
  }
})

test('POST script rejects a body that is not JSON', async () => {
  await using mock = await listening()
  for (const body of ['', '{', 'scenario=slow']) {
    const { status, json } = await control(mock, 'script', { method: 'POST', headers: JSON_TYPE, body })
    expect({ status, type: json.error.type }).toEqual({ status: 400, type: 'invalid_request_error' })
  }
})

test('POST script rejects too many entries with 413, and keeps the existing ones', async () => {
  await using mock = await listening()
  const many = Array.from({ length: 999 }, () => ({ scenario: 'retry-503' }))
  await post(mock, 'script', many)
  expect(await post(mock, 'script', many)).toMatchObject({
    status: 413,
    json: {
      error: { code: 'store_full', message: "The script is too large: a session's script has at most 1000 entries." },
    },
  })
  const large = Array.from({ length: 11 }, () => ({ scenario: { then: { say: 'x'.repeat(100_000) } } }))
  expect(await post(mock, 'script', large, { 'x-mock-session': 'other' })).toMatchObject({
    status: 413,
    json: { error: { message: expect.stringContaining('at most 1048576 bytes') } },
  })
  expect(await scripted(mock)).toHaveLength(999)
  expect(await scripted(mock, { 'x-mock-session': 'other' })).toEqual([])
})

test('POST reset deletes script, positions, exchanges and coverage: of one session, or of all without a name', async () => {
  await using mock = await listening()
  for (const headers of [{}, { 'x-mock-session': 'other' }]) {
    await post(mock, 'script', { scenario: 'retry-503', when: { prompt: 'never' } }, headers)
    await ask(mock, { headers })
  }
  expect(await post(mock, 'reset', {}, { 'x-mock-session': 'other' })).toMatchObject({
    status: 200,
    json: { status: 'ok' },
  })
  expect(await scripted(mock, { 'x-mock-session': 'other' })).toEqual([])
  expect((await control(mock, 'exchanges')).json.exchanges).toMatchObject([{ session: '' }])
  expect(await scripted(mock)).toHaveLength(1)
  await ask(mock, { headers: { 'x-mock-session': 'other' } })
  await post(mock, 'reset', {})
  expect((await control(mock, 'exchanges')).json.exchanges).toEqual([])
  expect((await control(mock, 'coverage')).json.operations.covered).toBe(0)
  expect((await mock.total()).operations.covered, 'the coverage since the start is kept').toBe(1)
})

test('GET coverage returns JSON, Markdown or JUnit', async () => {
  await using mock = await listening()
  await ask(mock, { model: 'flux' })
  await ask(mock, { body: { n: 'two' } })
  const coverage = async (accept: string): Promise<ReadResponse> => control(mock, 'coverage', { headers: { accept } })
  const { json } = await coverage('application/json')
  expect(json.operations).toMatchObject({ covered: 1, total: 3, percent: 33 })
  expect(json.models.items).toContainEqual({ name: 'flux', count: 1, known: true, inTotal: true })
  expect(json.violations).toMatchObject([{ code: 'type:n', count: 1 }])
  expect((await control(mock, 'coverage')).json).toEqual(json)
  expect(JSON.parse(JSON.stringify(await mock.coverage()))).toEqual(json)
  const markdown = await coverage('text/markdown')
  expect(markdown.headers.get('content-type')).toMatch(/^text\/markdown/)
  expect(markdown.text).toMatch(/^# Contract coverage\n[^]*\| Operations \| 1 \| 3 \| 33 \|[^]*## Violations[^]*type:n/)
  const junit = await coverage('application/xml')
  expect(junit.headers.get('content-type')).toMatch(/^application\/xml/)
  expect(junit.text).toMatch(/^<\?xml [^]*<testsuite name="contract coverage" tests="\d+" failures="1" errors="0"/)
})

test('GET coverage: models and scenarios add to the totals, also for a remote mock', async () => {
  await using mock = await listening()
  await ask(mock, { model: 'flux' })
  const query = 'models=nano-banana&models=flux&scenarios=retry-503'
  for (const total of ['', '&total=true'])
    expect((await control(mock, `coverage?${query}${total}`)).json).toMatchObject({
      models: { covered: 1, total: 2 },
      scenarios: { covered: 0, total: 1 },
    })
  expect((await control(mock, 'coverage')).json).toMatchObject({ models: { total: 1 }, scenarios: { total: 0 } })
  expect(await control(mock, 'coverage?models=fluks')).toMatchObject({
    status: 400,
    json: {
      error: { param: 'models', message: expect.stringContaining("there is no model 'fluks'. Did you mean flux?") },
    },
  })
  await using remote = await connectMock(mock.url)
  for (const one of [mock, remote, mock.session('a'), remote.session('a')])
    expect((await one.coverage({ models: 'all', scenarios: 'all' })).models.total).toBe(15)
  expect(await remote.total({ models: ['nano-banana'] })).toMatchObject({ models: { covered: 1, total: 2 } })
  await expect(remote.total({ scenarios: 'x' })).rejects.toThrow("there is no scenario 'x'")
})

test('GET contract returns the contract and its chat operation, and the journal does not record it', async () => {
  await using mock = await listening()
  const { status, json } = await control(mock, 'contract')
  const { document } = json
  expect({ status, ...json, document: Object.keys(document.paths) }).toEqual({
    status: 200,
    basePath: '/v1',
    chat: { method: 'POST', path: '/v1/chat/completions' },
    document: ['/v1/chat/completions', '/v1/models', '/v1/models/{model}'],
  })
  await SwaggerParser.validate(document)
  expect(await mock.exchanges()).toEqual([])
})

test('GET contract of a custom contract without a chat operation has none', async () => {
  await using mock = await listening({ spec: 'test/openapi/own/contract.yaml' })
  const { json } = await control(mock, 'contract')
  expect(json).toMatchObject({ basePath: '/v1', chat: null, document: { info: { title: 'A shop of drawings' } } })
})

// All routes with their methods. Add new routes here.
const SERVED = {
  '/__mock': ['get'],
  '/__mock/contract': ['get'],
  '/__mock/coverage': ['get'],
  '/__mock/events': ['get'],
  '/__mock/exchanges': ['delete', 'get'],
  '/__mock/exchanges/{id}': ['delete', 'get'],
  '/__mock/health': ['get'],
  '/__mock/livez': ['get'],
  '/__mock/metrics': ['get'],
  '/__mock/models': ['get'],
  '/__mock/openapi.json': ['get'],
  '/__mock/pictures/{name}': ['get'],
  '/__mock/readyz': ['get'],
  '/__mock/reset': ['post'],
  '/__mock/scenarios': ['get'],
  '/__mock/script': ['get', 'post'],
  '/__mock/summaries': ['get'],
}

/** The only response without an end. */
const EVENTS = '/__mock/events'

test('openapi.json is a valid OpenAPI 3.1 document with exactly the routes that exist', async () => {
  await using mock = await listening()
  const { json } = await control(mock, 'openapi.json')
  expect(json.openapi).toBe('3.1.0')
  const routes = Object.fromEntries(
    Object.entries<object>(json.paths).map(([path, item]) => [path, Object.keys(item).toSorted()]),
  )
  await SwaggerParser.validate(structuredClone(json))
  expect(json.paths['/__mock/exchanges'].delete).toMatchObject({
    operationId: 'deleteExchanges',
    responses: { 200: {}, default: { description: 'The error' } },
  })
  const { Ajv2020 } = await import('ajv/dist/2020.js')
  const { schema } = json.paths['/__mock/script'].post.requestBody.content['application/json']
  const fits = new Ajv2020({ strict: false, formats: { 'date-time': true } })
    .addSchema({ $id: 'doc', ...json })
    .compile(JSON.parse(JSON.stringify(schema).replaceAll('"#/', '"doc#/')))
  for (const body of [
    { scenario: 'x' },
    { then: { say: 'x' }, when: { model: 'x' } },
    [{ scenario: { then: { say: 'x' } }, times: 2 }],
  ])
    expect(fits(body), JSON.stringify(fits.errors)).toBe(true)
  for (const body of [null, [], [null], { scenario: 5 }, { scenario: 'x', time: 2 }])
    expect(fits(body), JSON.stringify(body)).toBe(false)
  const { pattern } = json.paths['/__mock/exchanges'].get.parameters.find(({ name }: any) => name === 'status').schema
  expect(['429', '4xx', '4XX', 'ok', '42'].map((status) => new RegExp(pattern).test(status))).toEqual([
    true,
    true,
    true,
    false,
    false,
  ])
  expect(routes).toEqual(SERVED)
  const { content } = await ask(mock)
  const name = /\/cdn\/([\w-]+)\//.exec(content)?.[1] ?? ''
  for (const [path, methods] of Object.entries(SERVED)) {
    const at = path.replace('{id}', 'latest').replace('{name}', name).slice('/__mock'.length)
    await ask(mock) // so that latest exists
    for (const method of methods.toReversed()) {
      const response = await mock.fetch(`${mock.url}/__mock${at}`, {
        method: path === EVENTS ? 'HEAD' : method.toUpperCase(),
        ...(method === 'post' ? { headers: JSON_TYPE, body: '{}' } : {}),
      })
      expect(response.status, `${method} ${path}`).not.toBe(404)
      await response.text()
    }
    const { status, headers } = await control(mock, at, { method: 'PATCH' })
    expect({ status, allow: headers.get('allow')?.split(', ').toSorted() }).toEqual({
      status: 405,
      allow: [
        ...methods.map((method) => method.toUpperCase()),
        ...(methods.includes('get') ? ['HEAD'] : []),
        'OPTIONS',
      ].toSorted(),
    })
  }
})

test('unknown paths get a 404 with the error envelope', async () => {
  await using mock = await listening()
  for (const path of ['/', 'nothing', 'exchanges/', 'exchanges/1/2', 'Exchanges', 'script/x'])
    expect(await control(mock, path), path).toMatchObject({
      status: 404,
      json: { error: { type: 'invalid_request_error' } },
    })
  for (const path of [
    '/__mock/exchanges/..',
    '/__mock/exchanges/.',
    '/__mock/exchanges/%2e%2e',
    String.raw`/__mock/exchanges/x\..\..\nothing`,
  ]) {
    const { status, body } = await sendRaw(mock, `GET ${path} HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n`)
    expect(status, path).toBe(404)
    expect(JSON.parse(body).error.message, path).toMatch(/^(?:Invalid URL|There is no exchange)/)
  }
})

test('rejects a POST without a JSON Content-Type, and changes nothing', async () => {
  await using mock = await listening()
  await post(mock, 'script', { scenario: 'retry-503' })
  const body = JSON.stringify({ scenario: { then: { say: 'from a form' } } })
  for (const type of [
    'text/plain',
    'application/x-www-form-urlencoded',
    'multipart/form-data; boundary=x',
    'application/jsonp',
    'text/plain; application/json',
  ]) {
    for (const path of ['script', 'reset']) {
      expect(
        await control(mock, path, { method: 'POST', headers: { 'content-type': type }, body }),
        type,
      ).toMatchObject({
        status: 415,
        json: { error: { code: 'unsupported_media_type', message: expect.stringContaining('application/json') } },
      })
    }
  }
  const { status } = await sendRaw(
    mock,
    `POST /__mock/script HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\nContent-Length: ${body.length}\r\n\r\n${body}`,
  )
  expect(status).toBe(415)
  expect(await scripted(mock)).toEqual([{ scenario: 'retry-503', times: 2 }])
  expect(
    await control(mock, 'script', {
      method: 'POST',
      headers: { 'content-type': 'Application/JSON; charset=utf-8' },
      body,
    }),
  ).toMatchObject({ status: 200 })
})

test('rejects an HTML form whose text is JSON', async () => {
  await using mock = await listening()
  // <form enctype="text/plain"><input name='{"scenario":{"then":{"say":"' value='"}}}'>
  const body = '{"scenario":{"then":{"say":"="}}}'
  expect(
    await control(mock, 'script', { method: 'POST', headers: { 'content-type': 'text/plain' }, body }),
  ).toMatchObject({ status: 415 })
  expect(await scripted(mock)).toEqual([])
})

test('HEAD returns the headers of GET without the body', async () => {
  for (const mock of [await listening(), await mockWith()]) {
    for (const path of ['exchanges', 'scenarios', 'script', 'coverage', 'openapi.json', 'health', 'livez']) {
      const [head, get] = [await control(mock, path, { method: 'HEAD' }), await control(mock, path)]
      expect({ status: head.status, text: head.text, type: head.headers.get('content-type') }, path).toEqual({
        status: 200,
        text: '',
        type: get.headers.get('content-type'),
      })
    }
    await mock.close()
  }
})

test('every response has nosniff, and no CORS header', async () => {
  await using mock = await listening()
  for (const path of Object.keys(SERVED)) {
    const method = path === EVENTS ? 'HEAD' : 'GET'
    const { headers } = await mock.fetch(mock.url + path, { method })
    expect(headers.get('x-content-type-options'), path).toBe('nosniff')
    expect(headers.get('access-control-allow-origin'), path).toBeNull()
  }
})

/** Sends a request that HTTP clients do not allow. */
async function raw(
  mock: Mock,
  path: string,
  headers: readonly string[],
  body?: string,
): Promise<{ status: number; body: string }> {
  const lines = [`${body === undefined ? 'GET' : 'POST'} /__mock/${path} HTTP/1.1`, 'Connection: close', ...headers]
  if (body !== undefined) lines.push('Content-Type: application/json', `Content-Length: ${body.length}`)
  return sendRaw(mock, `${lines.join('\r\n')}\r\n\r\n${body ?? ''}`)
}

const KEPT = [{ scenario: 'retry-503', times: 2 }]
const OTHER = JSON.stringify({ scenario: { then: { say: 'from elsewhere' } } })

test.each<[what: string, headers: string[], code: string]>([
  ['a page of another origin', ['Host: localhost', 'Origin: https://evil.example'], 'foreign_origin'],
  ['a page of another port', ['Host: localhost:4010', 'Origin: http://localhost:3000'], 'foreign_origin'],
  ['a page without an origin', ['Host: localhost', 'Origin: null'], 'foreign_origin'],
  ['a page of another site that hides its origin', ['Host: localhost', 'Sec-Fetch-Site: cross-site'], 'foreign_origin'],
  ['a name that was rebound to this address', ['Host: evil.example'], 'foreign_host'],
  [
    'a page of such a name',
    ['Host: evil.example:4010', 'Origin: http://evil.example:4010', 'Sec-Fetch-Site: same-origin'],
    'foreign_host',
  ],
  ['a name that only begins like an address', ['Host: 127.0.0.1.evil.example'], 'foreign_host'],
  ['a name that only ends like localhost', ['Host: evil-localhost.example'], 'foreign_host'],
  ['a name with a dot at its end', ['Host: evil.example.'], 'foreign_host'],
])('the control API rejects %s, and nothing changes', async (_what, headers, code) => {
  await using mock = await listening()
  await post(mock, 'script', { scenario: 'retry-503' })
  await ask(mock, { model: 'gpt-9' })
  for (const path of ['exchanges', 'exchanges/latest', 'scenarios', 'script', 'coverage', 'openapi.json', 'nothing']) {
    const { status, body } = await raw(mock, path, headers)
    expect({ status, code: JSON.parse(body).error.code }, path).toEqual({ status: 403, code })
  }
  for (const path of ['script', 'reset'])
    expect((await raw(mock, path, headers, path === 'script' ? OTHER : '{}')).status).toBe(403)
  const { status } = await sendRaw(
    mock,
    `DELETE /__mock/exchanges HTTP/1.1\r\nConnection: close\r\n${headers.join('\r\n')}\r\n\r\n`,
  )
  expect(status).toBe(403)
  expect(await scripted(mock)).toEqual(KEPT)
  expect(await mock.exchanges()).toHaveLength(1)
})

test.each([
  '127.0.0.1',
  '127.0.0.1:4010',
  '[::1]',
  '[::1]:4010',
  '10.1.2.3',
  'localhost',
  'localhost:1234',
  'LOCALHOST',
  'a.localhost',
  'db.internal',
  'x.local',
  'mockserver',
  'mockserver:4010',
])('the control API accepts the Host %s', async (host) => {
  await using mock = await listening()
  expect((await raw(mock, 'scenarios', [`Host: ${host}`])).status).toBe(200)
  expect(
    (await raw(mock, 'script', [`Host: ${host}`, `Origin: http://${host}`, 'Sec-Fetch-Site: same-origin'], OTHER))
      .status,
    'and its own pages may use it',
  ).toBe(200)
})

test('accepts the host of publicUrl and the names in allowHosts', async () => {
  await using mock = await listening({
    publicUrl: 'https://mock.example:8443/path',
    allowHosts: ['ci.example', 'Other.Example'],
  })
  for (const host of [
    'mock.example',
    'mock.example:8443',
    'MOCK.example',
    'ci.example',
    'CI.example:80',
    'other.example',
  ])
    expect((await raw(mock, 'scenarios', [`Host: ${host}`])).status, host).toBe(200)
  for (const host of ['a.mock.example', 'xci.example', 'ci.example.org'])
    expect((await raw(mock, 'scenarios', [`Host: ${host}`])).status, host).toBe(403)
})

test('probes accept every Host, but no page of another origin', async () => {
  await using mock = await listening()
  for (const path of ['health', 'livez', 'readyz']) {
    const { status, body } = await raw(mock, path, ['Host: lb.example'])
    expect({ status, json: JSON.parse(body) }, path).toEqual({ status: 200, json: { status: 'ok' } })
    expect((await raw(mock, path, ['Host: lb.example', 'Origin: https://evil.example'])).status).toBe(403)
  }
})

test('health returns details only for a Host that the control API accepts', async () => {
  await using mock = await listening({ allowHosts: ['ci.example'] })
  const keysFor = async (host: string) => Object.keys(JSON.parse((await raw(mock, 'health', [`Host: ${host}`])).body))
  expect(await keysFor('ci.example')).toEqual(await keysFor('localhost'))
  expect(await keysFor('localhost')).toContain('contract')
  expect(await keysFor('rebound.example')).toEqual(['status'])
})

test('with a control token, rejects requests without it except for probes, and nothing changes', async () => {
  await using mock = await listening({ controlToken: 'the-right-one' })
  const right = { 'x-mock-control-token': 'the-right-one' }
  await post(mock, 'script', { scenario: 'retry-503' }, right)
  for (const headers of [
    {},
    { 'x-mock-control-token': '' },
    { 'x-mock-control-token': 'the-right-on' },
    { 'x-mock-control-token': 'the-right-one, the-right-one' },
    { authorization: 'Bearer the-right-one' },
  ]) {
    for (const path of ['exchanges', 'script', 'openapi.json', 'nothing']) {
      const { status, json, text } = await control(mock, path, { headers: headers as Record<string, string> })
      expect({ status, code: json.error.code }).toEqual({ status: 401, code: 'wrong_control_token' })
      expect(text).not.toContain('the-right-one')
    }
    expect((await post(mock, 'script', JSON.parse(OTHER), headers as Record<string, string>)).status).toBe(401)
    expect((await post(mock, 'reset', {}, headers as Record<string, string>)).status).toBe(401)
  }
  for (const path of ['health', 'livez', 'readyz']) expect((await control(mock, path)).status).toBe(200)
  expect(
    (await ask(mock, { model: 'flux', body: { stream: true } })).status,
    'the API of the models needs no token',
  ).toBe(503)
  expect(await scripted(mock, right)).toEqual([{ scenario: 'retry-503', times: 1 }])
  expect(await mock.pending(), 'the mock object needs no token').toHaveLength(1)
})

test('errors of the control API have the OpenAI format in every dialect', async () => {
  await using mock = await listening({ errors: 'gateway' })
  const responses = [
    await control(mock, 'nothing'),
    await control(mock, 'reset'),
    await control(mock, 'exchanges/4711'),
    await control(mock, 'exchanges?limit=0'),
    await control(mock, 'script', { method: 'POST', body: 'x' }),
    await control(mock, 'script', { method: 'POST', headers: JSON_TYPE, body: '{' }),
    await control(mock, 'script', { headers: { origin: 'https://evil.example' } }),
  ]
  expect(responses.map(({ status }) => status)).toEqual([404, 405, 404, 400, 415, 400, 403])
})

test('an internal error in the control API is a 500 and is reported to onFault', async () => {
  const faults: unknown[] = []
  await using mock = await startMock({ onFault: (error) => faults.push(error) })
  vi.spyOn(MemoryStore.prototype, 'records').mockRejectedValueOnce(new Error('the disk is full'))
  expect(await control(mock, 'exchanges')).toMatchObject({ status: 500, json: { error: { type: 'server_error' } } })
  expect(faults).toEqual([new Error('the disk is full')])
})
