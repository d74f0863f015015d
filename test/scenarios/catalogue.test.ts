import { readdirSync, readFileSync } from 'node:fs'
import { setTimeout as wait } from 'node:timers/promises'
import { Ajv2020 } from 'ajv/dist/2020.js'
import OpenAI from 'openai'
import type { APIError } from 'openai'
import { describe, expect, test } from 'vitest'
import { parse } from 'yaml'
import type { Mock, MockOptions } from '../../src/index.ts'
import { startMock } from '../../src/index.ts'
import { scenarioSchema } from '../../src/scenarios/scenario-schema.ts'
import { ask, mockWith, picturesIn } from '../ask.ts'

const { schemaText } = await import(new URL('../../tools/scenarios.js', import.meta.url).href)
const names = readdirSync('fixtures/scenarios').map((name) => name.replace('.yaml', ''))

/**
 * The scenarios that return an error: what the client throws (class, status and code) in OpenAI's format and in the
 * gateway's, and whether it retries the error of the gateway.
 */
const ERRORS: readonly (readonly [name: string, openai: string, gateway: string, isRetried?: 'retried'])[] = [
  ['key-missing', 'AuthenticationError 401 null', 'AuthenticationError 401 -'],
  ['key-invalid', 'AuthenticationError 401 invalid_api_key', 'AuthenticationError 401 -'],
  ['key-expired', 'AuthenticationError 401 invalid_api_key', 'AuthenticationError 401 -'],
  ['key-disabled', 'AuthenticationError 401 invalid_api_key', 'AuthenticationError 401 -'],
  ['key-exhausted', 'AuthenticationError 401 invalid_api_key', 'AuthenticationError 401 -'],
  ['key-banned', 'AuthenticationError 401 account_deactivated', 'PermissionDeniedError 403 -'],
  ['key-address', 'AuthenticationError 401 ip_not_authorized', 'PermissionDeniedError 403 access_denied'],
  ['key-group', 'PermissionDeniedError 403 null', 'PermissionDeniedError 403 -'],
  ['quota-account', 'RateLimitError 429 insufficient_quota', 'PermissionDeniedError 403 insufficient_user_quota'],
  ['quota-key', 'RateLimitError 429 insufficient_quota', 'PermissionDeniedError 403 pre_consume_token_quota_failed'],
  ['limit-rate', 'RateLimitError 429 rate_limit_exceeded', 'RateLimitError 429 -', 'retried'],
  ['limit-rate-after', 'RateLimitError 429 rate_limit_exceeded', 'RateLimitError 429 -', 'retried'],
  ['limit-rate-ms', 'RateLimitError 429 rate_limit_exceeded', 'RateLimitError 429 -', 'retried'],
  ['limit-count', 'RateLimitError 429 rate_limit_exceeded', 'RateLimitError 429 undefined', 'retried'],
  ['limit-no-retry', 'RateLimitError 429 rate_limit_exceeded', 'RateLimitError 429 -'],
  ['limit-saturated', 'RateLimitError 429 rate_limit_exceeded', 'RateLimitError 429 model_not_found', 'retried'],
  ['limit-upstream', 'RateLimitError 429 rate_limit_exceeded', 'RateLimitError 429 rate_limit_exceeded', 'retried'],
  ['model-unknown', 'NotFoundError 404 model_not_found', 'InternalServerError 503 model_not_found', 'retried'],
  ['model-forbidden', 'PermissionDeniedError 403 model_not_found', 'PermissionDeniedError 403 -'],
  ['model-not-chat', 'NotFoundError 404 null', 'InternalServerError 500 -', 'retried'],
  ['model-unsupported', 'NotFoundError 404 null', 'InternalServerError 500 null', 'retried'],
  ['model-needs-picture', 'BadRequestError 400 missing_required_parameter', 'BadRequestError 400 invalid_request'],
  [
    'model-needs-parameter',
    'BadRequestError 400 missing_required_parameter',
    'BadRequestError 400 MissingParameter.prompt',
  ],
  ['request-no-model', 'BadRequestError 400 missing_required_parameter', 'BadRequestError 400 -'],
  [
    'request-no-messages',
    'BadRequestError 400 missing_required_parameter',
    'InternalServerError 500 invalid_request',
    'retried',
  ],
  ['request-max-tokens', 'BadRequestError 400 invalid_value', 'InternalServerError 500 invalid_request', 'retried'],
  ['request-too-large', 'APIError 413 request_too_large', 'BadRequestError 400 -'],
  ['request-unknown-path', 'NotFoundError 404 null', 'NotFoundError 404 -'],
  [
    'request-not-built',
    'InternalServerError 501 not_implemented',
    'InternalServerError 501 api_not_implemented',
    'retried',
  ],
  ['refused-moderation', 'BadRequestError 400 moderation_blocked', 'BadRequestError 400 moderation_blocked'],
  [
    'refused-words',
    'BadRequestError 400 content_policy_violation',
    'InternalServerError 500 sensitive_words_detected',
    'retried',
  ],
  ['refused-blocked', 'BadRequestError 400 moderation_blocked', 'BadRequestError 400 prompt_blocked'],
  ['refused-prompt', 'BadRequestError 400 moderation_blocked', 'BadRequestError 400 unknown_error'],
  ['refused-text', 'BadRequestError 400 moderation_blocked', 'BadRequestError 400 InputTextSensitiveContentDetected'],
  [
    'refused-reference',
    'BadRequestError 400 moderation_blocked',
    'BadRequestError 400 InputImageSensitiveContentDetected',
  ],
  [
    'refused-output',
    'BadRequestError 400 moderation_blocked',
    'BadRequestError 400 OutputImageSensitiveContentDetected',
  ],
  ['refused-inspection', 'BadRequestError 400 moderation_blocked', 'BadRequestError 400 DataInspectionFailed'],
  ['upstream-error', 'InternalServerError 500 null', 'InternalServerError 500 null', 'retried'],
  ['upstream-empty', 'InternalServerError 500 null', 'InternalServerError 500 empty_response', 'retried'],
  ['upstream-no-json', 'InternalServerError 502 null', 'InternalServerError 502 bad_response_status_code', 'retried'],
  ['upstream-status', 'InternalServerError 502 null', 'InternalServerError 502 bad_response_status_code', 'retried'],
  ['upstream-unreadable', 'InternalServerError 500 null', 'InternalServerError 500 bad_response_body', 'retried'],
  ['upstream-unreachable', 'InternalServerError 500 null', 'InternalServerError 500 do_request_failed', 'retried'],
  ['upstream-busy', 'InternalServerError 503 null', 'InternalServerError 503 model_not_found', 'retried'],
  ['proxy-502', 'InternalServerError 502 undefined', 'InternalServerError 502 undefined', 'retried'],
  ['proxy-504', 'InternalServerError 504 undefined', 'InternalServerError 504 undefined', 'retried'],
  ['proxy-524', 'InternalServerError 524 undefined', 'InternalServerError 524 undefined', 'retried'],
]

