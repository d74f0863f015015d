import fc from 'fast-check'
import { afterAll, beforeAll, expect, test } from 'vitest'
import type { Mock } from '../../src/index.ts'
import { createMock, startMock } from '../../src/index.ts'
import { ask, expectEnvelope, mockWith, read } from '../ask.ts'
import type { Raw } from '../wire.ts'
import { post, sendRaw } from '../wire.ts'

let mock: Mock
let inProcess: Mock
const internalErrors: unknown[] = []
beforeAll(async () => {
  const options = { onFault: (error: unknown): void => void internalErrors.push(error) }
  mock = await startMock(options)
  inProcess = await createMock(options)
})
afterAll(async () => {
  await mock.close()
  await inProcess.close()
  expect(internalErrors).toEqual([])
})

/** Sends a body to the chat operation, over a socket and in process, and expects the same response. */
async function sendBoth(body: string | Buffer): Promise<Raw> {
  const onPort = await sendRaw(mock, post(body))
  const response = await inProcess.fetch(`${inProcess.baseURL}/chat/completions`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: typeof body === 'string' ? body : new Uint8Array(body),
  })
  const withoutHost = (text: string): string => text.replaceAll('http://localhost', 'http://mock.invalid')
  expect([response.status, await response.text()]).toEqual([onPort.status, withoutHost(onPort.body)])
  return onPort
}

const GOOD = JSON.stringify({ model: 'gpt-4o-image', messages: [{ role: 'user', content: '画只猫' }] })
const json = (value: unknown): string => JSON.stringify(value)
const messages = [{ role: 'user', content: 'x' }]

test.each<[what: string, body: string | Buffer, status: number, error: object]>([
  ['malformed JSON', '{"model":', 400, { param: null, message: expect.stringContaining('not valid JSON') }],
  ['an empty body', '', 400, { message: expect.stringContaining('empty') }],
  ['a body that is an array', '[]', 400, { message: expect.stringContaining('expected an object, but got an array') }],
  ['a body that is null', 'null', 400, { message: expect.stringContaining('got null') }],
  ['bad UTF-8', Buffer.from([0x7b, 0x22, 0xff, 0xfe, 0x22, 0x7d]), 400, { message: expect.stringContaining('UTF-8') }],
  [
    'no model',
    json({ messages }),
    400,
    { param: 'model', code: 'missing_required_parameter', message: "Missing required parameter: 'model'." },
  ],
  [
    'no messages',
    json({ model: 'flux' }),
    400,
    { param: 'messages', message: "Missing required parameter: 'messages'." },
  ],
  ['an empty list of messages', json({ model: 'flux', messages: [] }), 400, { param: 'messages' }],
  [
    'several violations, all listed',
    json({ model: 7, messages: [{ content: 'x' }], stream: 'yes' }),
    400,
    {
      param: 'model',
      code: 'invalid_type',
      message:
        "Invalid type for 'model': expected a string, but got an integer instead. Missing required parameter: 'messages[0].role'. Invalid type for 'stream': expected a boolean or null, but got a string instead.",
    },
  ],
  [
    'an unknown model',
    json({ model: 'gpt-9', messages }),
    404,
    {
      param: 'model',
      code: 'model_not_found',
      message: expect.stringMatching(/'gpt-9' does not exist.*gpt-4o-image.*flux-\*/),
    },
  ],
  [
    'an unknown model and another violation',
    json({ model: 'gpt-9', messages: 1 }),
    400,
    { param: 'model', code: 'invalid_value' },
  ],
  [
    'an absurd max_tokens',
    json({ model: 'flux', messages, max_tokens: 2 ** 30 }),
    400,
    { param: 'max_tokens', code: 'invalid_value' },
  ],
  [
    '65 levels',
    `{"a":${'['.repeat(64)}${']'.repeat(64)}}`,
    400,
    { message: expect.stringContaining('nested too deeply') },
  ],
  ['a number that is not finite', `{"model":"flux","messages":${json(messages)},"n":1e400}`, 400, { param: 'n' }],
])('rejects %s', async (_what, body, status, error) => {
  const response = await sendBoth(body)
  expect(response.status, response.body).toBe(status)
  expectEnvelope(JSON.parse(response.body))
  expect(JSON.parse(response.body).error).toMatchObject(error)
  expect(response.head).toMatch(/x-request-id: \d{23}/i)
})

