import { hash } from 'node:crypto'
import { expect, test } from 'vitest'
import { type RequestFacts, readExchange } from '../../src/journal/exchange.ts'
import type { RequestHead } from '../../src/journal/write-exchange.ts'
import { MAX_EXCHANGE } from '../../src/journal/exchange-size.ts'
import { lazyExchange, toExchange } from '../../src/journal/write-exchange.ts'
import { createFrames } from '../../src/util/reply.ts'
import { chatOf, NO_FACTS, record, TIME, WRITING } from './record.ts'

const PNG = 'iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg=='

test('an Exchange holds the request, how the mock understood it, and the response', async () => {
  const { exchange } = await record({
    body: chatOf('a fox, 3:2', { stream: true, n: 2 }),
    headers: { 'content-type': 'application/json', 'x-mock-session': 'alice' },
    query: 'a=1',
    facts: { session: 'alice' },
  })
  expect(exchange).toMatchObject({
    id: '1',
    time: '2026-01-02T03:04:05.000Z',
    session: 'alice',
    request: {
      method: 'POST',
      path: '/v1/chat/completions',
      query: 'a=1',
      headers: { 'content-type': 'application/json', 'x-mock-session': 'alice' },
      body: chatOf('a fox, 3:2', { stream: true, n: 2 }),
    },
    operation: { id: 'createChatCompletion', method: 'POST', path: '/v1/chat/completions' },
    violations: [],
    chat: { model: 'nano-banana', prompt: 'a fox, 3:2', size: '1248x832', count: 2, references: 0, stream: true },
    scenario: null,
    note: null,
    response: { status: 200, stream: true, wait: 0 },
    firstByte: undefined,
    duration: undefined,
    hungUp: undefined,
  })
  expect(exchange.response.text).toMatch(/^data: \{[^]*data: \[DONE\]\n\n$/)
})

test('a JSON response is kept as JSON, invalid JSON as text, and a picture as its digest', async () => {
  const { exchange } = await record({ body: chatOf('a fox') })
  expect(exchange.response.body).toMatchObject({
    object: 'chat.completion',
    usage: { total_tokens: expect.any(Number) },
  })
  const broken = await record({
    body: chatOf('a fox'),
    reply: { status: 200, headers: { 'content-type': 'application/json' }, body: '{"broken' },
  })
  expect(broken.exchange.response).toMatchObject({ text: '{"broken', stream: false })
  const picture = await record({
    body: chatOf('a fox'),
    reply: { status: 200, headers: { 'content-type': 'image/png' }, body: new Uint8Array(5) },
  })
  expect(picture.exchange.response.text).toBe(
    `[image/png, sha256 ${hash('sha256', new Uint8Array(5), 'hex').slice(0, 16)}, 5 bytes]`,
  )
})

test('a violation has a code without list indexes', async () => {
  const { exchange } = await record({
    body: {
      model: 'nano-banana',
      messages: [
        { role: 'user', content: 'a' },
        { role: 5, content: 'b' },
      ],
    },
  })
  expect(exchange.violations).toEqual([
    {
      code: 'type:messages[].role',
      param: 'messages[1].role',
      message: "Invalid type for 'messages[1].role': expected a string, but got an integer instead.",
      pointer: expect.stringMatching(/^\/paths\/.*\/properties\/role\/type$/),
      hint: 'Use a string.',
    },
  ])
  expect(exchange).toMatchObject({ chat: null, response: { status: 400, body: { error: { code: 'invalid_type' } } } })
})

test('an Exchange has the scenario, why it was chosen, and the near misses', async () => {
  const choice = { name: 'slow', why: 'x-mock-scenario' }
  const nearMisses = ['flux-only: model is nano-banana']
  const { exchange } = await record({
    body: chatOf('a fox'),
    facts: { choice, nearMisses, notes: ['slow'] },
    reply: {
      status: 200,
      headers: { 'x-mock-note': 'slow' },
      body: [
        { wait: 30, data: 'a' },
        { wait: 12, data: Buffer.from('b') },
      ],
      wait: 100,
    },
  })
  expect(exchange).toMatchObject({
    scenario: choice,
    nearMisses,
    note: 'slow',
    response: { text: 'ab', stream: true, wait: 142 },
  })
})

test('a request that was rejected before it was read has neither operation nor body', async () => {
  const { exchange } = await record({ facts: { operation: undefined }, reply: { status: 404, headers: {}, body: '' } })
  expect(exchange.operation).toBeNull()
  expect(exchange.request).not.toHaveProperty('body')
})

test('firstByte, duration and hungUp come from the Store', async () => {
  const { kept } = await record({ body: chatOf('a fox') })
  expect(
    readExchange({
      id: '7',
      session: '',
      bytes: Buffer.from(kept),
      ending: { firstByte: 5.5, duration: 12.5, hungUp: true },
    }),
  ).toMatchObject({ id: '7', firstByte: 5.5, duration: 12.5, hungUp: true })
})

test('a data URI is recorded as its type, digest and size, in requests and in responses', async () => {
  const summary = `data:image/png;base64,[sha256 ${hash('sha256', Buffer.from(PNG, 'base64'), 'hex').slice(0, 16)}, 70 bytes]`
  const { exchange, kept } = await record({
    body: chatOf([
      { type: 'text', text: `like ![a](data:image/png;base64,${PNG}) one` },
      { type: 'image_url', image_url: { url: `data:image/png;base64,${PNG}` } },
    ]),
  })
  expect(exchange.request.body).toMatchObject(
    chatOf([{ text: `like ![a](${summary}) one` }, { image_url: { url: summary } }]),
  )
  expect(kept).not.toContain(PNG.slice(0, 20))
  const body = JSON.stringify({ content: `![i](data:image/png;base64,${PNG})`, svg: 'data:image/svg+xml,%3Csvg%3E' })
  const answered = await record({
    body: chatOf('a'),
    reply: { status: 200, headers: { 'content-type': 'application/json' }, body },
  })
  expect(answered.exchange.response.body).toEqual({
    content: `![i](${summary})`,
    svg: expect.stringMatching(/^data:image\/svg\+xml,\[sha256 [\da-f]{16}, 5 bytes\]$/),
  })
  const streamed = await record({
    body: chatOf('a'),
    reply: {
      status: 200,
      headers: {},
      body: [{ wait: 0, data: `data: {"content":"data:image/png;base64,${PNG}"}\n\n` }],
    },
  })
  expect(streamed.exchange.response.text).toBe(`data: {"content":"${summary}"}\n\n`)
})

test('prose with `data:` is not a data URI', async () => {
  const text = 'data:, the plural of datum; data: {"a": 1}, data:image'
  expect((await record({ body: chatOf(text) })).exchange.request.body).toEqual(chatOf(text))
})

test('base64 with line breaks is replaced completely', async () => {
  const lines = PNG.match(/.{1,30}/g)!.join('\n')
  const { exchange } = await record({ body: chatOf(`data:image/png;base64,${lines} and a hat`) })
  expect(exchange.chat?.prompt).toMatch(/^data:image\/png;base64,\[sha256 \w{16}, 70 bytes\] and a hat$/)
})

test('a long text is cut and ends with its original length', async () => {
  const { exchange } = await record({ body: chatOf('x'.repeat(30_000)) })
  expect(JSON.stringify(exchange.request.body)).toContain(`${'x'.repeat(20_000)}… (30000 characters)"`)
  expect(exchange.chat?.prompt).toBe(`${'x'.repeat(1000)}… (30000 characters)`)
})

test('no Exchange is larger than 256 KiB', async () => {
  const bodies = [
    chatOf('猫'.repeat(1_000_000)),
    chatOf('\u0001'.repeat(1_000_000)),
    chatOf(Array.from({ length: 5000 }, () => ({ type: 'text', text: '猫'.repeat(300) }))),
    chatOf('a', Object.fromEntries(Array.from({ length: 50_000 }, (_, i) => [`${'"'.repeat(100)}${i}`, i]))),
    { messages: Array.from({ length: 50_000 }, () => 5) },
  ]
  for (const body of bodies) {
    const { kept } = await record({
      body,
      headers: Object.fromEntries(Array.from({ length: 2000 }, (_, i) => [`x-${i}`, '\u0001'.repeat(5000)])),
      query: 'ä'.repeat(100_000),
    })
    expect(Buffer.byteLength(kept)).toBeLessThanOrEqual(MAX_EXCHANGE)
  }
})

test('records 32 MB within 3 seconds, also in a nested body', async () => {
  let deep: any = 'x'
  for (let i = 0; i < 60; i++) deep = i % 2 === 0 ? [deep] : { deep }
  const reply = { status: 200, headers: {}, body: '' }
  for (const text of [
    'a=b@'.repeat(8_000_000),
    `data:image/png;base64,${'A'.repeat(32_000_000)}`,
    'data:'.repeat(6_000_000),
    '//'.repeat(16_000_000),
    '"'.repeat(32_000_000),
    'Bearer '.repeat(4_000_000),
  ]) {
    const body = chatOf(text, { deep })
    const started = performance.now()
    const { exchange } = await record({ body, facts: { chat: undefined }, reply: { ...reply, body: text } })
    expect(performance.now() - started).toBeLessThan(3000)
    expect(exchange.request.body).toHaveProperty('deep')
  }
})

test.each<[what: string, head: Partial<RequestHead>, size: number]>([
  ['an ordinary request', {}, 100],
  ['a secret header', { headers: { authorization: 'Bearer hush', 'x-ordinary': 'a' } }, 100],
  ['a credential in another header', { headers: { 'x-ordinary': 'sk-abcdefghijklmnop' } }, 100],
  ['a credential in the query', { query: 'api_key=hush' }, 100],
  ['a credential in the path', { path: '/at/sk-abcdefghijklmnop' }, 100],
  ['a large body', {}, 1_000_000],
])('an Exchange that is written later has the same bytes: %s', (_what, head, size) => {
  const facts = { ...NO_FACTS, session: 'alice', size, body: { a: 'b' }, notes: ['slow'] }
  const request = { method: 'POST', path: '/', query: '', headers: { 'x-mock-session': 'alice' }, ...head }
  const answered = { request, reply: { status: 200, headers: {}, body: 'sk-abcdefghijklmnop' }, time: TIME }
  const bytes = Buffer.from(toExchange(facts, answered, WRITING))
  const lazy = lazyExchange(facts, answered, WRITING)
  Object.assign(facts, { session: 'bob', notes: [] })
  expect(Buffer.from(lazy.toBytes()).toString()).toBe(bytes.toString())
  expect(bytes.toString()).not.toMatch(/hush|sk-abc/)
  expect(lazy.size).toBeLessThanOrEqual(65_536)
})

const VIOLATION = { param: 'n', reason: 'type', value: 1, message: 'Invalid type for n. '.repeat(5) } as const

const many = (count: number): Record<string, string> =>
  Object.fromEntries(Array.from({ length: count }, (_, i) => [`x-${i}`, 'a']))

test.each<[what: string, head: Partial<RequestHead>, facts: Partial<RequestFacts>, least: number]>([
  ['long headers', { headers: { 'x-long': 'a'.repeat(14_000) } }, {}, 14_000],
  ['many headers', { headers: many(300) }, {}, 300 * 80],
  ['a long URL', { path: `/${'a'.repeat(5000)}`, query: 'a'.repeat(5000) }, {}, 10_000],
  ['a long text', {}, { size: 8000, body: { text: 'a'.repeat(7990) } }, 8000],
  ['empty objects', {}, { size: 600, body: Array.from({ length: 200 }, () => ({})) }, 200 * 64],
  ['violations', {}, { violations: Array.from({ length: 1000 }, () => VIOLATION) }, 50 * 2 * VIOLATION.message.length],
])(
  'an Exchange that is written later counts with the memory that it needs until then: %s',
  (_what, head, more, least) => {
    const request = { method: 'POST', path: '/', query: '', headers: {}, ...head }
    const answered = { request, reply: { status: 200, headers: {}, body: '' }, time: TIME }
    const empty = lazyExchange(
      NO_FACTS,
      { ...answered, request: { ...request, path: '/', query: '', headers: {} } },
      WRITING,
    )
    const { size } = lazyExchange({ ...NO_FACTS, ...more }, answered, WRITING)
    expect(size - empty.size).toBeGreaterThanOrEqual(least)
    expect(size - empty.size).toBeLessThan(6 * least)
  },
)

test.each<[what: string, inner: number, sent: number]>([
  ['few bytes that become many', 100, 80_000],
  ['few bytes that become more than an Exchange can have', 100, 1_000_000],
])('a stream that is created while it is sent is not created to record it: %s', (_what, inner, sent) => {
  let created = 0
  const body = createFrames(
    function* () {
      created++
      yield { wait: 1, data: 'a'.repeat(inner) }
      for (let left = sent; left > 0; left -= 8) yield { wait: 10_000, data: ': PING\n\n' }
    },
    { held: 64 + 2 * inner, sent: inner + sent },
  )
  const request = { method: 'POST', path: '/', query: '', headers: {} }
  const headers = { 'content-type': 'text/event-stream' }
  const { size, toBytes } = lazyExchange(
    NO_FACTS,
    { request, reply: { status: 200, headers, body }, time: TIME },
    WRITING,
  )
  expect(created).toBe(0)
  const { length } = toBytes()
  expect(created).toBe(1)
  expect(size, 'it counts with the bytes that it has after it is read').toBeGreaterThanOrEqual(length)
  expect(size).toBeLessThan(3 * length)
})