/** Scenarios with a long Retry-After, which the client of these tests waits for. */
const LONG_WAITS = ['limit-rate-long', 'limit-address']

const NORMAL = '1 picture, stop'

/**
 * The other scenarios: what the client gets with and without streaming. Either the number of pictures and the
 * finish_reason, or what it throws; x2 if it sent two requests. Then a pattern of the text.
 */
const RESPONSES: readonly (readonly [name: string, streamed: string, whole: string, text?: RegExp])[] = [
  ['refused-prose', '0 pictures, stop', '0 pictures, stop', /^I can't create that image/],
  ['proxy-page', 'no events', 'a text: <!doctype html>'],
  ['failed-action', '0 pictures, stop', '0 pictures, stop', /^Generate action failed$/],
  ['failed-input-moderation', '0 pictures, stop', '0 pictures, stop', /^生成失败 ❌\n失败原因：input_moderation$/],
  ['failed-output-moderation', '0 pictures, stop', '0 pictures, stop', /^生成失败 ❌\n失败原因：output_moderation$/],
  [
    'failed-rate-limit',
    '0 pictures, stop',
    '0 pictures, stop',
    /I wasn't able to generate the image because there's a rate limit in place/,
  ],
  ['failed-task', '0 pictures, stop', '0 pictures, stop', />⚡ Generating\.*❌ Generation failed: backend failed/],
  [
    'failed-unavailable',
    '0 pictures, stop',
    '0 pictures, stop',
    /^Unable to generate - Sora is temporarily unavailable/,
  ],
  ['failed-upstream', '0 pictures, stop', '0 pictures, stop', /^生成失败: [^]+Reason:\n```json/],
  [
    'failed-violation',
    '0 pictures, stop',
    '0 pictures, stop',
    /"status":"failed","error":\{"type":"sora_content_violation"/,
  ],
  ['stream-comments', NORMAL, NORMAL],
  ['stream-crlf', NORMAL, NORMAL],
  ['stream-tight', NORMAL, NORMAL],
  ['stream-bytes', NORMAL, NORMAL],
  ['stream-no-done', NORMAL, NORMAL],
  ['stream-no-finish', '1 picture, no finish', '1 picture, no finish'],
  ['stream-no-end', '1 picture, no finish', '1 picture, no finish'],
  ['stream-cut', '0 pictures, no finish', 'SyntaxError'],
  ['stream-upstream-died', '0 pictures, no finish', 'SyntaxError'],
  ['stream-error', 'APIError null, after a part', 'InternalServerError 500 null x2'],
  ['stream-event-error', 'APIError null, after a part', NORMAL],
  ['stream-failure', '0 pictures, stop', 'InternalServerError 500 undefined x2'],
  ['stream-broken-json', 'SyntaxError, after a part', NORMAL],
  ['stream-reset-first', 'APIConnectionError undefined x2', 'APIConnectionError undefined x2'],
  ['stream-reset-middle', 'TypeError terminated, after a part', 'TypeError terminated'],
  ['stream-reset-picture', 'TypeError terminated, after a part', 'TypeError terminated'],
  ['stream-as-json', 'no events', NORMAL],
  ['slow-start', NORMAL, NORMAL],
  ['slow-middle', NORMAL, NORMAL],
  ['slow-never', 'APIConnectionTimeoutError undefined x2', 'APIConnectionTimeoutError undefined x2'],
  ['slow-hang', 'still open, after a part', 'APIConnectionTimeoutError undefined x2'],
  ['answer-empty', '0 pictures, stop', '0 pictures, stop', /^$/],
  ['answer-prose', '0 pictures, stop', '0 pictures, stop', /^Here is the picture/],
  ['answer-no-link', '0 pictures, stop', '0 pictures, stop', /!\[image\]\(\)/],
  ['answer-two-pictures', '2 pictures, stop', '2 pictures, stop'],
  ['answer-wrong-ratio', NORMAL, NORMAL],
  ['answer-length', '0 pictures, length', '0 pictures, length', /!\[image\]\($/],
  ['answer-filtered', '0 pictures, content_filter', '0 pictures, content_filter', /^$/],
  ['answer-error', 'no events', 'an error in place of choices: server_error'],
  ['ping-start', NORMAL, NORMAL],
  ['ping-error', 'InternalServerError 500 null x2', 'InternalServerError 500 null x2'],
  ['ping-limit', 'RateLimitError 429 rate_limit_exceeded x2', 'RateLimitError 429 rate_limit_exceeded x2'],
  ['ping-stall', NORMAL, NORMAL],
  ['answer-odd-envelope', '1 picture, no finish', '1 picture, no finish', /!\[None\]\(/],
  ['retry-503', 'InternalServerError 503 null x2', 'InternalServerError 503 null x2'],
  ['retry-429', `${NORMAL} x2`, `${NORMAL} x2`],
  ['retry-reset', `${NORMAL} x2`, `${NORMAL} x2`],
  ['retry-stall', `${NORMAL} x2`, `${NORMAL} x2`],
]

/** What the picture's link returns: status and type, or the error of the request. */
const PICTURES: readonly (readonly [name: string, result: string])[] = [
  ['picture-missing', '404 application/json'],
  ['picture-expired', '403 application/xml'],
  ['picture-slow', '200 image/png'],
  ['picture-cut', 'terminated'],
  ['picture-type', '200 text/plain'],
  ['picture-page', '200 text/html'],
]

test('each packaged scenario is in one of these tables', () => {
  const rows = [
    ...ERRORS.map(([name]) => name),
    ...LONG_WAITS,
    ...RESPONSES.map(([name]) => name),
    ...PICTURES.map(([name]) => name),
  ]
  expect(rows.toSorted()).toEqual(names.toSorted())
  expect(names.length).toBeGreaterThan(45)
})

interface Result {
  readonly seen: string
  readonly text: string
  readonly pictures: readonly string[]
}

/**
 * Sends a request to a new mock with OpenAI's client and returns what the client sees. The mock waits a twentieth of
 * the time.
 */
async function request(
  scenario: string,
  { stream = false, maxRetries = 1, ...options }: MockOptions & { stream?: boolean; maxRetries?: number } = {},
): Promise<Result> {
  let count = 0
  const timer = async (ms: number, signal?: AbortSignal): Promise<void> =>
    wait(ms / 20, undefined, signal === undefined ? {} : { signal })
  await using mock = await startMock({ timer, ...options, onExchange: () => void count++ })
  const timeout = /^(?:slow|retry-stall)/.test(scenario) ? 600 : 10_000
  const client = new OpenAI({ baseURL: mock.baseURL, apiKey: 'any', maxRetries, timeout, logLevel: 'off' })
  const received = { text: '', finish: 'no finish' }
  const late = wait(15_000, 'still open', { ref: false })
  const end = await Promise.race([
    receive(client, { scenario, stream, received }),
    stream && scenario === 'slow-hang' ? wait(700, 'still open') : late,
  ])
  const isError = !/^(?:\d|no events|an? )/.test(end)
  await (end.includes('Timeout') ? wait(100) : until(() => count > 0 || end === 'still open')) // onExchange comes a little later
  const seen = `${end}${isError && received.text !== '' ? ', after a part' : ''}${count > 1 ? ` x${count}` : ''}`
  return { seen, text: received.text, pictures: picturesIn(received.text) }
}

interface Receiving {
  readonly scenario: string
  readonly stream: boolean
  readonly received: { text: string; finish: string }
}

async function receive(client: OpenAI, { scenario, stream, received }: Receiving): Promise<string> {
  const body = { model: 'gpt-4o-image', messages: [{ role: 'user' as const, content: 'a fox' }] }
  const headers = { 'x-mock-scenario': scenario }
  try {
    if (stream) {
      let events = 0
      for await (const { choices } of await client.chat.completions.create({ ...body, stream: true }, { headers })) {
        events++
        received.text += choices[0]?.delta.content ?? ''
        received.finish = choices[0]?.finish_reason ?? received.finish
      }
      if (events === 0) return 'no events'
    } else {
      const whole: unknown = await client.chat.completions.create(body, { headers })
      if (typeof whole === 'string') return `a text: ${whole.split('\n')[0]}`
      const { choices, error } = whole as { choices?: any[]; error?: { type: string } }
      if (choices === undefined) return `an error in place of choices: ${error?.type}`
      received.text = choices[0].message.content
      received.finish = choices[0].finish_reason ?? received.finish
    }
    const { length } = picturesIn(received.text)
    return `${length} picture${length === 1 ? '' : 's'}, ${received.finish}`
  } catch (error) {
    return nameOf(error)
  }
}

function nameOf(error: unknown): string {
  if (error instanceof OpenAI.APIError)
    return [
      error.constructor.name,
      ...(error.status === undefined ? [] : [error.status]),
      error.code === '' ? '-' : String(error.code),
    ].join(' ')
  return error instanceof TypeError ? `TypeError ${error.message}` : String(error instanceof Error ? error.name : error)
}

async function until(isTrue: () => boolean): Promise<void> {
  for (let i = 0; i < 100 && !isTrue(); i++) await wait(5)
}

describe.concurrent('an error scenario', () => {
  test.each(ERRORS.map(([name, openai, gateway, isRetried]) => [name, openai, gateway, isRetried] as const))(
    '%s: the client throws %s, with the gateway format %s',
    async (name, openai, gateway, isRetried) => {
      expect((await request(name, { stream: true, maxRetries: 0 })).seen).toBe(openai)
      expect((await request(name, { errors: 'gateway' })).seen).toBe(
        `${gateway}${isRetried === undefined ? '' : ' x2'}`,
      )
    },
  )
})

describe.concurrent('another scenario', () => {
  test.each(RESPONSES.map(([name, streamed, whole, text = /(?:)/]) => [name, streamed, whole, text] as const))(
    '%s: with streaming %s; without %s',
    async (name, streamed, whole, text) => {
      const [first, second] = await Promise.all([request(name, { stream: true }), request(name)])
      expect([first.seen, second.seen]).toEqual([streamed, whole])
      if (!/^(?:no events|APIConn)/.test(streamed)) expect(first.text).toMatch(text)
      if (/^\d/.test(whole)) expect(second.text).toMatch(text)
    },
  )
})

/** Requests a scenario over a port, and the first picture of the response. */
async function fetchPicture(mock: Mock, name: string): Promise<Response> {
  const client = new OpenAI({ baseURL: mock.baseURL, apiKey: 'any' })
  const { choices } = await client.chat.completions.create(
    { model: 'gpt-4o-image', messages: [{ role: 'user', content: 'a fox' }] },
    { headers: { 'x-mock-scenario': name } },
  )
  return fetch(picturesIn(choices[0]?.message.content ?? '')[0] ?? '')
}

describe.concurrent('a picture scenario', () => {
  test.each(PICTURES)('%s: the link returns %s', async (name, result) => {
    const waits: number[] = []
    await using mock = await startMock({ timer: async (ms) => void waits.push(ms) })
    const response = await fetchPicture(mock, name)
    const read = response.arrayBuffer().then(
      () => `${response.status} ${response.headers.get('content-type')}`,
      (error: Error) => error.message,
    )
    expect(await read).toBe(result)
    expect(waits).toEqual(name === 'picture-slow' ? [10_000] : [])
  })

  test('answer-wrong-ratio: the picture is 1024x512', async () => {
    await using mock = await startMock()
    const bytes = Buffer.from(await (await fetchPicture(mock, 'answer-wrong-ratio')).arrayBuffer())
    expect([bytes.readUInt32BE(16), bytes.readUInt32BE(20)]).toEqual([1024, 512])
  })
})

describe.concurrent('a wait', () => {
  test('retry-503: the client succeeds after two retries', async () => {
    const began = performance.now()
    expect((await request('retry-503', { maxRetries: 2 })).seen).toBe(`${NORMAL} x3`)
    expect(performance.now() - began).toBeGreaterThan(1000)
  })

  test.each([
    ['limit-rate-after', 1000],
    ['limit-rate-ms', 200],
  ])('%s: the client retries after %d ms', async (name, ms) => {
    const began = performance.now()
    expect((await request(name)).seen).toBe('RateLimitError 429 rate_limit_exceeded x2')
    expect(performance.now() - began).toBeGreaterThan(ms - 5)
  })

  test.each([
    ['limit-rate-long', 'openai', '3600'],
    ['limit-rate-long', 'gateway', '3600'],
    ['limit-address', 'openai', '60'],
    ['limit-address', 'gateway', '60'],
  ] as const)(
    '%s in the format of %s: the client waits for a Retry-After of %s seconds',
    async (name, errors, after) => {
      let count = 0
      await using mock = await startMock({ errors, onExchange: () => void count++ })
      const send = async (maxRetries: number): Promise<unknown> => {
        const client = new OpenAI({ baseURL: mock.baseURL, apiKey: 'any', maxRetries })
        return client.chat.completions.create(
          { model: 'flux', messages: [{ role: 'user', content: 'x' }] },
          { headers: { 'x-mock-scenario': name } },
        )
      }
      const error: unknown = await send(0).catch((thrown: unknown) => thrown)
      expect(error).toBeInstanceOf(OpenAI.RateLimitError)
      expect((error as APIError).headers?.get('retry-after')).toBe(after)
      const waiting = await Promise.race([send(1), wait(1200, 'waits')])
      expect([waiting, count]).toEqual(['waits', 2])
    },
  )

  test.each([
    ['slow-start', [2000]],
    ['slow-middle', [1000]],
    ['slow-never', [3_600_000]],
    ['slow-hang', [3_600_000]],
  ])('%s: the mock waits %j ms with and without streaming', async (name, expected) => {
    for (const stream of [true, false]) {
      const waits: number[] = []
      expect((await request(name, { stream, timer: async (ms) => void waits.push(ms) })).seen).toContain(NORMAL)
      expect(waits).toEqual(expected)
    }
  })
})

test('answer-odd-envelope: no finish_reason, an empty model and fixed token counts', async () => {
  await using mock = await startMock()
  const client = new OpenAI({ baseURL: mock.baseURL, apiKey: 'any' })
  const answer = await client.chat.completions.create(
    { model: 'flux', messages: [{ role: 'user', content: 'x' }] },
    { headers: { 'x-mock-scenario': 'answer-odd-envelope' } },
  )
  expect(answer).toMatchObject({
    model: '',
    choices: [{ finish_reason: null }],
    usage: { prompt_tokens: 0, completion_tokens: 1000, total_tokens: 1000 },
  })
})

test('an error contains the model and the prompt of the request', async () => {
  await using mock = await startMock({ errors: 'gateway' })
  const client = new OpenAI({ baseURL: mock.baseURL, apiKey: 'any' })
  const send = async (content: string): Promise<unknown> =>
    client.chat.completions.create({ model: 'flux', messages: [{ role: 'user', content }] })
  await expect(send('/mock refused-prompt a cat')).rejects.toThrow(
    'Prompt is sensitive.\n\n/mock refused-prompt a cat\n\n',
  )
  await expect(send('/mock model-forbidden')).rejects.toThrow('This token has no access to model flux')
})

test.each([
  ['limit-rate', 'Please try again in 6s.'],
  ['limit-rate-after', 'Please try again in 1s.'],
  ['limit-rate-ms', 'Please try again in 200ms.'],
  ['limit-rate-long', 'Please try again in 1h0m0s.'],
  ['limit-address', 'Please try again in 1m0s.'],
  ['upstream-busy', 'The server is overloaded or not ready yet.'],
  ['retry-503', 'The server is overloaded or not ready yet.'],
])('%s: the message says: %s', async (name, text) => {
  await using mock = await mockWith()
  const { json, headers } = await ask(mock, { headers: { 'x-mock-scenario': name } })
  expect(json.error.message).toContain(text)
  expect(headers.get('x-mock-note')).not.toContain('try again') // the note does not repeat the message
})

test('the message of a rate limit repeats a Retry-After of the script, if it is in seconds', async () => {
  await using mock = await mockWith()
  for (const [after, text] of [
    ['75', '1m15s'],
    ['Wed, 21 Oct 2026 07:28:00 GMT', '6s'],
  ]) {
    await mock.script({ then: { error: 'rate_limited', headers: { 'retry-after': after ?? '' } } })
    expect((await ask(mock)).json.error.message).toContain(`Please try again in ${text}.`)
  }
})

test('the type ScenarioName has the name of each packaged scenario', () => {
  const source = readFileSync('src/scenarios/scenario-name.ts', 'utf8')
  expect(Array.from(source.matchAll(/^ {2}\| '(.*)'$/gm), ([, name]) => name)).toEqual(names.toSorted())
})

test('no error contains undefined or an empty message', async () => {
  for (const errors of ['openai', 'gateway'] as const) {
    await using mock = await startMock({ errors })
    for (const [name] of ERRORS) {
      const text = await (
        await mock.fetch(`${mock.baseURL}/chat/completions`, { method: 'POST', headers: { 'x-mock-scenario': name } })
      ).text()
      expect(text).not.toMatch(/undefined|"message":"( |")/)
    }
  }
})

test('each file refers to the published schema and is valid; the schema is current (node tools/scenarios.js)', () => {
  const text = readFileSync('fixtures/scenario.schema.json', 'utf8')
  expect(text).toBe(schemaText(scenarioSchema()))
  const validate = new Ajv2020({ allErrors: true, strict: true, strictTypes: false, strictRequired: false }).compile(
    JSON.parse(text),
  )
  for (const name of names) {
    const file = readFileSync(`fixtures/scenarios/${name}.yaml`, 'utf8')
    expect(file).toMatch(/^# yaml-language-server: \$schema=\.\.\/scenario\.schema\.json\n/)
    expect(validate(parse(file)), `${name}: ${JSON.stringify(validate.errors)}`).toBe(true)
    expect(parse(file).from, `${name} says where the fault happens`).toMatch(/^(?:gateway|vendor|network)$/)
  }
  for (const wrong of [
    { about: 'x' },
    { about: 'x', then: {} },
    { about: 'x', then: { sequence: [{ wait: 1 }], wait: 1 } },
    { about: 'x', then: { stream: [{ at: 'start', end: 'close', raw: 'x' }] } },
    { about: 'x', then: { size: 'big' } },
  ]) {
    expect(validate(wrong), JSON.stringify(wrong)).toBe(false)
  }
})
