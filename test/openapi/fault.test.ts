import { afterAll, describe, expect, test } from 'vitest'
import { createMock } from '../../src/index.ts'
import { ask } from '../ask.ts'

const mock = await createMock()
afterAll(async () => mock.close())
const withContent = (content: any): any => ({ messages: [{ role: 'user', content }] })
const parts = (...items: any[]): any => withContent(items)
const type = (param: string, expected: string, got: string): string =>
  `Invalid type for '${param}': expected ${expected}, but got ${got} instead.`
const missing = (param: string): string => `Missing required parameter: '${param}'.`
const CONTENT = 'messages[0].content'
const PART = `${CONTENT}[0]`
const TAGS = `Invalid value for '${PART}.type': supported values are 'text', 'image_url', 'file_url', 'refusal'.`

describe('a violation has its place and what is allowed', () => {
  test.each<[any, string, string]>([
    [{ model: undefined }, 'model', missing('model')],
    [{ model: 3 }, 'model', type('model', 'a string', 'an integer')],
    [{ model: null }, 'model', type('model', 'a string', 'null')],
    [{ messages: undefined }, 'messages', missing('messages')],
    [{ messages: {} }, 'messages', type('messages', 'an array', 'an object')],
    [{ messages: [] }, 'messages', "Invalid value for 'messages': it must have at least 1 item."],
    [{ messages: ['x'] }, 'messages[0]', type('messages[0]', 'an object', 'a string')],
    [{ messages: [{ content: 'x' }] }, 'messages[0].role', missing('messages[0].role')],
    [{ messages: [{ role: 3, content: 'x' }] }, 'messages[0].role', type('messages[0].role', 'a string', 'an integer')],
    [withContent(1.5), CONTENT, type(CONTENT, 'a string or an array or null', 'a number')],
    [withContent({}), CONTENT, type(CONTENT, 'a string or an array or null', 'an object')],
    [parts(), CONTENT, `Invalid value for '${CONTENT}': it must have at least 1 item.`],
    [parts(3), PART, type(PART, 'a string or an object', 'an integer')],
    [parts([]), PART, type(PART, 'a string or an object', 'an array')],
    [parts({}), `${PART}.type`, missing(`${PART}.type`)],
    [parts({ text: 'x' }), `${PART}.type`, missing(`${PART}.type`)],
    [parts({ type: 3 }), `${PART}.type`, type(`${PART}.type`, 'a string', 'an integer')],
    [parts({ type: 'foo', text: 'x' }), `${PART}.type`, TAGS],
    [parts({ type: 'text' }), `${PART}.text`, missing(`${PART}.text`)],
    [parts({ type: 'text', text: null }), `${PART}.text`, type(`${PART}.text`, 'a string', 'null')],
    [parts({ type: 'image_url' }), `${PART}.image_url`, missing(`${PART}.image_url`)],
    [
      parts({ type: 'image_url', image_url: 3 }),
      `${PART}.image_url`,
      type(`${PART}.image_url`, 'a string or an object', 'an integer'),
    ],
    [parts({ type: 'image_url', image_url: {} }), `${PART}.image_url.url`, missing(`${PART}.image_url.url`)],
    [
      parts({ type: 'image_url', image_url: { url: 3 } }),
      `${PART}.image_url.url`,
      type(`${PART}.image_url.url`, 'a string', 'an integer'),
    ],
    [
      parts({ type: 'image_url', image_url: { url: 'https://a.example/x', detail: 3 } }),
      `${PART}.image_url.detail`,
      type(`${PART}.image_url.detail`, 'a string or null', 'an integer'),
    ],
    [parts({ type: 'file_url' }), `${PART}.file_url`, missing(`${PART}.file_url`)],
    [
      parts('x', { type: 'file_url', file_url: {} }),
      `${CONTENT}[1].file_url.url`,
      missing(`${CONTENT}[1].file_url.url`),
    ],
    ...['stream', 'watermark'].map((name): [any, string, string] => [
      { [name]: 'yes' },
      name,
      type(name, 'a boolean or null', 'a string'),
    ]),
    ...['n', 'max_images'].map((name): [any, string, string] => [
      { [name]: '2' },
      name,
      type(name, 'an integer or null', 'a string'),
    ]),
    ...[
      'seed',
      'max_tokens',
      'max_completion_tokens',
      'temperature',
      'top_p',
      'presence_penalty',
      'frequency_penalty',
    ].map((name): [any, string, string] => [{ [name]: true }, name, type(name, 'a number or null', 'a boolean')]),
    ...[
      'size',
      'aspect_ratio',
      'resolution',
      'quality',
      'style',
      'output_format',
      'sequential_image_generation',
      'user',
    ].map((name): [any, string, string] => [{ [name]: 3 }, name, type(name, 'a string or null', 'an integer')]),
    ...['stream_options', 'image_config', 'extra_body'].map((name): [any, string, string] => [
      { [name]: [] },
      name,
      type(name, 'an object or null', 'an array'),
    ]),
    [{ n: 1.5 }, 'n', type('n', 'an integer or null', 'a number')],
    [{ n: 0 }, 'n', "Invalid value for 'n': it must be at least 1."],
    [{ modalities: 'image' }, 'modalities', type('modalities', 'an array or null', 'a string')],
    [{ modalities: ['image', 1] }, 'modalities[1]', type('modalities[1]', 'a string', 'an integer')],
    [
      { stream_options: { include_usage: 'yes' } },
      'stream_options.include_usage',
      type('stream_options.include_usage', 'a boolean or null', 'a string'),
    ],
    [
      { image_config: { image_size: 4 } },
      'image_config.image_size',
      type('image_config.image_size', 'a string or null', 'an integer'),
    ],
  ])('%j: %s', async (body, param, message) => {
    const code = message.startsWith('Missing')
      ? 'missing_required_parameter'
      : message.startsWith('Invalid type')
        ? 'invalid_type'
        : 'invalid_value'
    expect(await ask(mock, { body })).toMatchObject({
      status: 400,
      json: { error: { type: 'invalid_request_error', param, code, message } },
    })
  })
})

