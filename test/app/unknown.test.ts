import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type OpenAI from 'openai'
import { afterAll, expect, test } from 'vitest'
import { createMock } from '../../src/index.ts'
import type { Mock, MockOptions } from '../../src/index.ts'

const folder = mkdtempSync(join(tmpdir(), 'unknown-'))
afterAll(() => rmSync(folder, { recursive: true }))

const CHAT = { model: 'gpt-image-1', messages: [{ role: 'user', content: 'a fox' }] }

async function post(
  mock: Mock,
  body: unknown,
  path = '/v1/chat/completions',
): Promise<[number, string | null, string]> {
  const headers = { 'content-type': 'application/json' }
  const response = await mock.fetch(path, { method: 'POST', headers, body: JSON.stringify(body) })
  return [response.status, response.headers.get('x-mock-note'), await response.text()]
}

test('a field that the contract does not name is reported with the nearest known one, and the request is answered', async () => {
  await using mock = await createMock()
  const notes = await Promise.all(
    [
      { ...CHAT, temprature: 3 },
      { ...CHAT, stream_options: { include_usge: true } },
      { ...CHAT, image_config: { aspectRatio: '1:1' } },
      { ...CHAT, messages: [{ ...CHAT.messages[0], colour: 'red' }] },
      { model: 'flux', messages: [{ role: 'user', content: [{ type: 'text', text: 'a fox', lang: 'en' }] }] },
    ].map(async (body) => {
      const [status, note] = await post(mock, body)
      return [status, note]
    }),
  )
  expect(notes).toEqual([
    [200, "Unknown parameter: 'temprature'. Did you mean temperature?"],
    [200, "Unknown parameter: 'stream_options.include_usge'. Did you mean include_usage?"],
    [200, "Unknown parameter: 'image_config.aspectRatio'. Did you mean aspect_ratio?"],
    [200, "Unknown parameter: 'messages[0].colour'."],
    [200, "Unknown parameter: 'messages[0].content[0].lang'."],
  ])
})

test('no field of OpenAI’s chat API is unknown, nor one of an object without named fields', async () => {
  // A field that the package adds is a type error here.
  const fields: Record<keyof OpenAI.ChatCompletionCreateParams, unknown> = {
    ...CHAT,
    audio: { voice: 'alloy', format: 'wav' },
    frequency_penalty: 0,
    function_call: 'auto',
    functions: [{ name: 'draw' }],
    logit_bias: { 50_256: -100 },
    logprobs: false,
    max_completion_tokens: 100,
    max_tokens: 100,
    metadata: { suite: 'pictures' },
    modalities: ['text', 'image'],
    moderation: { model: 'omni-moderation-latest' },
    n: 1,
    parallel_tool_calls: true,
    prediction: { type: 'content', content: 'a' },
    presence_penalty: 0,
    prompt_cache_key: 'key',
    prompt_cache_options: { mode: 'explicit' },
    prompt_cache_retention: '24h',
    reasoning_effort: 'low',
    response_format: { type: 'text' },
    safety_identifier: 'user',
    seed: 1,
    service_tier: 'auto',
    stop: ['\n'],
    store: false,
    stream: false,
    stream_options: null,
    temperature: 1,
    tool_choice: 'none',
    tools: [{ type: 'function', function: { name: 'draw' } }],
    top_logprobs: null,
    top_p: 1,
    user: 'user',
    verbosity: 'low',
    web_search_options: {},
  }
  const messages = [
    { role: 'user', name: 'me', content: 'a fox' },
    { role: 'assistant', content: null, refusal: null, tool_calls: [{ id: 'call_1', type: 'function' }] },
    { role: 'tool', tool_call_id: 'call_1', content: 'done' },
    { role: 'user', content: [{ type: 'text', text: 'a fox' }] },
  ]
  await using mock = await createMock({ contract: 'strict' })
  const [status, note] = await post(mock, { ...fields, messages, extra_body: { google: { anything: true } } })
  expect([status, note]).toEqual([200, null])
})

test('with contract: strict, unknown fields are rejected, together with other violations', async () => {
  await using mock = await createMock({ contract: 'strict' })
  const [status, note, text] = await post(mock, { ...CHAT, temprature: 3, Size: '1:1' })
  expect([status, note, JSON.parse(text)]).toEqual([
    400,
    null,
    {
      error: {
        message:
          "Unknown parameter: 'temprature'. Did you mean temperature? Unknown parameter: 'Size'. Did you mean size?",
        type: 'invalid_request_error',
        param: 'temprature',
        code: 'unknown_parameter',
      },
    },
  ])
  const [, , both] = await post(mock, { ...CHAT, temperature: 'hot', temprature: 3 })
  expect(JSON.parse(both).error).toMatchObject({ param: 'temperature', code: 'invalid_type' })
  expect(both).toContain("Unknown parameter: 'temprature'")
  expect((await mock.coverage()).violations.map(({ code }) => code)).toContain('unknown:temprature')
  const [{ violations } = { violations: [] }] = await mock.exchanges()
  expect(violations.map(({ code }) => code)).toEqual(['unknown:temprature', 'unknown:Size'])
})

