import fc from 'fast-check'
import { expect, test } from 'vitest'
import type { Mock } from '../../src/index.ts'
import { startMock } from '../../src/index.ts'
import { ask, read } from '../ask.ts'
import type { ReadResponse } from '../ask.ts'

const messages = [{ role: 'user', content: 'a fox' }]

/** A mock with `contract: 'report'`. An internal error fails the test. */
async function reportingMock(): Promise<Mock> {
  return startMock({
    contract: 'report',
    onFault: (error) => {
      throw error
    },
  })
}

async function send(mock: Mock, body: unknown, headers: Record<string, string> = {}): Promise<ReadResponse> {
  return read(
    await mock.fetch(`${mock.baseURL}/chat/completions`, {
      method: 'POST',
      headers: { 'content-type': 'application/json', ...headers },
      body: typeof body === 'string' ? body : JSON.stringify(body),
    }),
  )
}

test('a valid request gets the normal response without a note', async () => {
  await using mock = await reportingMock()
  await using strict = await startMock({ publicUrl: mock.url })
  const response = await ask(mock)
  expect(response.headers.get('x-mock-note')).toBeNull()
  expect(response.text).toBe((await ask(strict)).text)
  expect(await mock.exchanges()).toMatchObject([{ violations: [] }])
})

test.each<[what: string, body: object, code: string, note: RegExp]>([
  [
    'a string instead of a number',
    { model: 'flux', messages, n: 'two' },
    'type:n',
    /violation: Invalid type for 'n': expected an integer/,
  ],
  [
    'a string instead of a boolean',
    { model: 'flux', messages, stream: 'yes' },
    'type:stream',
    /violation: Invalid type for 'stream'/,
  ],
  ['an unknown model', { model: 'gpt-9', messages }, 'value:model', /violation: .*model/],
  ['no messages in the list', { model: 'flux', messages: [] }, 'value:messages', /violation: .*messages/],
  [
    'a message without a role',
    { model: 'flux', messages: [{ content: 'a fox' }] },
    'missing:messages[].role',
    /violation: Missing required parameter: 'messages\[0\]\.role'/,
  ],
  [
    'a part of an unknown type',
    { model: 'flux', messages: [{ role: 'user', content: [{ type: 'video' }] }] },
    'value:messages[].content[].type',
    /violation: .*supported values are 'text', 'image_url', 'file_url', 'refusal'/,
  ],
])('reports a violation and sends the normal response: %s', async (_what, body, code, note) => {
  await using mock = await reportingMock()
  await using strict = await startMock()
  expect((await send(strict, body)).status).toBeGreaterThanOrEqual(400)
  const response = await send(mock, body)
  expect(response.status).toBe(200)
  expect(response.content).toMatch(/\S/)
  expect(response.headers.get('x-mock-note')).toMatch(note)
  const [exchange] = await mock.exchanges()
  expect(exchange).toMatchObject({
    violations: [{ code, message: expect.stringMatching(/\S/) }],
    response: { status: 200 },
  })
  expect((await mock.coverage()).violations).toMatchObject([{ code, count: 1, operation: 'POST /v1/chat/completions' }])
})

test('the header has a few of many violations, the journal has all', async () => {
  await using mock = await reportingMock()
  const wrong = { n: 'x', stream: 'x', seed: 'x', max_tokens: 'x', temperature: 'x', top_p: 'x', stream_options: 'x' }
  const response = await send(mock, { model: 'flux', messages, ...wrong })
  const note = response.headers.get('x-mock-note') ?? ''
  expect(note.length).toBeLessThanOrEqual(500)
  expect(note.match(/violation:/g)?.length).toBeLessThanOrEqual(5)
  const [exchange] = await mock.exchanges()
  expect(exchange?.violations.map(({ param }) => param).toSorted()).toEqual(Object.keys(wrong).toSorted())
})

test('a long violation is cut in the header, and complete in the journal', async () => {
  await using mock = await reportingMock()
  await mock.script({ then: { say: 'x' } })
  const response = await send(mock, { model: 'gpt-9', messages, n: 'two' })
  expect(response.headers.get('x-mock-note')).toMatch(
    /^scenario script \(scripted\); violation: Invalid value for 'model'.{100,150}\.\.\.; violation: Invalid type for 'n'/,
  )
  expect((await mock.exchanges())[0]?.violations[0]?.message).toMatch(/doubao-seedream-3-0-t2i-250415/)
})

test('streams, scripts and scenarios work for requests with violations', async () => {
  await using mock = await reportingMock()
  const wrong = { model: 'flux', messages, n: 'two' }
  const streamed = await send(mock, { ...wrong, stream: true })
  expect(streamed.chunks.length).toBeGreaterThan(1)
  expect(streamed.headers.get('x-mock-note')).toMatch(/^violation: /)
  await mock.script({ then: { say: 'scripted' } })
  const response = await send(mock, wrong)
  expect(response.content).toBe('scripted')
  expect(response.headers.get('x-mock-note')).toMatch(/^scenario script \(scripted\); violation: /)
  expect((await send(mock, wrong, { 'x-mock-scenario': 'retry-503' })).status).toBe(503)
})

