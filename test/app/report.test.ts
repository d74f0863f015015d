import fc from 'fast-check'
import { expect, test } from 'vitest'
import type { Mock } from '../../src/index.ts'
import { startMock } from '../../src/index.ts'
import { ask, read } from '../ask.ts'
import type { Told } from '../ask.ts'

const messages = [{ role: 'user', content: 'a fox' }]

/** A mock that answers what its contract forbids, and tells. */
async function reporting(): Promise<Mock> {
  return startMock({
    contract: 'report',
    onFault: (error) => {
      throw error
    },
  })
}

async function send(mock: Mock, body: unknown, headers: Record<string, string> = {}): Promise<Told> {
  return read(
    await mock.fetch(`${mock.baseURL}/chat/completions`, {
      method: 'POST',
      headers: { 'content-type': 'application/json', ...headers },
      body: typeof body === 'string' ? body : JSON.stringify(body),
    }),
  )
}

test('a request without a fault is answered as ever, and nothing is told of it', async () => {
  await using mock = await reporting()
  await using strict = await startMock({ publicUrl: mock.url })
  const told = await ask(mock)
  expect(told.headers.get('x-mock-note')).toBeNull()
  expect(told.text).toBe((await ask(strict)).text)
  expect(await mock.exchanges()).toMatchObject([{ violations: [] }])
})

test.each<[what: string, body: object, code: string, note: RegExp]>([
  [
    'a number that is a text',
    { model: 'flux', messages, n: 'two' },
    'type:n',
    /violation: Invalid type for 'n': expected an integer/,
  ],
  [
    'a flag that is a text',
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
    /violation: .*supported values are 'text', 'image_url', 'file_url'/,
  ],
])('a request that can be understood is answered, its fault is told: %s', async (_what, body, code, note) => {
  await using mock = await reporting()
  await using strict = await startMock()
  expect((await send(strict, body)).status).toBeGreaterThanOrEqual(400)
  const told = await send(mock, body)
  expect(told.status).toBe(200)
  expect(told.content).toMatch(/\S/)
  expect(told.headers.get('x-mock-note')).toMatch(note)
  const [exchange] = await mock.exchanges()
  expect(exchange).toMatchObject({
    violations: [{ code, message: expect.stringMatching(/\S/) }],
    response: { status: 200 },
  })
  expect((await mock.coverage()).violations).toMatchObject([{ code, count: 1, operation: 'POST /v1/chat/completions' }])
})

test('of many faults the header tells a few, and the journal all', async () => {
  await using mock = await reporting()
  const wrong = { n: 'x', stream: 'x', seed: 'x', max_tokens: 'x', temperature: 'x', top_p: 'x', stream_options: 'x' }
  const told = await send(mock, { model: 'flux', messages, ...wrong })
  const note = told.headers.get('x-mock-note') ?? ''
  expect(note.length).toBeLessThanOrEqual(500)
  expect(note.match(/violation:/g)?.length).toBeLessThanOrEqual(5)
  const [exchange] = await mock.exchanges()
  expect(exchange?.violations.map(({ param }) => param).toSorted()).toEqual(Object.keys(wrong).toSorted())
})

test('the header has room for all that is to be told: a long violation is cut there, and only there', async () => {
  await using mock = await reporting()
  await mock.script({ then: { say: 'x' } })
  const told = await send(mock, { model: 'gpt-9', messages, n: 'two' })
  expect(told.headers.get('x-mock-note')).toMatch(
    /^scenario script \(scripted\); violation: Invalid value for 'model'.{100,150}\.\.\.; violation: Invalid type for 'n'/,
  )
  expect((await mock.exchanges())[0]?.violations[0]?.message).toMatch(/doubao-seedream-3-0-t2i-250415/)
})

test('a violating request streams, is scripted and asks for scenarios as any other', async () => {
  await using mock = await reporting()
  const wrong = { model: 'flux', messages, n: 'two' }
  const streamed = await send(mock, { ...wrong, stream: true })
  expect(streamed.chunks.length).toBeGreaterThan(1)
  expect(streamed.headers.get('x-mock-note')).toMatch(/^violation: /)
  await mock.script({ then: { say: 'scripted' } })
  const told = await send(mock, wrong)
  expect(told.content).toBe('scripted')
  expect(told.headers.get('x-mock-note')).toMatch(/^scenario script \(scripted\); violation: /)
  expect((await send(mock, wrong, { 'x-mock-scenario': 'retry-503' })).status).toBe(503)
})

test.each<[what: string, body: unknown, headers: Record<string, string>, status: number]>([
  ['what is no JSON', '{"model":', {}, 400],
  ['nothing', '', {}, 400],
  ['a list', [], {}, 400],
  ['no model', { messages }, {}, 400],
  ['a model that is a number', { model: 5, messages }, {}, 400],
  ['no messages', { model: 'flux' }, {}, 400],
  ['messages that are a text', { model: 'flux', messages: 'a fox' }, {}, 400],
  ['a body of another type', { model: 'flux', messages }, { 'content-type': 'text/plain' }, 415],
  ['a body that is compressed', { model: 'flux', messages }, { 'content-encoding': 'gzip' }, 415],
  [
    'a broken picture',
    {
      model: 'flux',
      messages: [{ role: 'user', content: [{ type: 'image_url', image_url: { url: 'data:image/png;base64,AAAA' } }] }],
    },
    {},
    400,
  ],
])('what cannot be understood is refused: %s', async (_what, body, headers, status) => {
  await using mock = await reporting()
  const told = await send(mock, body, headers)
  expect(told.status).toBe(status)
  expect((await mock.exchanges())[0]?.response.status).toBe(status)
})

test('other operations are held to the contract: what they ask for has no other meaning', async () => {
  await using mock = await reporting()
  expect(await read(await mock.fetch(`${mock.baseURL}/models/gpt-9`))).toMatchObject({
    status: 404,
    json: { error: { code: 'model_not_found' } },
  })
  expect((await read(await mock.fetch(`${mock.baseURL}/modelz`))).status).toBe(404)
  expect((await read(await mock.fetch(`${mock.baseURL}/models`, { method: 'DELETE' }))).status).toBe(405)
})

test('a key that does not pass is refused, whatever else is wrong', async () => {
  await using mock = await startMock({ contract: 'report', apiKeys: ['right'] })
  expect((await send(mock, { model: 'flux', messages, n: 'two' })).status).toBe(401)
  expect((await send(mock, { model: 'flux', messages, n: 'two' }, { authorization: 'Bearer right' })).status).toBe(200)
})

// What clients send where something else belongs.
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

test('no request, however wrong, is a fault of the mock', async () => {
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
      expect([200, 400, 503], text.slice(0, 500)).toContain(response.status) // 503: a prompt may ask for a scenario
      if (response.status === 503) expect(response.headers.get('x-mock-note')).toContain('requested in the prompt')
      expect(await mock.exchanges({ limit: 1 })).toMatchObject([{ response: { status: response.status } }])
    }),
    { numRuns: 120 },
  )
})
