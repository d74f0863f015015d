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
import { picturesIn } from '../ask.ts'

const { schemaText } = await import(new URL('../../tools/scenarios.js', import.meta.url).href)
const names = readdirSync('fixtures/scenarios').map((name) => name.replace('.yaml', ''))

/**
 * What the client throws for each scenario that is an error: its class, status and code in OpenAI's words, then in the
 * gateway's, and whether it asks the gateway again.
 */
const REFUSALS: readonly (readonly [name: string, openai: string, gateway: string, isRetried?: 'again'])[] = [
  ['key-missing', 'AuthenticationError 401 null', 'AuthenticationError 401 -'],
  ['key-invalid', 'AuthenticationError 401 invalid_api_key', 'AuthenticationError 401 -'],
  ['key-expired', 'AuthenticationError 401 invalid_api_key', 'AuthenticationError 401 -'],
  ['key-disabled', 'AuthenticationError 401 invalid_api_key', 'AuthenticationError 401 -'],
  ['key-exhausted', 'AuthenticationError 401 invalid_api_key', 'AuthenticationError 401 -'],
  ['key-banned', 'AuthenticationError 401 account_deactivated', 'PermissionDeniedError 403 -'],
  ['quota-account', 'RateLimitError 429 insufficient_quota', 'PermissionDeniedError 403 insufficient_user_quota'],
  ['quota-key', 'RateLimitError 429 insufficient_quota', 'PermissionDeniedError 403 pre_consume_token_quota_failed'],
  ['limit-rate', 'RateLimitError 429 rate_limit_exceeded', 'RateLimitError 429 -', 'again'],
  ['limit-rate-after', 'RateLimitError 429 rate_limit_exceeded', 'RateLimitError 429 -', 'again'],
  ['limit-rate-ms', 'RateLimitError 429 rate_limit_exceeded', 'RateLimitError 429 -', 'again'],
  ['limit-no-retry', 'RateLimitError 429 rate_limit_exceeded', 'RateLimitError 429 -'],
  ['limit-saturated', 'RateLimitError 429 rate_limit_exceeded', 'RateLimitError 429 model_not_found', 'again'],
  ['limit-upstream', 'RateLimitError 429 rate_limit_exceeded', 'RateLimitError 429 rate_limit_exceeded', 'again'],
  ['model-unknown', 'NotFoundError 404 model_not_found', 'InternalServerError 503 model_not_found', 'again'],
  ['model-forbidden', 'PermissionDeniedError 403 model_not_found', 'PermissionDeniedError 403 -'],
  ['model-not-chat', 'NotFoundError 404 null', 'InternalServerError 500 -', 'again'],
  ['model-unsupported', 'NotFoundError 404 null', 'InternalServerError 500 null', 'again'],
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
    'again',
  ],
  ['request-max-tokens', 'BadRequestError 400 invalid_value', 'InternalServerError 500 invalid_request', 'again'],
  ['request-too-large', 'APIError 413 request_too_large', 'APIError 413 read_request_body_failed'],
  ['request-unknown-path', 'NotFoundError 404 null', 'NotFoundError 404 -'],
  [
    'request-not-built',
    'InternalServerError 501 not_implemented',
    'InternalServerError 501 api_not_implemented',
    'again',
  ],
  ['refused-moderation', 'BadRequestError 400 moderation_blocked', 'BadRequestError 400 moderation_blocked'],
  [
    'refused-words',
    'BadRequestError 400 content_policy_violation',
    'InternalServerError 500 sensitive_words_detected',
    'again',
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
  ['upstream-error', 'InternalServerError 500 null', 'InternalServerError 500 null', 'again'],
  ['upstream-empty', 'InternalServerError 500 null', 'InternalServerError 500 empty_response', 'again'],
  ['upstream-no-json', 'InternalServerError 502 null', 'InternalServerError 502 bad_response_status_code', 'again'],
  ['upstream-status', 'InternalServerError 502 null', 'InternalServerError 502 bad_response_status_code', 'again'],
  ['upstream-unreadable', 'InternalServerError 500 null', 'InternalServerError 500 bad_response_body', 'again'],
  ['upstream-unreachable', 'InternalServerError 500 null', 'InternalServerError 500 do_request_failed', 'again'],
  ['upstream-busy', 'InternalServerError 503 rate_limit_exceeded', 'InternalServerError 503 model_not_found', 'again'],
  ['proxy-502', 'InternalServerError 502 undefined', 'InternalServerError 502 undefined', 'again'],
  ['proxy-504', 'InternalServerError 504 undefined', 'InternalServerError 504 undefined', 'again'],
  ['proxy-524', 'InternalServerError 524 undefined', 'InternalServerError 524 undefined', 'again'],
]