test.each<[what: string, body: string | Buffer, status: number]>([
  ['NUL', json({ model: 'flux', messages: [{ role: 'user', content: 'a\u0000b' }] }), 200],
  ['a lone surrogate', String.raw`{"model":"flux","messages":[{"role":"user","content":"\ud800 cat \udfff"}]}`, 200],
  ['duplicate keys', `{"model":"gpt-9","model":"flux","messages":${json(messages)}}`, 200],
  [
    '__proto__ and constructor',
    `{"__proto__":{"model":"x"},"constructor":{"prototype":1},"model":"flux","messages":[{"role":"user","content":"x","__proto__":[]}]}`,
    200,
  ],
  [
    'numbers beyond the safe range',
    `{"model":"flux","messages":${json(messages)},"seed":123456789012345678901234567890,"max_completion_tokens":9007199254740993}`,
    200,
  ],
  ['a byte order mark', `\ufeff${GOOD}`, 200],
  [
    'extra fields of any kind',
    `{"model":"flux","messages":${json(messages)},"tools":[{"x":[[]]}],"logit_bias":{"1":2}}`,
    200,
  ],
  ['only brackets', '['.repeat(16_000_000), 400],
  ['only objects', '{},'.repeat(8_000_000), 400],
  ['100,001 values', `{"a":[${'0,'.repeat(100_000)}0]}`, 400],
  [
    '200,000 escaped quotes',
    `{"model":"flux","messages":[{"role":"user","content":"${String.raw`\"\\`.repeat(200_000)}"}]}`,
    200,
  ],
  [
    'eight megabytes of picture markdown',
    json({
      model: 'flux',
      messages: [
        { role: 'assistant', content: '![](http://'.repeat(700_000) },
        { role: 'user', content: 'x' },
      ],
    }),
    200,
  ],
  [
    'a reference URL with 100,000 almost valid picture links',
    json({
      model: 'flux',
      messages: [
        {
          role: 'user',
          content: [
            { type: 'image_url', image_url: { url: `https://x${`/raw/1a/${'0'.repeat(30)}.png?`.repeat(100_000)}\n` } },
          ],
        },
      ],
    }),
    200,
  ],
  [
    'a ratio without its numbers',
    json({ model: 'flux', messages: [{ role: 'user', content: `1${`比例${' '.repeat(2000)}`.repeat(10)}` }] }),
    200,
  ],
  [
    '99,000 wrong parts',
    json({ model: 'flux', messages: [{ role: 'user', content: Array.from({ length: 99_000 }, () => 0) }] }),
    400,
  ],
  [
    'eight megabytes of one word',
    json({ model: 'gpt-4o-image', messages: [{ role: 'user', content: 'a'.repeat(8_000_000) }] }),
    200,
  ],
])('%s is never a 5xx', async (_what, body, status) => {
  const response = await sendBoth(body)
  expect(response.status, response.body.slice(0, 300)).toBe(status)
})

test.each<[what: string, request: string | Buffer, status: number]>([
  ['application/json; charset=utf-8', post(GOOD, ['Content-Type: application/json; charset=utf-8']), 200],
  ['Accept: */*', post(GOOD, ['Accept: */*', 'Content-Type: application/json']), 200],
  ['no Content-Type, no Accept, no Authorization', post(GOOD, []), 200],
  ['another content type', post(GOOD, ['Content-Type: text/plain']), 415],
  ['form data', post('a=1', ['Content-Type: application/x-www-form-urlencoded']), 415],
  ['Content-Encoding: gzip', post(GOOD, ['Content-Type: application/json', 'Content-Encoding: gzip']), 415],
  ['Content-Encoding: identity', post(GOOD, ['Content-Encoding: identity']), 200],
  [
    'HTTP/1.0 without a Host',
    `POST /v1/chat/completions HTTP/1.0\r\nContent-Length: ${Buffer.byteLength(GOOD)}\r\n\r\n${GOOD}`,
    200,
  ],
  ['Expect: 100-continue', post(GOOD, ['Expect: 100-continue']), 100],
  ['another Expect', post(GOOD, ['Expect: x']), 200],
  [
    'a chunked upload',
    `POST /v1/chat/completions HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\nTransfer-Encoding: chunked\r\n\r\n${Buffer.byteLength(GOOD).toString(16)}\r\n${GOOD}\r\n0\r\n\r\n`,
    200,
  ],
  [
    'a Content-Length over the limit',
    'POST /v1/chat/completions HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\nContent-Length: 33554433\r\n\r\n',
    413,
  ],
  ['a wrong method', 'DELETE /v1/chat/completions HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n', 405],
  ['an unknown path', 'GET /nothing/here HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n', 404],
  ['TRACE', 'TRACE /v1/chat/completions HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n', 405],
  ['OPTIONS *', 'OPTIONS * HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n', 400],
  ['a URL with a space', 'GET /a b HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n', 400],
  ['broken percent-encoding', 'GET /v1/models/%ff HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n', 400],
  ['bytes that are not HTTP', 'hello\r\n\r\n', 400],
  ['headers of a megabyte', `GET / HTTP/1.1\r\nHost: localhost\r\nX: ${'x'.repeat(1_000_000)}\r\n\r\n`, 431],
  [
    'two lengths',
    'POST /v1/chat/completions HTTP/1.1\r\nHost: localhost\r\nContent-Length: 3\r\nContent-Length: 4\r\n\r\nabc',
    400,
  ],
])('responds to %s', async (_what, request, status) => {
  const response = await sendRaw(mock, request)
  expect(response.status, response.head).toBe(status)
  if (status >= 400) expectEnvelope(JSON.parse(response.body))
  if (status >= 400) expect(response.head).toMatch(/x-mock-version: \d/i)
  if (status === 100) expect(response.body).toMatch(/^HTTP\/1\.1 200 /)
})

