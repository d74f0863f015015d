import fc from 'fast-check'
import { expect, test } from 'vitest'
import { loadContract } from '../../src/openapi/contract.ts'
import { createResponseCheck } from '../openapi/response-check.ts'
import { ask, mockWith, read } from '../ask.ts'

const MODELS = [
  'gpt-image-1',
  'gpt-4o-image',
  'sora_image',
  'flux-kontext-pro',
  'flux',
  'nano-banana',
  'dall-e-3',
  'recraftv3',
  'qwen-image',
  'nano-banana-hd',
  'doubao-seedream-4-0-250828',
  'doubao-seededit-3-0-i2i-250628',
  'doubao-seedream-3-0-t2i-250415',
  'flux-dev',
  'flux-1.1-pro',
  'flux-kontext-max',
]

test.each(MODELS)('%s responds with JSON and a stream, to a string and to parts', async (model) => {
  await using mock = await mockWith()
  const whole = await ask(mock, { model })
  expect(whole).toMatchObject({
    status: 200,
    json: {
      object: 'chat.completion',
      model,
      created: 1677652288,
      choices: [{ index: 0, message: { role: 'assistant' }, finish_reason: 'stop' }],
    },
  })
  const streamed = await ask(mock, { model, body: { stream: true } })
  expect(streamed.content).toBe(whole.content)
  const parts = await ask(mock, {
    model,
    body: { messages: [{ role: 'user', content: [{ type: 'text', text: '画只猫' }] }] },
  })
  expect(parts.status).toBe(200)
})

test('completions and chunks have the fields of the gateway in its order', async () => {
  await using mock = await mockWith()
  const { json } = await ask(mock)
  expect(Object.keys(json)).toEqual(['id', 'object', 'created', 'model', 'choices', 'usage'])
  expect(Object.keys(json.choices[0])).toEqual(['index', 'message', 'finish_reason'])
  expect(json.id).toMatch(/^chatcmpl-89D[A-Za-z\d]{26}$/)
  const { chunks, text } = await ask(mock, { body: { stream: true } })
  expect(text).toMatch(
    /^data: \{"id":"chatcmpl-89C[A-Za-z\d]{26}","object":"chat\.completion\.chunk","created":1677652288,"model":"gpt-4o-image","choices":\[\{"index":0,"delta":\{"role":"assistant","content":""\},"finish_reason":null\}\]\}\n\n/,
  )
  for (const chunk of chunks) expect(Object.keys(chunk)).toEqual(['id', 'object', 'created', 'model', 'choices'])
  expect(new Set(chunks.map(({ id }) => id)).size).toBe(1)
  expect(chunks.at(-1).choices).toEqual([{ index: 0, delta: {}, finish_reason: 'stop' }])
})

test('a stream has the headers of the gateway', async () => {
  await using mock = await mockWith()
  const { headers } = await ask(mock, { body: { stream: true } })
  expect(headers.get('content-type')).toBe('text/event-stream')
  expect(headers.get('cache-control')).toBe('no-cache')
  expect(headers.get('x-accel-buffering')).toBe('no')
})

test('stream_options.include_usage adds a last chunk with the usage, which is null in all other chunks', async () => {
  await using mock = await mockWith()
  const { json } = await ask(mock)
  const { chunks } = await ask(mock, { body: { stream: true, stream_options: { include_usage: true } } })
  const last = chunks.pop()
  expect(last).toMatchObject({ object: 'chat.completion.chunk', choices: [], usage: json.usage })
  for (const chunk of chunks) expect(chunk.usage).toBeNull()
})

test('prompt_tokens is 7 + 85 per picture + the tokens of the text, and the usage is independent of the host', async () => {
  await using mock = await mockWith()
  await using behind = await mockWith({ publicUrl: 'https://pictures.a-very-long-name.example:8443/and/a/path' })
  const { json } = await ask(mock, { text: '画只猫' })
  expect(json.usage).toEqual({
    prompt_tokens: 10,
    completion_tokens: json.usage.completion_tokens,
    total_tokens: 10 + json.usage.completion_tokens,
    prompt_tokens_details: { text_tokens: 3, cached_tokens_details: {} },
    completion_tokens_details: {},
  })
  expect(json.usage.completion_tokens).toBeGreaterThan(200)
  const far = await ask(behind, { text: '画只猫' })
  expect(far.content).toContain('(https://pictures.a-very-long-name.example:8443/and/a/path/cdn/')
  expect(far.json.usage).toEqual(json.usage)
  const referring = await ask(mock, { text: 'https://a.example/1.png https://a.example/2.png 画只猫' })
  expect(referring.json.usage.prompt_tokens).toBe(10 + 2 * 85)
})

