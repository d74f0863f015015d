import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { type Mock, startMock } from '../../src/index.ts'
import { relayFrames } from '../../src/gateway/relay-stream.ts'
import { mockWith } from '../ask.ts'
import { type BehindCase, type Generation, type Received, BEHIND, GENERATIONS, shapeOf } from './data.ts'

/** The scenario that does what was recorded. The vendor of the recording had other words in one of them. */
function scenarioOf({ kind }: BehindCase): string {
  const others = new Map([
    ['connection refused', 'stream-reset-first'],
    ['upstream-busy', 'busy-as-recorded'],
  ])
  return `vendor-${others.get(kind) ?? kind}`
}

/** Sends a chat request with a scenario. */
async function ask(mock: Pick<Mock, 'fetch' | 'baseURL'>, scenario: string, body: object = {}): Promise<Response> {
  return mock.fetch(`${mock.baseURL}/chat/completions`, {
    method: 'POST',
    headers: { 'content-type': 'application/json', 'x-mock-scenario': scenario },
    body: JSON.stringify({ model: 'gpt-4o-image', messages: [{ role: 'user', content: 'a cat' }], ...body }),
  })
}

describe.each(GENERATIONS)('with --errors %s', (errors: Generation) => {
  let mock: Mock
  beforeAll(async () => {
    mock = await startMock({ errors, timer: async () => {}, fixtures: 'test/gateway/fixtures' })
  })
  afterAll(async () => mock.close())

  const cases = BEHIND.flatMap((one) => {
    const { [errors]: received } = one
    const title = `${one.kind}${one.stream ? ', stream' : ''}`
    return received === null ? [] : [[title, one, received] as const]
  })

  test.each<readonly [string, BehindCase, Received]>(cases)('%s', async (_title, one, received) => {
    const response = await ask(mock, scenarioOf(one), one.stream ? { stream: true } : {})
    expect(response.status).toBe(received.status)
    expect(response.headers.get('content-type')).toBe(received.type)
    for (const [name, value] of Object.entries(received.headers ?? {})) expect(response.headers.get(name)).toBe(value)
    expect(response.headers.has('retry-after')).toBe(false)
    const text = normal(shapeOf(await response.text()))
    const events = text.split('\n\n').slice(0, -1)
    const { begins = [], ends = [] } = received
    if (received.body !== undefined) expect(text).toBe(normal(received.body))
    else if (received.events !== undefined) expect(events).toEqual(received.events)
    else if (one.stream) {
      expect(events.slice(0, begins.length)).toEqual(begins)
      expect(events.slice(-ends.length)).toEqual(ends)
    } else {
      expect(text.startsWith(begins[0] ?? '-')).toBe(true)
      expect(text.endsWith(endOf(ends[0]))).toBe(true)
    }
  })
})

// The delay and the ports are those of the vendor of the recording.
function normal(text: string): string {
  return text
    .replace(/try again in \d+s/, 'try again in Ns')
    .replaceAll(/(\*{3}):\d+/g, '$1:<port>')
    .replace(String.raw`127.0.0.1:36380-\u003e127.0.0.1:443`, String.raw`<host>-\u003e<host>`)
}

// After the content.
function endOf(text = ''): string {
  return text.slice(text.indexOf('}'))
}

test('every kind of the recording has a scenario', () => {
  expect(new Set(BEHIND.map(({ kind }) => kind)).size).toBe(37)
})