test('rejects a chunked body above 32 MiB with 413, and keeps running', async () => {
  const chunk = Buffer.concat([Buffer.from('100000\r\n'), Buffer.alloc(1_048_576, 0x20), Buffer.from('\r\n')])
  const head =
    'POST /v1/chat/completions HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\nTransfer-Encoding: chunked\r\n\r\n'
  const { status, body } = await sendRaw(mock, head, ...Array.from({ length: 34 }, () => chunk), '0\r\n\r\n')
  expect(status).toBe(413)
  expectEnvelope(JSON.parse(body))
  expect(await ask(mock)).toMatchObject({ status: 200 })
})

test('accepts a body of exactly 32 MiB', async () => {
  const content = 'a'.repeat(
    33_554_432 - json({ model: 'gpt-4o-image', messages: [{ role: 'user', content: '' }] }).length,
  )
  const body = json({ model: 'gpt-4o-image', messages: [{ role: 'user', content }] })
  expect(Buffer.byteLength(body)).toBe(33_554_432)
  expect(await sendRaw(mock, post(body))).toMatchObject({ status: 200 })
  expect(await sendRaw(mock, post(`${body} `))).toMatchObject({ status: 413 })
})

test('rejects a body above 32 MiB in process too', async () => {
  const response = await inProcess.fetch(`${inProcess.baseURL}/chat/completions`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: 'x'.repeat(33_554_433),
  })
  expect(await read(response)).toMatchObject({ status: 413, json: { error: { code: 'request_too_large' } } })
})

test.each([
  ['/chat/completions', 'POST /v1/chat/completions'],
  ['/v1/v1/chat/completions', 'POST /v1/chat/completions'],
  ['/v1/chat/completions/', 'POST /v1/chat/completions'],
  ['/V1/Chat/Completions', 'POST /v1/chat/completions'],
  ['//v1/chat/completions', 'POST /v1/chat/completions'],
  ['/v1/chat/completion', 'POST /v1/chat/completions'],
  ['/v1', 'POST /v1/chat/completions'],
  ['/models', 'GET /v1/models'],
  ['/api/models/flux', 'GET /v1/models/{model}'],
])('a 404 for %s suggests %s', async (path, right) => {
  const response = await read(await mock.fetch(`${mock.url}${path}`, { method: 'POST', body: '{}' }))
  expect(response.status).toBe(404)
  expect(response.json.error.message).toMatch(
    new RegExp(`^Invalid URL \\(POST .*\\)\\. Did you mean .*${right.replaceAll(/[{}]/g, String.raw`\$&`)}`),
  )
})

test('a 404 for an unrelated path lists the available operations', async () => {
  const response = await read(await mock.fetch(`${mock.baseURL}/images/generations`, { method: 'POST' }))
  expect(response.json.error.message).toBe(
    'Invalid URL (POST /v1/images/generations). Available operations: POST /v1/chat/completions, GET /v1/models, GET /v1/models/{model}.',
  )
})

test('a 405 lists the allowed methods', async () => {
  const response = await read(await mock.fetch(`${mock.baseURL}/chat/completions`))
  expect(response).toMatchObject({
    status: 405,
    json: { error: { message: 'Invalid method for URL (GET /v1/chat/completions). Allowed: POST.' } },
  })
  expect(response.headers.get('allow')).toBe('POST, OPTIONS')
})

test('reports errors in the order 404, 405, 415, 413, 401, 400', async () => {
  await using locked = await mockWith({ apiKeys: ['right'] })
  const statusOf = async (
    path: string,
    method: string,
    headers: Record<string, string>,
    body: string,
  ): Promise<number> => (await read(await locked.fetch(`${locked.url}${path}`, { method, headers, body }))).status
  const huge = 'x'.repeat(33_554_433)
  expect(await statusOf('/nothing', 'POST', { 'content-type': 'text/plain' }, huge)).toBe(404)
  expect(await statusOf('/v1/chat/completions', 'PUT', { 'content-type': 'text/plain' }, huge)).toBe(405)
  expect(await statusOf('/v1/chat/completions', 'POST', { 'content-type': 'text/plain' }, huge)).toBe(415)
  expect(await statusOf('/v1/chat/completions', 'POST', { 'content-type': 'application/json' }, huge)).toBe(413)
  expect(await statusOf('/v1/chat/completions', 'POST', { 'content-type': 'application/json' }, '{')).toBe(401)
  expect(
    await statusOf(
      '/v1/chat/completions',
      'POST',
      { 'content-type': 'application/json', authorization: 'Bearer right' },
      '{',
    ),
  ).toBe(400)
})