test.each<[what: string, body: unknown, headers: Record<string, string>, status: number]>([
  ['malformed JSON', '{"model":', {}, 400],
  ['an empty body', '', {}, 400],
  ['an array', [], {}, 400],
  ['no model', { messages }, {}, 400],
  ['a model that is a number', { model: 5, messages }, {}, 400],
  ['no messages', { model: 'flux' }, {}, 400],
  ['messages as a string', { model: 'flux', messages: 'a fox' }, {}, 400],
  ['another Content-Type', { model: 'flux', messages }, { 'content-type': 'text/plain' }, 415],
  ['a compressed body', { model: 'flux', messages }, { 'content-encoding': 'gzip' }, 415],
  [
    'a broken picture',
    {
      model: 'flux',
      messages: [{ role: 'user', content: [{ type: 'image_url', image_url: { url: 'data:image/png;base64,AAAA' } }] }],
    },
    {},
    400,
  ],
])('rejects requests that cannot be understood: %s', async (_what, body, headers, status) => {
  await using mock = await reportingMock()
  const response = await send(mock, body, headers)
  expect(response.status).toBe(status)
  expect((await mock.exchanges())[0]?.response.status).toBe(status)
})

test('other operations still reject violations', async () => {
  await using mock = await reportingMock()
  expect(await read(await mock.fetch(`${mock.baseURL}/models/gpt-9`))).toMatchObject({
    status: 404,
    json: { error: { code: 'model_not_found' } },
  })
  expect((await read(await mock.fetch(`${mock.baseURL}/modelz`))).status).toBe(404)
  expect((await read(await mock.fetch(`${mock.baseURL}/models`, { method: 'DELETE' }))).status).toBe(405)
})

test('rejects a wrong API key in this mode too', async () => {
  await using mock = await startMock({ contract: 'report', apiKeys: ['right'] })
  expect((await send(mock, { model: 'flux', messages, n: 'two' })).status).toBe(401)
  expect((await send(mock, { model: 'flux', messages, n: 'two' }, { authorization: 'Bearer right' })).status).toBe(200)
})

// Values of wrong types.
const wild = fc.oneof(
  fc.constantFrom(
    null,
    '',
    'x',
    '1024x1024',
    0,
    -1,
    3.5,
    1e308,
    true,
    false,
    [],
    {},
    [null],
    [[]],
    [5],
    'https://a.example/x.png',
    '/mock retry-503',
  ),
  fc.jsonValue({ maxDepth: 3 }) as fc.Arbitrary<any>,
)
const part = fc.oneof(
  wild,
  fc.record(
    {
      type: fc.constantFrom('text', 'image_url', 'file_url', 'video', 5, null),
      text: wild,
      image_url: fc.oneof(wild, fc.record({ url: wild, detail: wild })),
      file_url: fc.oneof(wild, fc.record({ url: wild })),
    },
    { requiredKeys: [] },
  ),
)
const message = fc.oneof(
  wild,
  fc.record(
    {
      role: fc.oneof(wild, fc.constantFrom('user', 'assistant', 'system')),
      content: fc.oneof(wild, fc.array(part, { maxLength: 3 })),
      images: wild,
      name: wild,
    },
    { requiredKeys: [] },
  ),
)
const request = fc.record({
  model: fc.constantFrom('flux', 'gpt-4o-image', 'nano-banana', 'flux-kontext-dev', 'gpt-9', ''),
  messages: fc.array(message, { maxLength: 4 }),
})
const extras = fc.dictionary(
  fc.constantFrom(
    'n',
    'size',
    'aspect_ratio',
    'stream',
    'stream_options',
    'seed',
    'max_tokens',
    'temperature',
    'user',
    'output_format',
    'max_images',
    'image',
    'images',
    'quality',
    'tools',
    '__proto__',
  ),
  wild,
)

test('no invalid request causes an internal error', async () => {
  const faults: unknown[] = []
  await using mock = await startMock({ contract: 'report', onFault: (error) => faults.push(error) })
  await fc.assert(
    fc.asyncProperty(request, extras, async (body, more) => {
      const response = await mock.fetch(`${mock.baseURL}/chat/completions`, {
        method: 'POST',
        headers: { 'content-type': 'application/json' },
        body: JSON.stringify({ ...body, ...more }),
      })
      const text = await response.text()
      expect(faults).toEqual([])
      expect([200, 400, 503], text.slice(0, 500)).toContain(response.status) // 503: a prompt may request a scenario
      if (response.status === 503) expect(response.headers.get('x-mock-note')).toContain('requested in the prompt')
      expect(await mock.exchanges({ limit: 1 })).toMatchObject([{ response: { status: response.status } }])
    }),
    { numRuns: 120 },
  )
})
