import { execFileSync } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { resolve } from 'node:path'
import { expect, test } from 'vitest'
import type { Mock } from '../../src/index.ts'
import { createMock, startMock } from '../../src/index.ts'
import { BOUNDS, Durations, MAX_SERIES, Metrics } from '../../src/app/metrics.ts'
import { StoreUnavailable } from '../../src/store/store.ts'
import { ask, mockWith, picturesIn } from '../ask.ts'
import { sendRaw } from '../wire.ts'
import { appWith } from './unlistened.ts'

const root = resolve(import.meta.dirname, '../..')

/** The mock's own metrics: the value of each series, without the common prefix. */
async function scrape(mock: Pick<Mock, 'fetch' | 'url'>): Promise<Record<string, number>> {
  const response = await mock.fetch(`${mock.url}/__mock/metrics`)
  expect([response.status, response.headers.get('content-type')]).toEqual([
    200,
    'text/plain; version=0.0.4; charset=utf-8',
  ])
  return read(await response.text())
}

function read(text: string): Record<string, number> {
  return Object.fromEntries(
    [...text.matchAll(/^chat_image_mock_(\S+?(?:\{.*\})?) (\S+)$/gm)].map(([, name, value]) => [name, Number(value)]),
  )
}

const requests = (operation: string, model: string, status: number, scenario = 'none'): string =>
  `requests_total{operation="${operation}",model="${model}",status="${status}",scenario="${scenario}"}`
const CHAT = 'POST /v1/chat/completions'

test('counts requests by operation, model, status and scenario', async () => {
  await using mock = await mockWith()
  await ask(mock)
  await ask(mock)
  await ask(mock, { model: 'flux-dev' })
  await ask(mock, { headers: { 'x-mock-scenario': 'limit-rate' } })
  await mock.fetch(`${mock.baseURL}/models/flux`)
  await mock.fetch(`${mock.url}/__mock/exchanges/latest`)
  const counted = await scrape(mock)
  expect(Object.fromEntries(Object.entries(counted).filter(([name]) => name.startsWith('requests_total')))).toEqual({
    [requests(CHAT, 'gpt-4o-image', 200)]: 2,
    [requests(CHAT, 'flux-*', 200)]: 1,
    [requests(CHAT, 'gpt-4o-image', 429, 'limit-rate')]: 1,
    [requests('GET /v1/models/{model}', 'none', 200)]: 1,
    [requests('GET /__mock/exchanges/{id}', 'none', 200)]: 1,
  })
  expect((await scrape(mock))[requests('GET /__mock/metrics', 'none', 200)], 'the previous scrape').toBe(1)
})

test('counts unknown models, paths, methods and scenarios as other', async () => {
  await using mock = await mockWith({ contract: 'report' })
  for (let i = 0; i < 5; i++) {
    await ask(mock, { model: `made-up-${i}` })
    await mock.fetch(`${mock.url}/made/up/${i}`)
    await mock.fetch(`${mock.baseURL}/models`, { method: `MADE${i}` })
    await mock.fetch(`${mock.baseURL}/models`, { headers: { prefer: `code=${500 + i}` } })
    await ask(mock, { headers: { 'x-mock-scenario': `made-up-${i}` } })
    await mock.script({ then: { say: String(i) } })
    await ask(mock)
  }
  const counted = await scrape(mock)
  expect(JSON.stringify(counted)).not.toMatch(/made|MADE/)
  expect(counted).toMatchObject({
    [requests(CHAT, 'other', 200)]: 5,
    [requests(CHAT, 'gpt-4o-image', 400)]: 5,
    [requests(CHAT, 'gpt-4o-image', 200, 'other')]: 5,
    [requests('other', 'none', 404)]: 5,
    [requests('other', 'none', 405)]: 5,
    [requests('GET /v1/models', 'none', 503, 'other')]: 1,
  })
})

test(`counts requests beyond ${MAX_SERIES} series as one series`, () => {
  const metrics = new Metrics()
  for (let i = 0; i < MAX_SERIES + 100; i++)
    metrics.begin(false)({ operation: 'o', model: 'm', status: String(i), scenario: 's' }, 1)
  const series = [...metrics.requests.values()]
  expect(series).toHaveLength(MAX_SERIES)
  expect(series.at(-1)).toMatchObject({
    labels: { operation: 'other', model: 'other', status: 'other', scenario: 'other' },
    count: 101,
  })
})