/** Waits that no client should sit out; the client of these tests would, however long they are. */
const PATIENCE = ['limit-rate-long', 'limit-address']

const RIGHT = '1 picture, stop'

/**
 * What the client sees of each other scenario in a stream, then in one piece: how many pictures and how it finished, or what
 * is thrown; x2 where it asked twice. Then words that it reads.
 */
const ANSWERS: readonly (readonly [name: string, streamed: string, whole: string, words?: RegExp])[] = [
  ['refused-prose', '0 pictures, stop', '0 pictures, stop', /^I can't create that image/],
  ['proxy-page', 'nothing', 'a text: <!doctype html>'],
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
  ['stream-comments', RIGHT, RIGHT],
  ['stream-crlf', RIGHT, RIGHT],
  ['stream-tight', RIGHT, RIGHT],
  ['stream-bytes', RIGHT, RIGHT],
  ['stream-no-done', RIGHT, RIGHT],
  ['stream-no-finish', '1 picture, no finish', '1 picture, no finish'],
  ['stream-no-end', '1 picture, no finish', '1 picture, no finish'],
  ['stream-cut', '0 pictures, no finish', 'SyntaxError'],
  ['stream-upstream-died', '0 pictures, no finish', 'SyntaxError'],
  ['stream-error', 'APIError null, after a part', 'InternalServerError 500 null x2'],
  ['stream-event-error', 'APIError null, after a part', RIGHT],
  ['stream-failure', '0 pictures, stop', 'InternalServerError 500 undefined x2'],
  ['stream-broken-json', 'SyntaxError, after a part', RIGHT],
  ['stream-reset-first', 'APIConnectionError undefined x2', 'APIConnectionError undefined x2'],
  ['stream-reset-middle', 'TypeError terminated, after a part', 'TypeError terminated'],
  ['stream-reset-picture', 'TypeError terminated, after a part', 'TypeError terminated'],
  ['stream-as-json', 'nothing', RIGHT],
  ['slow-start', RIGHT, RIGHT],
  ['slow-middle', RIGHT, RIGHT],
  ['slow-never', 'APIConnectionTimeoutError undefined x2', 'APIConnectionTimeoutError undefined x2'],
  ['slow-hang', 'open for ever, after a part', 'APIConnectionTimeoutError undefined x2'],
  ['answer-empty', '0 pictures, stop', '0 pictures, stop', /^$/],
  ['answer-prose', '0 pictures, stop', '0 pictures, stop', /^Here is the picture/],
  ['answer-no-link', '0 pictures, stop', '0 pictures, stop', /!\[image\]\(\)/],
  ['answer-two-pictures', '2 pictures, stop', '2 pictures, stop'],
  ['answer-wrong-ratio', RIGHT, RIGHT],
  ['answer-length', '0 pictures, length', '0 pictures, length', /!\[image\]\($/],
  ['answer-filtered', '0 pictures, content_filter', '0 pictures, content_filter', /^$/],
  ['answer-error', 'nothing', 'an error in place of choices: server_error'],
  ['answer-odd-envelope', '1 picture, no finish', '1 picture, no finish', /!\[None\]\(/],
  ['retry-503', 'InternalServerError 503 rate_limit_exceeded x2', 'InternalServerError 503 rate_limit_exceeded x2'],
  ['retry-429', `${RIGHT} x2`, `${RIGHT} x2`],
  ['retry-reset', `${RIGHT} x2`, `${RIGHT} x2`],
  ['retry-stall', `${RIGHT} x2`, `${RIGHT} x2`],
]

/** What is behind the picture's link: the status and the type, or how it fails. */
const PICTURES: readonly (readonly [name: string, met: string])[] = [
  ['picture-missing', '404 application/json'],
  ['picture-expired', '403 application/xml'],
  ['picture-slow', '200 image/png'],
  ['picture-cut', 'terminated'],
  ['picture-type', '200 text/plain'],
  ['picture-page', '200 text/html'],
]

test('every scenario of the catalogue has a row, and every row is a scenario', () => {
  const rows = [
    ...REFUSALS.map(([name]) => name),
    ...PATIENCE,
    ...ANSWERS.map(([name]) => name),
    ...PICTURES.map(([name]) => name),
  ]
  expect(rows.toSorted()).toEqual(names.toSorted())
  expect(names.length).toBeGreaterThan(45)
})

interface Seen {
  readonly met: string
  readonly text: string
  readonly pictures: readonly string[]
}

/** Asks a mock of its own by the official client, which may ask twice, and tells what it sees. The mock waits a twentieth of its time. */
async function see(
  scenario: string,
  { stream = false, maxRetries = 1, ...options }: MockOptions & { stream?: boolean; maxRetries?: number } = {},
): Promise<Seen> {
  let asked = 0
  const timer = async (ms: number, signal?: AbortSignal): Promise<void> =>
    wait(ms / 20, undefined, signal === undefined ? {} : { signal })
  await using mock = await startMock({ timer, ...options, onExchange: () => void asked++ })
  const client = new OpenAI({ baseURL: mock.baseURL, apiKey: 'any', maxRetries, timeout: 600, logLevel: 'off' })
  const heard = { text: '', finish: 'no finish' }
  const late = wait(5000, 'open for ever', { ref: false })
  const met = await Promise.race([
    listen(client, { scenario, stream, heard }),
    stream && scenario === 'slow-hang' ? wait(700, 'open for ever') : late,
  ])
  const isBroken = !/^(?:\d|nothing|an? )/.test(met)
  await (met.includes('Timeout') ? wait(100) : until(() => asked > 0 || met === 'open for ever')) // the mock tells of it a moment later
  const told = `${met}${isBroken && heard.text !== '' ? ', after a part' : ''}${asked > 1 ? ` x${asked}` : ''}`
  return { met: told, text: heard.text, pictures: picturesIn(heard.text) }
}

interface Listening {
  readonly scenario: string
  readonly stream: boolean
  readonly heard: { text: string; finish: string }
}

async function listen(client: OpenAI, { scenario, stream, heard }: Listening): Promise<string> {
  const request = { model: 'gpt-4o-image', messages: [{ role: 'user' as const, content: 'a fox' }] }
  const headers = { 'x-mock-scenario': scenario }
  try {
    if (stream) {
      let events = 0
      for await (const { choices } of await client.chat.completions.create({ ...request, stream: true }, { headers })) {
        events++
        heard.text += choices[0]?.delta.content ?? ''
        heard.finish = choices[0]?.finish_reason ?? heard.finish
      }
      if (events === 0) return 'nothing'
    } else {
      const whole: unknown = await client.chat.completions.create(request, { headers })
      if (typeof whole === 'string') return `a text: ${whole.split('\n')[0]}`
      const { choices, error } = whole as { choices?: any[]; error?: { type: string } }
      if (choices === undefined) return `an error in place of choices: ${error?.type}`
      heard.text = choices[0].message.content
      heard.finish = choices[0].finish_reason ?? heard.finish
    }
    const { length } = picturesIn(heard.text)
    return `${length} picture${length === 1 ? '' : 's'}, ${heard.finish}`
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

describe.concurrent('an error', () => {
  test.each(REFUSALS.map(([name, openai, gateway, isRetried]) => [name, openai, gateway, isRetried] as const))(
    '%s: %s, and from the gateway %s',
    async (name, openai, gateway, isRetried) => {
      expect((await see(name, { stream: true, maxRetries: 0 })).met).toBe(openai)
      expect((await see(name, { errors: 'gateway' })).met).toBe(`${gateway}${isRetried === undefined ? '' : ' x2'}`)
    },
  )
})

describe.concurrent('an answer', () => {
  test.each(ANSWERS.map(([name, streamed, whole, words = /(?:)/]) => [name, streamed, whole, words] as const))(
    '%s: %s; in one piece %s',
    async (name, streamed, whole, words) => {
      const [first, second] = await Promise.all([see(name, { stream: true }), see(name)])
      expect([first.met, second.met]).toEqual([streamed, whole])
      if (!/^(?:nothing|APIConn)/.test(streamed)) expect(first.text).toMatch(words)
      if (/^\d/.test(whole)) expect(second.text).toMatch(words)
    },
  )
})

/** Asks for a scenario over a port, and fetches the first picture of its answer. */
async function fetchPicture(mock: Mock, name: string): Promise<Response> {
  const client = new OpenAI({ baseURL: mock.baseURL, apiKey: 'any' })
  const { choices } = await client.chat.completions.create(
    { model: 'gpt-4o-image', messages: [{ role: 'user', content: 'a fox' }] },
    { headers: { 'x-mock-scenario': name } },
  )
  return fetch(picturesIn(choices[0]?.message.content ?? '')[0] ?? '')
}

describe.concurrent('a picture', () => {
  test.each(PICTURES)('%s: %s', async (name, met) => {
    const waits: number[] = []
    await using mock = await startMock({ timer: async (ms) => void waits.push(ms) })
    const response = await fetchPicture(mock, name)
    const read = response.arrayBuffer().then(
      () => `${response.status} ${response.headers.get('content-type')}`,
      (error: Error) => error.message,
    )
    expect(await read).toBe(met)
    expect(waits).toEqual(name === 'picture-slow' ? [10_000] : [])
  })

  test('answer-wrong-ratio: it is twice as wide as it is high', async () => {
    await using mock = await startMock()
    const bytes = Buffer.from(await (await fetchPicture(mock, 'answer-wrong-ratio')).arrayBuffer())
    expect([bytes.readUInt32BE(16), bytes.readUInt32BE(20)]).toEqual([1024, 512])
  })
})

describe.concurrent('time', () => {
  test('the client comes again twice of itself: retry-503 ends well', async () => {
    const began = performance.now()
    expect((await see('retry-503', { maxRetries: 2 })).met).toBe(`${RIGHT} x3`)
    expect(performance.now() - began).toBeGreaterThan(1000)
  })

  test.each([
    ['limit-rate-after', 1000],
    ['limit-rate-ms', 200],
  ])('%s: the client comes again after %d ms', async (name, ms) => {
    const began = performance.now()
    expect((await see(name)).met).toBe('RateLimitError 429 rate_limit_exceeded x2')
    expect(performance.now() - began).toBeGreaterThan(ms - 5)
  })

  test.each([
    ['limit-rate-long', 'openai', '3600'],
    ['limit-rate-long', 'gateway', '3600'],
    ['limit-address', 'openai', '60'],
    ['limit-address', 'gateway', '60'],
  ] as const)(
    '%s: %s says to come again after %s seconds, and this client waits for as long',
    async (name, errors, after) => {
      let asked = 0
      await using mock = await startMock({ errors, onExchange: () => void asked++ })
      const ask = async (maxRetries: number): Promise<unknown> => {
        const client = new OpenAI({ baseURL: mock.baseURL, apiKey: 'any', maxRetries })
        return client.chat.completions.create(
          { model: 'flux', messages: [{ role: 'user', content: 'x' }] },
          { headers: { 'x-mock-scenario': name } },
        )
      }
      const error: unknown = await ask(0).catch((thrown: unknown) => thrown)
      expect(error).toBeInstanceOf(OpenAI.RateLimitError)
      expect((error as APIError).headers?.get('retry-after')).toBe(after)
      const patient = await Promise.race([ask(1), wait(1200, 'waits')])
      expect([patient, asked]).toEqual(['waits', 2])
    },
  )

  test.each([
    ['slow-start', [2000]],
    ['slow-middle', [1000]],
    ['slow-never', [3_600_000]],
    ['slow-hang', [3_600_000]],
  ])('%s: the mock waits for %j ms, streamed and not', async (name, expected) => {
    for (const stream of [true, false]) {
      const waits: number[] = []
      expect((await see(name, { stream, timer: async (ms) => void waits.push(ms) })).met).toContain(RIGHT)
      expect(waits).toEqual(expected)
    }
  })
})

test('the odd envelope: null, no name, and tokens that are the same whatever is said', async () => {
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

test('an error names the model and the prompt where they are known', async () => {
  await using mock = await startMock({ errors: 'gateway' })
  const client = new OpenAI({ baseURL: mock.baseURL, apiKey: 'any' })
  const ask = async (content: string): Promise<unknown> =>
    client.chat.completions.create({ model: 'flux', messages: [{ role: 'user', content }] })
  await expect(ask('/mock refused-prompt a cat')).rejects.toThrow(
    'Prompt is sensitive.\n\n/mock refused-prompt a cat\n\n',
  )
  await expect(ask('/mock model-forbidden')).rejects.toThrow('该令牌无权访问模型 flux')
})

test('no error says undefined, or nothing where it has words', async () => {
  for (const errors of ['openai', 'gateway'] as const) {
    await using mock = await startMock({ errors })
    for (const [name] of REFUSALS) {
      const text = await (
        await mock.fetch(`${mock.baseURL}/chat/completions`, { method: 'POST', headers: { 'x-mock-scenario': name } })
      ).text()
      expect(text).not.toMatch(/undefined|"message":"( |")/)
    }
  }
})

test('every file says that its schema is the published one, and is valid by it; the published one is that of the code: after a change, node tools/scenarios.js', () => {
  const text = readFileSync('fixtures/scenario.schema.json', 'utf8')
  expect(text).toBe(schemaText(scenarioSchema()))
  const validate = new Ajv2020({ allErrors: true, strict: true, strictTypes: false, strictRequired: false }).compile(
    JSON.parse(text),
  )
  for (const name of names) {
    const file = readFileSync(`fixtures/scenarios/${name}.yaml`, 'utf8')
    expect(file).toMatch(/^# yaml-language-server: \$schema=\.\.\/scenario\.schema\.json\n/)
    expect(validate(parse(file)), `${name}: ${JSON.stringify(validate.errors)}`).toBe(true)
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
