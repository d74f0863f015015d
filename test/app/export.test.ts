import { Ajv } from 'ajv'
import { expect, test } from 'vitest'
import type { Mock, MockOptions } from '../../src/index.ts'
import { createApp } from '../../src/hono.ts'
import { ask, mockWith } from '../ask.ts'

/** A mock with four different exchanges. */
async function used(options: MockOptions = {}): Promise<Mock> {
  const mock = await mockWith(options)
  await ask(mock, { model: 'flux', text: 'a fox', headers: { 'x-mock-session': 'alice' } })
  await ask(mock, { model: 'flux', body: { stream: true }, headers: { authorization: 'Bearer sk-1234567890abcdef' } })
  await ask(mock, { headers: { 'x-mock-scenario': 'limit-rate' } })
  await mock.fetch('/no%20thing%3F/%2Fa%25b/ü?q=a%20b&api_key=secret&q=2')
  return mock
}

const exported = async (mock: Pick<Mock, 'fetch'>, accept: string, query = ''): Promise<Response> =>
  mock.fetch(`/__mock/exchanges${query}`, { headers: { accept } })

test('with Accept: application/x-ndjson, each exchange is a line', async () => {
  await using mock = await used()
  const response = await exported(mock, 'application/x-ndjson')
  expect(response.headers.get('content-type')).toBe('application/x-ndjson')
  const text = await response.text()
  expect(text).toMatch(/\}\n$/)
  const lines = text.trimEnd().split('\n')
  expect(lines.map((line) => JSON.parse(line))).toEqual(JSON.parse(JSON.stringify(await mock.exchanges())))
  const [found] = (await (await exported(mock, 'application/x-ndjson', '?status=429')).text()).trimEnd().split('\n')
  expect(JSON.parse(found ?? '')).toMatchObject({ response: { status: 429 } })
  await mock.reset()
  expect(await (await exported(mock, 'application/x-ndjson')).text()).toBe('')
})

test('with Accept: application/har+json, the list is a valid HAR 1.2 log with redacted headers', async () => {
  await using mock = await used()
  const response = await exported(mock, 'application/har+json')
  expect(response.headers.get('content-type')).toBe('application/har+json')
  const text = await response.text()
  expect(text).not.toContain('sk-1234567890abcdef')
  expect(text).not.toContain('secret')
  const har = JSON.parse(text)
  expectHar(har)
  const exchanges = await mock.exchanges()
  expect(har.log.creator).toEqual({ name: 'chat-image-mock', version: expect.stringMatching(/^\d+\.\d+\.\d+$/) })
  const [fox, stream, limited, unknown] = har.log.entries
  expect(fox).toMatchObject({
    startedDateTime: exchanges[0]?.time,
    time: exchanges[0]?.duration,
    request: { method: 'POST', url: `${mock.baseURL}/chat/completions`, queryString: [] },
    response: { status: 200, statusText: 'OK', content: { mimeType: 'application/json' } },
    _id: exchanges[0]?.id,
    _session: 'alice',
    _scenario: null,
  })
  const { firstByte = 0, duration = 0 } = exchanges[0] ?? {}
  expect(fox.timings).toEqual({ send: 0, wait: firstByte, receive: duration - firstByte })
  expect(JSON.parse(fox.request.postData.text)).toEqual(exchanges[0]?.request.body)
  expect(JSON.parse(fox.response.content.text)).toEqual(exchanges[0]?.response.body)
  expect(stream.request.headers).toContainEqual({ name: 'authorization', value: expect.stringContaining('redacted') })
  expect(stream.response.content).toMatchObject({ mimeType: 'text/event-stream', text: exchanges[1]?.response.text })
  expect(stream.response.content.size).toBe(Buffer.byteLength(exchanges[1]?.response.text ?? ''))
  expect(limited).toMatchObject({
    comment: expect.stringContaining('scenario limit-rate'),
    response: { status: 429, statusText: 'Too Many Requests' },
    _scenario: 'limit-rate',
  })
  expect(unknown.request.url).toMatch(/\/no%20thing%3F\/%2Fa%25b\/%C3%BC\?q=a%20b&/)
  expect(unknown.request.queryString[0]).toEqual({ name: 'q', value: 'a b' })
  expect(unknown.request).not.toHaveProperty('postData')
})