test('counts durations in buckets from 1 ms to 2 minutes, by operation and model', async () => {
  const durations = new Durations()
  for (const seconds of [0, 0.001, 0.0011, 120, 121]) durations.add(seconds)
  expect([BOUNDS[0], BOUNDS.at(-1)]).toEqual([0.001, 120])
  expect([durations.counts.slice(0, 3), durations.counts.slice(-2)]).toEqual([
    [2, 1, 0],
    [1, 1],
  ])
  expect(durations.sum).toBeCloseTo(241.0021)

  await using mock = await mockWith()
  await ask(mock)
  await ask(mock, { headers: { 'x-mock-scenario': 'limit-rate' } })
  const counted = await scrape(mock)
  const labels = `operation="${CHAT}",model="gpt-4o-image"`
  expect(counted[`request_duration_seconds_count{${labels}}`]).toBe(2)
  expect(counted[`request_duration_seconds_sum{${labels}}`]).toBeGreaterThan(0)
  const buckets = [...BOUNDS, '+Inf'].map(
    (bound) => counted[`request_duration_seconds_bucket{${labels},le="${bound}"}`] ?? -1,
  )
  expect(buckets.at(-1)).toBe(2)
  expect(
    buckets.toSorted((a, b) => a - b),
    'buckets are cumulative',
  ).toEqual(buckets)
})

test('counts open streams, until the client disconnects', async () => {
  const timer = async (_ms: number, signal?: AbortSignal): Promise<void> => {
    if (waited++ > 0)
      await new Promise((_, reject) => signal?.addEventListener('abort', () => reject(new Error('stopped'))))
  }
  let waited = 0
  await using mock = await startMock({ pace: 'real', timer })
  const disconnect = new AbortController()
  const response = await fetch(`${mock.baseURL}/chat/completions`, {
    method: 'POST',
    signal: disconnect.signal,
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ model: 'gpt-4o-image', stream: true, messages: [{ role: 'user', content: 'x' }] }),
  })
  await response.body?.getReader().read()
  expect(await scrape(mock)).toMatchObject({ open_streams: 1 })
  disconnect.abort()
  await expect
    .poll(async () => scrape(mock))
    .toMatchObject({ open_streams: 0, [requests(CHAT, 'gpt-4o-image', 200)]: 1 })
})

test('counts requested, drawn and cached pictures', async () => {
  await using mock = await mockWith()
  const [picture = ''] = picturesIn((await ask(mock)).content)
  expect(await scrape(mock)).toMatchObject({
    'picture_requests_total{result="miss"}': 0,
    'renders_total{result="drawn"}': 0,
    pictures_cached: 0,
    pictures_cached_bytes: 0,
  })
  const bytes = (await (await mock.fetch(picture)).arrayBuffer()).byteLength
  await (await mock.fetch(picture)).arrayBuffer()
  const counted = await scrape(mock)
  expect(counted).toMatchObject({
    'picture_requests_total{result="hit"}': 1,
    'picture_requests_total{result="miss"}': 1,
    'renders_total{result="drawn"}': 1,
    'renders_total{result="failed"}': 0,
    'renders_total{result="dropped"}': 0,
    render_duration_seconds_count: 1,
    pictures_cached: 1,
    pictures_cached_bytes: bytes,
  })
  expect(counted[requests('GET /cdn/{name}/{file}', 'none', 200)]).toBe(2)
  expect(counted['render_duration_seconds_sum']).toBeGreaterThan(0)
})

test('reports sessions and exchanges; a reset clears them, but no counter', async () => {
  await using mock = await mockWith()
  await ask(mock)
  const before = await scrape(mock)
  expect(before).toMatchObject({ sessions: 1, exchanges: 1, [requests(CHAT, 'gpt-4o-image', 200)]: 1 })
  expect(before['exchanges_bytes']).toBeGreaterThan(0)
  await mock.reset()
  expect(await scrape(mock)).toMatchObject({
    sessions: 0,
    exchanges: 0,
    exchanges_bytes: 0,
    [requests(CHAT, 'gpt-4o-image', 200)]: 1,
  })
})

test('two mocks share no counts; processMetrics adds those of the process', async () => {
  await using one = await createMock()
  await using two = await createMock({ processMetrics: true })
  await ask(one)
  expect(await scrape(one)).toHaveProperty([requests(CHAT, 'gpt-4o-image', 200)])
  expect(Object.keys(await scrape(two)).filter((name) => name.includes(CHAT))).toEqual([])
  const [ofOne = '', ofTwo = ''] = await Promise.all(
    [one, two].map(async (mock) => (await mock.fetch(`${mock.url}/__mock/metrics`)).text()),
  )
  expect(ofOne).not.toMatch(/^(?:process|nodejs)_/m)
  for (const name of ['process_resident_memory_bytes', 'process_cpu_seconds_total', 'nodejs_eventloop_lag_p99_seconds'])
    expect(ofTwo).toMatch(new RegExp(`^${name} `, 'm'))
})