test('with apiKeys, accepts only these keys', async () => {
  await using locked = await mockWith({ apiKeys: ['one', 'two'] })
  expect(await ask(locked, { headers: { authorization: 'Bearer two' } })).toMatchObject({ status: 200 })
  expect(await ask(locked)).toMatchObject({
    status: 401,
    json: { error: { code: null, message: expect.stringMatching(/^You didn't provide an API key/) } },
  })
  for (const headers of [{ authorization: 'Bearer three' }, { authorization: 'one' }, { authorization: 'Basic one' }]) {
    const response = await ask(locked, { headers })
    expect(response).toMatchObject({ status: 401, json: { error: { code: 'invalid_api_key' } } })
    expect(response.text).not.toContain('three')
  }
})

test.each([
  'evil.example/"><script>',
  'a b',
  'a@b',
  'localhost:99x',
  'localhost:99999',
  'a..b',
  '"',
  'a\\b',
  '[::1',
  'ü.example',
])('an invalid Host is not used in links: %s', async (host) => {
  const { status, body } = await sendRaw(
    mock,
    Buffer.from(post(GOOD).toString('utf8').replace('Host: localhost', `Host: ${host}`), 'utf8'),
  )
  expect(status).toBe(200)
  expect(body).toContain(`](${mock.url}/cdn/`)
  expect(body).not.toContain(`http://${host}`)
})

test.each(['localhost', 'mock:4010', 'a.b.example:80', '[::1]:4010', '192.0.2.1'])(
  'links begin with the Host of the request: %s',
  async (host) => {
    const { body } = await sendRaw(
      mock,
      Buffer.from(post(GOOD).toString('utf8').replace('Host: localhost', `Host: ${host}`), 'utf8'),
    )
    expect(body).toContain(`](http://${host}/cdn/`)
  },
)

test('a client that disconnects in the middle of its body does not affect the server', async () => {
  const { status } = await Promise.race([
    sendRaw(mock, post(GOOD).subarray(0, 150)),
    mock.fetch(`${mock.url}/__mock/livez`),
  ])
  expect(status).toBe(200)
  expect(await ask(mock)).toMatchObject({ status: 200 })
})

test('a valid body with up to three mutations gets 200, or a 4xx with the error envelope', async () => {
  const values: fc.Arbitrary<unknown> = fc.oneof(
    fc.jsonValue(),
    fc.constantFrom(
      null,
      '',
      'gpt-4o-image',
      [],
      {},
      0,
      -1,
      1e308,
      true,
      'data:image/png;base64,',
      'http://x/y.png',
      '\u0000',
      '【3:2】',
    ),
  )
  const paths = [
    ['model'],
    ['messages'],
    ['stream'],
    ['n'],
    ['size'],
    ['messages', 0],
    ['messages', 0, 'role'],
    ['messages', 0, 'content'],
    ['messages', 0, 'content', 0],
    ['messages', 0, 'content', 1, 'image_url'],
    ['stream_options'],
    ['image_config'],
    ['extra_body'],
    ['zzz'],
  ]
  let fine = 0
  let runs = 0
  await fc.assert(
    fc.asyncProperty(fc.array(fc.tuple(fc.constantFrom(...paths), values), { maxLength: 3 }), async (mutations) => {
      const body: any = {
        model: 'gpt-4o-image',
        stream: false,
        n: 1,
        size: '1:1',
        messages: [
          {
            role: 'user',
            content: [
              { type: 'text', text: 'x' },
              { type: 'image_url', image_url: { url: 'http://a.example/1.png' } },
            ],
          },
        ],
      }
      for (const [path, value] of mutations) {
        const parent = path
          .slice(0, -1)
          .reduce((at: any, key) => (typeof at === 'object' && at !== null ? at[key] : undefined), body)
        const key = path.at(-1)
        // A copy, because a value must not contain itself.
        if (typeof parent === 'object' && parent !== null && key !== undefined) parent[key] = structuredClone(value)
      }
      const response = await read(
        await mock.fetch(`${mock.baseURL}/chat/completions`, {
          method: 'POST',
          headers: { 'content-type': 'application/json' },
          body: json(body),
        }),
      )
      expect([200, 400, 404]).toContain(response.status)
      runs++
      if (response.status === 200) fine++
    }),
    { numRuns: 400 },
  )
  expect(fine / runs, 'at least a fifth of the requests is valid').toBeGreaterThan(0.2)
})