describe('a vendor that is silent', () => {
  test('ends a stream after 300 seconds, and delays a JSON response for as long as it takes', async () => {
    const waits: number[] = []
    const mock = await mockWith({ errors: 'gateway', timer: async (ms) => void waits.push(ms) })
    expect(await (await ask(mock, 'vendor-slow-hang', { stream: true })).text()).toMatch(
      /"usage":\{.*\n\ndata: \[DONE\]\n\n$/,
    )
    await (await ask(mock, 'vendor-slow-hang')).text()
    expect(waits).toEqual([300_000, 3_600_000])
  })

  test.each([
    ['ping-start', 200, /^: PING\n\n: PING\n\ndata: \{"id":"chatcmpl-/],
    ['ping-error', 200, /^: PING\n\n: PING\n\n\{"error":\{"message":"The server had an error [^]*,"code":null\}\}$/],
    [
      'ping-limit',
      200,
      /^: PING\n\n: PING\n\n\{"error":\{"message":"Rate limit [^]*,"code":"rate_limit_exceeded"\}\}$/,
    ],
    ['ping-stall', 200, /\n\n: PING\n\n: PING\n\ndata: \{[^]*data: \[DONE\]\n\n$/],
  ])(
    '%s: comments interrupt a stream of the builds of 2026, which makes its status 200',
    async (name, status, text) => {
      const waits: number[] = []
      const mock = await mockWith({ errors: 'gateway', timer: async (ms) => void waits.push(ms) })
      const response = await ask(mock, name, { stream: true })
      expect([response.status, response.headers.get('content-type')]).toEqual([status, 'text/event-stream'])
      expect(await response.text()).toMatch(text)
      expect(waits.reduce((sum, ms) => sum + ms, 0)).toBe(2000)
    },
  )

  test.each([
    ['ping-start', 200],
    ['ping-error', 500],
    ['ping-limit', 429],
  ])('%s: the builds of 2025 send no comments, nor do those of 2026 without a stream', async (name, status) => {
    for (const [errors, stream] of [
      ['gateway-2025', true],
      ['gateway', false],
    ] as const) {
      const mock = await mockWith({ errors, timer: async () => {} })
      const response = await ask(mock, name, { stream })
      expect(response.status).toBe(status)
      expect(await response.text()).not.toContain('PING')
    }
  })
})

test('an event of a vendor is passed on when the next one arrives', () => {
  const frames = [
    { wait: 0, data: ': comment\r\n\r\ndata:{"a":1}\r\n\r\nevent: x\nda' },
    { wait: 0, data: 'ta:   {"b":2}\n\n' },
    { wait: 1000, data: 'data: {"c":3}\n\ndata: [DONE]\n\ndata: {"d":4}\n\n' },
  ]
  const options = { model: 'm', promptTokens: 1, hasUsage: false, ping: undefined, before: 500 }
  expect([...relayFrames(frames, options)]).toEqual([
    { wait: 500, data: 'data: {"a":1}\n\n' },
    { wait: 1000, data: 'data: {"b":2}\n\ndata: {"c":3}\n\ndata: [DONE]\n\n' },
  ])
})

test('with the format openai, vendor-NAME is the scenario NAME', async () => {
  const mock = await mockWith()
  for (const name of ['proxy-502', 'stream-cut', 'limit-rate-after']) {
    const [own, vendors] = await Promise.all([ask(mock, name), ask(mock, `vendor-${name}`)])
    expect([vendors.status, await vendors.text()]).toEqual([own.status, await own.text()])
    expect(vendors.headers.get('retry-after')).toBe(own.headers.get('retry-after'))
    expect(vendors.headers.get('x-mock-note')).toContain(`scenario vendor-${name} (x-mock-scenario)`)
  }
})

test('vendor-NAME can be requested in every way, also for a sequence', async () => {
  const mock = await mockWith({ errors: 'gateway', scenario: 'vendor-proxy-page', apiKeys: [] })
  const send = async (content = 'x'): Promise<number> => {
    const response = await mock.fetch(`${mock.baseURL}/chat/completions`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ model: 'flux', messages: [{ role: 'user', content }] }),
    })
    await response.text()
    return response.status
  }
  expect(await send()).toBe(500)
  expect(await send('/mock vendor-proxy-504 a cat')).toBe(504)
  await mock.script(['vendor-retry-503', { then: { relay: true, status: 418, body: 'x' } }])
  expect([await send(), await send(), await send()]).toEqual([503, 503, 418])
  await expect(mock.script('vendor-nope')).rejects.toThrow("Unknown scenario 'vendor-nope'")
})