test('the response depends on seed, prompt and model, and not on headers, key, stream and user', async () => {
  await using mock = await mockWith()
  await using again = await mockWith()
  await using seeded = await mockWith({ seed: 'other' })
  const first = await ask(mock)
  expect(
    (await ask(again, { headers: { authorization: 'Bearer x', 'user-agent': 'y' }, body: { user: 'somebody' } })).text,
  ).toBe(first.text)
  expect((await ask(again, { body: { stream: true } })).content).toBe(first.content)
  for (const other of [
    await ask(seeded),
    await ask(mock, { text: '画只狗' }),
    await ask(mock, { model: 'gpt-image-1' }),
    await ask(mock, { body: { quality: 'hd' } }),
  ]) {
    expect(other.json.id).not.toBe(first.json.id)
  }
})

test('the response does not depend on the order of keys and the form of numbers', async () => {
  await using mock = await mockWith()
  const send = async (body: string): Promise<string> => {
    const response = await read(
      await mock.fetch(`${mock.baseURL}/chat/completions`, {
        method: 'POST',
        headers: { 'content-type': 'application/json' },
        body,
      }),
    )
    expect(response.status).toBe(200)
    return response.text
  }
  expect(await send('{"model":"flux","n":1.0,"messages":[{"role":"user","content":"x"}]}')).toBe(
    await send('{"messages":[{"content":"\\u0078","role":"user"}],"n":1,"model":"flux"}'),
  )
})

test('created is the current time with clock: real', async () => {
  await using mock = await mockWith({ clock: 'real' })
  const before = Math.floor(Date.now() / 1000)
  const { json } = await ask(mock)
  expect(json.created).toBeGreaterThanOrEqual(before)
})

test('short requests and requests without text get a response', async () => {
  await using mock = await mockWith()
  for (const messages of [
    [{ role: 'user', content: 'hi' }],
    [{ role: 'user', content: '' }],
    [{ role: 'system', content: 'be brief' }],
    [{ role: 'assistant', content: null }],
    [{ role: 'user', content: ['hi', 'there'] }],
  ]) {
    expect(await ask(mock, { body: { messages } })).toMatchObject({ status: 200 })
  }
})

test('each response has one choice, a correct sum of tokens, the same content as its stream, and is valid by the schema of the provider', async () => {
  await using mock = await mockWith()
  const bare = await loadContract('fixtures/provider/export.yaml')
  const check = createResponseCheck(bare)
  const [operation] = bare.operations
  if (operation === undefined) throw new Error('the export has an operation')
  await fc.assert(
    fc.asyncProperty(
      fc.constantFrom(...MODELS),
      fc.string({ unit: 'binary', maxLength: 80 }),
      fc.record(
        {
          n: fc.integer({ min: 1, max: 20 }),
          size: fc.constantFrom('1024x1536', '2K', '3:2', 'auto', 'x'),
          temperature: fc.double({ noNaN: true, noDefaultInfinity: true }),
        },
        { requiredKeys: [] },
      ),
      async (model, text, fields) => {
        const whole = await ask(mock, { model, text, body: fields })
        const streamed = await ask(mock, {
          model,
          text,
          body: { ...fields, stream: true, stream_options: { include_usage: true } },
        })
        expect(whole.status).toBe(200)
        expect(check(operation, { status: 200, mediaType: 'application/json', value: whole.json })).toEqual([])
        expect(whole.json.choices).toHaveLength(1)
        expect(whole.json.choices[0].finish_reason).toBe('stop')
        const { prompt_tokens, completion_tokens, total_tokens } = whole.json.usage
        expect(total_tokens).toBe(prompt_tokens + completion_tokens)
        expect(streamed.content).toBe(whole.content)
        expect(streamed.chunks.at(-1).usage).toEqual(whole.json.usage)
      },
    ),
    { numRuns: 150 },
  )
})

test('each chunk is valid by the contract', async () => {
  await using mock = await mockWith()
  const contract = await loadContract('openapi.yaml')
  const check = createResponseCheck(contract)
  const operation = contract.operations.find(({ operationId }) => operationId === 'createChatCompletion')
  const { chunks } = await ask(mock, { body: { stream: true, stream_options: { include_usage: true } } })
  for (const value of chunks)
    expect(check(operation!, { status: 200, mediaType: 'text/event-stream', value })).toEqual([])
})