test('an empty journal is a HAR log without entries', async () => {
  await using mock = await mockWith()
  const har = await (await exported(mock, 'application/har+json')).json()
  expectHar(har)
  expect(har.log.entries).toEqual([])
})

test('the URLs of a HAR log have the public URL, or the path at which the mock is mounted', async () => {
  const urlOf = async (fetch: Mock['fetch']): Promise<string> =>
    (await (await exported({ fetch }, 'application/har+json')).json()).log.entries[0].request.url
  await using mock = await used({ publicUrl: 'https://proxy.example/a/' })
  expect(await urlOf(mock.fetch)).toBe('https://proxy.example/a/v1/chat/completions')
  const { Hono } = await import('hono')
  const app = new Hono().route('/mock', await createApp())
  await app.request('/mock/nothing')
  expect(await urlOf(async (path, init) => app.request(`/mock${path as string}`, init))).toBe(
    'http://localhost/mock/nothing',
  )
})

test.each(['application/json', 'application/x-ndjson', 'application/har+json'])(
  'a list as %s is sent piece by piece: each exchange is written when the client reads it',
  async (accept) => {
    await using mock = await used()
    for (let i = 0; i < 10; i++) await ask(mock)
    const whole = await (await exported(mock, accept)).text()
    const response = await exported(mock, accept)
    const reader = response.body?.getReader()
    const pieces: string[] = []
    await reader?.read()
    await mock.reset()
    for (;;) {
      const { done, value } = (await reader?.read()) ?? { done: true, value: undefined }
      if (done) break
      pieces.push(Buffer.from(value ?? []).toString())
    }
    expect(pieces.join('').length, 'the exchanges were deleted meanwhile').toBeLessThan(whole.length / 3)
    if (accept !== 'application/x-ndjson') expect(pieces.at(-1)).toMatch(/\}$/)
  },
)

/** Expects a document to be a log of HAR 1.2 with all its required fields, and no other fields but `_` and optional ones. */
function expectHar(har: unknown): void {
  const validate = new Ajv({ allErrors: true, strict: true, formats: { url: (text) => URL.canParse(text) } }).compile(
    HAR,
  )
  expect(validate(har), JSON.stringify(validate.errors)).toBe(true)
}

const text = { type: 'string' }
const number = { type: 'number', minimum: -1 }
/** An object of HAR: its required fields, and those that can be absent. */
const object = (required: object, optional: object = {}): object => ({
  type: 'object',
  required: Object.keys(required),
  properties: { ...required, ...optional },
  patternProperties: { '^_': {} },
  additionalProperties: false,
})
const pairs = { type: 'array', items: object({ name: text, value: text }, { comment: text }) }
// http://www.softwareishard.com/blog/har-12-spec/
const HAR = object({
  log: object({
    version: { const: '1.2' },
    creator: object({ name: text, version: text }),
    entries: {
      type: 'array',
      items: object(
        {
          startedDateTime: { type: 'string', pattern: String.raw`^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$` },
          time: { type: 'number', minimum: 0 },
          request: object(
            {
              method: text,
              url: { type: 'string', format: 'url' },
              httpVersion: text,
              cookies: pairs,
              headers: pairs,
              queryString: pairs,
              headersSize: number,
              bodySize: number,
            },
            { postData: object({ mimeType: text, text }) },
          ),
          response: object({
            status: { type: 'integer' },
            statusText: text,
            httpVersion: text,
            cookies: pairs,
            headers: pairs,
            content: object({ size: { type: 'integer', minimum: 0 }, mimeType: text }, { text }),
            redirectURL: text,
            headersSize: number,
            bodySize: number,
          }),
          cache: object({}),
          timings: object({ send: number, wait: number, receive: number }),
        },
        { comment: text },
      ),
    },
  }),
})