test('coverage counts unknown fields, and does not count them as violations', async () => {
  await using mock = await createMock()
  for (const _ of [1, 2]) await post(mock, { ...CHAT, temprature: 3 })
  await post(mock, { ...CHAT, messages: [...CHAT.messages, { role: 'user', content: 'b', "a|b\t<'>": 1 }] })
  const { violations, unknownFields } = await mock.coverage()
  expect(violations).toEqual([])
  expect(unknownFields).toEqual([
    {
      code: 'unknown:temprature',
      count: 2,
      operation: 'POST /v1/chat/completions',
      pointer: expect.stringContaining('/schema'),
      hint: "Unknown parameter: 'temprature'. Did you mean temperature?",
    },
    expect.objectContaining({ code: "unknown:messages[].a|b <'>", count: 1 }),
  ])
  const reports = await Promise.all(
    ['text/markdown', 'application/xml'].map(async (accept) =>
      (await mock.fetch('/__mock/coverage', { headers: { accept } })).text(),
    ),
  )
  expect(reports[0]).toContain('## Unknown fields')
  expect(reports[0]).toContain('| unknown:temprature | 2 |')
  expect(reports[1]).toMatch(
    /<testcase classname="unknownFields" name="POST \/v1\/chat\/completions unknown:temprature" time="0"><skipped message="Unknown parameter: &apos;temprature&apos;\. Did you mean temperature\? \(2 requests\)"\/>/,
  )
  expect(reports[1]).toContain('failures="0"')
})

test('fields that change no response are reported as used, and their absence does not lower the coverage', async () => {
  await using mock = await createMock()
  const totalOf = async (): Promise<number> => (await mock.coverage()).parameters.total
  const before = await totalOf()
  await post(mock, { ...CHAT, tools: [] })
  const { parameters } = await mock.coverage()
  expect(parameters.total).toBe(before)
  expect(parameters.items).toContainEqual({
    name: 'POST /v1/chat/completions body tools',
    count: 1,
    known: true,
    inTotal: false,
  })
})

test('in a custom contract, unknown fields are those that no branch of a schema names', async () => {
  await using mock = await createMock(
    customContract({
      allOf: [
        { type: 'object', properties: { name: { type: 'string' } } },
        {
          anyOf: [
            { properties: { colour: {} } },
            { properties: { list: { items: { $ref: '#/components/schemas/Tree' } } } },
          ],
        },
      ],
    }),
  )
  const notesFor = async (body: unknown, path = '/things'): Promise<string | null> => (await post(mock, body, path))[1]
  expect(await notesFor({ name: 'a', colour: 'red', list: [{ left: { left: {} } }] })).toBeNull()
  expect(await notesFor({ name: 'a', colr: 1 })).toBe("Unknown parameter: 'colr'. Did you mean colour?")
  expect(await notesFor({ list: [{}, { left: { left: { rigth: 1 } } }] })).toBe(
    "Unknown parameter: 'list[1].left.left.rigth'. Did you mean right?",
  )
  expect(await notesFor([{ name: 1 }])).toBeNull()
  expect(await notesFor({ map: 1 }, '/things?limt=3&limit=2')).toBe(
    "Unknown parameter: 'limt' (in query). Did you mean limit?; Unknown parameter: 'map'.",
  )
  await using open = await createMock(customContract({ properties: { name: {} }, additionalProperties: true }))
  expect((await post(open, { nam: 1 }, '/things'))[1]).toBeNull()
  await using closed = await createMock(customContract({ properties: { name: {} }, additionalProperties: false }))
  const [status, note] = await post(closed, { nam: 1 }, '/things')
  expect([status, note]).toEqual([400, null])
})

function customContract(schema: object): MockOptions {
  const Tree = { properties: { left: { $ref: '#/components/schemas/Tree' }, right: {} } }
  const spec = join(folder, 'openapi.json')
  const parameters = [{ name: 'limit', in: 'query', schema: { type: 'integer' } }]
  const content = { 'application/json': { schema } }
  const responses = { 200: { description: '' } }
  const operation = { parameters, requestBody: { content }, responses }
  const info = { title: 'things', version: '1' }
  writeFileSync(
    spec,
    JSON.stringify({
      openapi: '3.1.0',
      info,
      paths: { '/things': { post: operation } },
      components: { schemas: { Tree } },
    }),
  )
  return { spec }
}

test('a key in the name of a field is not repeated, and of many unknown fields fifty are counted', async () => {
  await using mock = await createMock()
  const [, note] = await post(mock, { ...CHAT, 'sk-abcdefghijklmnopqrstuvwxyz123456': 1 })
  expect(note).toMatch(/^Unknown parameter: /)
  expect(note).not.toContain('sk-abc')
  const many = Object.fromEntries(Array.from({ length: 90_000 }, (_, i) => [`field${i}`, i]))
  const [status, notes] = await post(mock, { ...CHAT, ...many })
  expect([status, notes?.split('; ').length]).toEqual([200, 5])
  expect((await mock.coverage()).unknownFields.length).toBeLessThan(60)
})

test('after a million comparisons with schemas, the rest of a body is not searched', async () => {
  const branches = Array.from({ length: 200 }, (_, i) => ({ properties: { [`field${i}`]: {} } }))
  await using mock = await createMock(customContract({ properties: { items: { items: { anyOf: branches } } } }))
  const noteFor = async (length: number): Promise<string | null> => {
    const items: unknown[] = Array.from({ length }, () => ({ field1: 1 }))
    return (await post(mock, { items: [...items, { typo: 1 }] }, '/things'))[1]
  }
  expect(await noteFor(2000)).toBe("Unknown parameter: 'items[2000].typo'.")
  expect(await noteFor(9000)).toBeNull()
})