test('the text format is valid: help and type before each metric, no series twice, a final newline', async () => {
  await using mock = await createMock({ processMetrics: true })
  await ask(mock)
  const text = await (await mock.fetch(`${mock.url}/__mock/metrics`)).text()
  expect(text.endsWith('\n')).toBe(true)
  const types = new Map([...text.matchAll(/^# TYPE (\S+) (\w+)$/gm)].map(([, name = '', type]) => [name, type]))
  const series = text.split('\n').filter((line) => line !== '' && !line.startsWith('#'))
  for (const line of series) {
    expect(line).toMatch(/^[a-z_\d]+(?:\{(?:[a-z]+="[^"\n]*",?)+\})? (?:[\d.e+-]+|Nan)$/)
    const name = /^[a-z_\d]+/.exec(line)?.[0] ?? ''
    const base = types.has(name) ? name : name.replace(/_(?:bucket|sum|count)$/, '')
    expect(types.has(base), line).toBe(true)
    expect(types.get(base) === 'counter', `only a counter ends in _total: ${line}`).toBe(
      base.endsWith('_total') && types.get(base) !== 'gauge',
    )
  }
  const names = series.map((line) => line.replace(/ \S+$/, ''))
  expect(new Set(names).size).toBe(names.length)
})

test('docs/operations.md has every metric with the same help text', async () => {
  await using mock = await mockWith()
  const text = await (await mock.fetch(`${mock.url}/__mock/metrics`)).text()
  const rows = [...text.matchAll(/^# HELP (\S+) (.*)\n# TYPE \S+ (\w+)$/gm)].map(
    ([, name, help, type]) => `| \`${name}\` | ${type} | ${help} |`,
  )
  const docs = readFileSync(resolve(root, 'docs/operations.md'), 'utf8')
  expect(
    docs
      .split('\n')
      .filter((line) => line.startsWith('| `chat_image_mock_'))
      .map((line) => line.replace(/ \|[^|]*\|$/, ' |')),
  ).toEqual(rows)
})

test('an unreachable store does not affect the other metrics', async () => {
  const { app, context } = await appWith()
  Object.assign(context.store, { size: async () => Promise.reject(new StoreUnavailable('gone')) })
  const response = await app.request('/__mock/metrics')
  expect(response.status).toBe(200)
  const text = await response.text()
  expect(read(text)).toHaveProperty('open_streams', 0)
  expect(read(text)).not.toHaveProperty('sessions')
})

test('Prometheus may use an address or the name of a service; web pages and requests without the token are rejected', async () => {
  await using mock = await startMock({ controlToken: 'let-me' })
  const statusOf = async (...headers: readonly string[]): Promise<number> =>
    (await sendRaw(mock, `${['GET /__mock/metrics HTTP/1.1', ...headers, 'Connection: close'].join('\r\n')}\r\n\r\n`))
      .status
  const token = 'x-mock-control-token: let-me'
  for (const host of [
    '10.1.2.3:4010',
    '10.1.2.3',
    '[fd00::1]:4010',
    'chat-image-mock:4010',
    'chat-image-mock.suites.svc.cluster.local:4010',
  ])
    expect(await statusOf(`Host: ${host}`, token), host).toBe(200)
  expect(await statusOf('Host: 10.1.2.3:4010')).toBe(401)
  expect(await statusOf('Host: 10.1.2.3:4010', 'Authorization: Bearer let-me')).toBe(200)
  for (const wrong of ['Bearer let-m', 'Bearer let-me2', 'Basic let-me', 'let-me', 'Bearer'])
    expect(await statusOf('Host: 10.1.2.3:4010', `Authorization: ${wrong}`), wrong).toBe(401)
  expect(await statusOf('Host: rebound.example', token)).toBe(403)
  expect(await statusOf('Host: 10.1.2.3:4010', 'Origin: https://evil.example', token)).toBe(403)
})

test('the first scrape loads prom-client', () => {
  const script = `
    import { createRequire } from 'node:module'
    import { createMock } from './dist/index.js'
    const isLoaded = () => Object.keys(createRequire(import.meta.url).cache).some((file) => /node_modules.prom-client/.test(file))
    const mock = await createMock()
    await (await mock.fetch(mock.baseURL + '/models')).text()
    const before = isLoaded()
    await (await mock.fetch(mock.url + '/__mock/metrics')).text()
    process.stdout.write(JSON.stringify({ before, after: isLoaded() }))`
  expect(
    JSON.parse(execFileSync(process.execPath, ['--input-type=module', '-e', script], { cwd: root, encoding: 'utf8' })),
  ).toEqual({ before: false, after: true })
})