test.each([
  ['[]', 'an array'],
  ['"x"', 'a string'],
  ['null', 'null'],
  ['3', 'an integer'],
])('rejects the body %s', async (body, got) => {
  const response = await mock.fetch(`${mock.baseURL}/chat/completions`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body,
  })
  expect(await response.json()).toMatchObject({
    error: { param: 'body', code: 'invalid_type', message: type('body', 'an object', got) },
  })
})

test.each(['n', 'seed', 'temperature'])('%s: rejects 1e400', async (name) => {
  const body = `{"model":"gpt-4o-image","messages":[{"role":"user","content":"x"}],"${name}":1e400}`
  const response = await mock.fetch(`${mock.baseURL}/chat/completions`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body,
  })
  expect(await response.json()).toMatchObject({ error: { param: name, code: 'invalid_type' } })
})

test('an unknown model is a 404 if it is the only violation, otherwise one of the violations', async () => {
  expect(await ask(mock, { model: 'nope' })).toMatchObject({
    status: 404,
    json: { error: { param: 'model', code: 'model_not_found' } },
  })
  const { status, json } = await ask(mock, { model: 'nope', body: { n: 0 } })
  expect({ status, ...json.error }).toMatchObject({ status: 400, param: 'model', code: 'invalid_value' })
  expect(json.error.message).toMatch(
    /^Invalid value for 'model': supported values are 'gpt-image-1', .*, or must match pattern "\^flux-.*\. Invalid value for 'n': it must be at least 1\.$/,
  )
})

test('one error lists all violations; param and code are those of the first', async () => {
  const { json } = await ask(mock, {
    body: { model: undefined, messages: [{ role: 3, content: [{ type: 'text' }, { type: 'foo' }, 3] }], n: 0 } as any,
  })
  expect(json.error).toMatchObject({ param: 'model', code: 'missing_required_parameter' })
  expect(json.error.message).toBe(
    [
      missing('model'),
      type('messages[0].role', 'a string', 'an integer'),
      missing(`${PART}.text`),
      `Invalid value for '${CONTENT}[1].type': supported values are 'text', 'image_url', 'file_url', 'refusal'.`,
      type(`${CONTENT}[2]`, 'a string or an object', 'an integer'),
      "Invalid value for 'n': it must be at least 1.",
    ].join(' '),
  )
})

test.each([
  [20, /'messages\[19\]\.role'\.$/],
  [21, /'messages\[19\]\.role'\. And 1 more\.$/],
  [25, /'messages\[19\]\.role'\. And 5 more\.$/],
  [50, /'messages\[19\]\.role'\. And 30 more\.$/],
  [51, /'messages\[19\]\.role'\. And at least 30 more\.$/],
])('of %i violations, twenty are listed and the rest counted', async (count, end) => {
  const { json } = await ask(mock, { body: { messages: Array.from({ length: count }, () => ({})) } })
  expect(json.error.message).toMatch(end)
})

test('cuts a long field name in an error', async () => {
  const { json } = await ask(mock, { body: { image_config: { aspect_ratio: 1, ['x'.repeat(10_000)]: 1 } } })
  expect(json.error.message.length).toBeLessThan(200)
})
