import OpenAI from 'openai'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { type Mock, createMock } from '../../src/index.ts'
import { picturesIn } from '../ask.ts'
import { BEHIND, type Generation, GENERATIONS } from './data.ts'

/** A picture, and the finish_reason. */
const NORMAL = '1 picture, stop'
const SERVER_ERROR = 'InternalServerError 500 null x2'
const RATE_LIMIT = 'RateLimitError 429 rate_limit_exceeded x2'

/** What OpenAI's client makes of an answer without and with streaming: its result or error, and x2 if it retries. */
type Reaction = readonly [whole: string, streamed: string]

/** An error of the gateway: with its code in the builds of 2026, and in those of 2025. */
const gatewayError = (newer: string, older: string, streamed: string): Readonly<Record<Generation, Reaction>> => ({
  gateway: [`InternalServerError 500 ${newer} x2`, streamed],
  'gateway-2025': [`InternalServerError 500 ${older} x2`, streamed],
})
const same = (reaction: string): Reaction => [reaction, reaction]
const badStatus = (status: number): Reaction => same(`InternalServerError ${status} bad_response_status_code x2`)
const NOTHING = '0 pictures, no finish'
const unreadable = gatewayError('bad_response_body', 'unmarshal_response_body_failed', NOTHING)
const reset = gatewayError('read_response_body_failed', 'read_response_body_failed', NOTHING)

const REACTIONS: Readonly<Record<string, Reaction | Readonly<Record<Generation, Reaction>>>> = {
  'answer-error': ['an error in place of choices: server_error', NOTHING],
  'answer-odd-envelope': same('1 picture, no finish'),
  'limit-rate-after': same(RATE_LIMIT),
  'limit-upstream': same(RATE_LIMIT),
  'proxy-502': badStatus(502),
  'proxy-504': badStatus(504),
  'proxy-524': badStatus(524),
  'proxy-page': unreadable,
  'refused-moderation': same('BadRequestError 400 moderation_blocked'),
  'slow-hang': [NORMAL, NOTHING],
  'slow-middle': same(NORMAL),
  'slow-start': same(NORMAL),
  'stream-as-json': [NORMAL, NOTHING],
  'stream-broken-json': [NORMAL, 'SyntaxError, after a part'],
  'stream-bytes': same(NORMAL),
  'stream-comments': same(NORMAL),
  'stream-crlf': same(NORMAL),
  'stream-cut': unreadable,
  'stream-error': [SERVER_ERROR, 'APIError undefined null, after a part'],
  'stream-event-error': [NORMAL, 'APIError undefined null, after a part'],
  'stream-failure': ['InternalServerError 500 bad_response_status_code x2', '0 pictures, stop'],
  'stream-no-done': same(NORMAL),
  'stream-no-end': same('1 picture, no finish'),
  'stream-no-finish': same('1 picture, no finish'),
  'stream-reset-first': same('InternalServerError 500 do_request_failed x2'),
  'stream-reset-middle': reset,
  'stream-reset-picture': reset,
  'stream-tight': same(NORMAL),
  'stream-upstream-died': unreadable,
  'upstream-busy': same('InternalServerError 503 null x2'),
  'upstream-empty': same(SERVER_ERROR),
  'upstream-error': same(SERVER_ERROR),
  'upstream-no-json': same('InternalServerError 502 null x2'),
  'upstream-status': same('InternalServerError 502 null x2'),
  'upstream-unreachable': same(SERVER_ERROR),
  'upstream-unreadable': same(SERVER_ERROR),
}

async function reactionTo(mock: Mock, scenario: string, stream: boolean): Promise<string> {
  let count = 0
  const client = new OpenAI({
    baseURL: mock.baseURL,
    apiKey: 'any',
    maxRetries: 1,
    logLevel: 'off',
    fetch: async (input, init) => {
      count++
      const response = await mock.fetch(input, init)
      const headers = new Headers(response.headers)
      headers.set('retry-after-ms', '1') // the delay of a retry
      return new Response(response.body, { status: response.status, headers })
    },
  })
  const seen = await receive(client, scenario, stream)
  return `${seen}${count > 1 ? ` x${count}` : ''}`
}

async function receive(client: OpenAI, scenario: string, stream: boolean): Promise<string> {
  const body = { model: 'gpt-4o-image', messages: [{ role: 'user' as const, content: 'a fox' }] }
  const headers = { 'x-mock-scenario': scenario }
  let text = ''
  let finish = 'no finish'
  try {
    if (stream) {
      for await (const { choices } of await client.chat.completions.create({ ...body, stream: true }, { headers })) {
        text += choices[0]?.delta.content ?? ''
        finish = choices[0]?.finish_reason ?? finish
      }
    } else {
      const whole: any = await client.chat.completions.create(body, { headers })
      if (whole.choices === undefined) return `an error in place of choices: ${whole.error?.type}`
      text = whole.choices[0].message.content
      finish = whole.choices[0].finish_reason ?? finish
    }
    const { length } = picturesIn(text)
    return `${length} picture${length === 1 ? '' : 's'}, ${finish}`
  } catch (error) {
    const after = text === '' ? '' : ', after a part'
    if (!(error instanceof OpenAI.APIError)) return `${error instanceof Error ? error.name : String(error)}${after}`
    return `${[error.constructor.name, error.status, error.code].map(String).join(' ')}${after}`
  }
}

describe.each(GENERATIONS)('with --errors %s, the official client', (errors: Generation) => {
  let mock: Mock
  beforeAll(async () => {
    mock = await createMock({ errors, timer: async () => {} })
  })
  afterAll(async () => mock.close())

  const rows = Object.entries(REACTIONS).map(
    ([kind, reaction]) => [kind, 'gateway' in reaction ? reaction[errors] : reaction] as const,
  )
  test.each(rows)('%s: %j', async (kind, [whole, streamed]) => {
    expect(await reactionTo(mock, `vendor-${kind}`, false)).toBe(whole)
    expect(await reactionTo(mock, `vendor-${kind}`, true)).toBe(streamed)
  })

  test('comments before an error: the error is neither thrown nor retried', async () => {
    const newer = errors === 'gateway'
    expect(await reactionTo(mock, 'ping-limit', true)).toBe(newer ? NOTHING : RATE_LIMIT)
    expect(await reactionTo(mock, 'ping-error', true)).toBe(newer ? NOTHING : SERVER_ERROR)
    expect(await reactionTo(mock, 'ping-start', true)).toBe(NORMAL)
  })
})

test('each recorded kind is in the table', () => {
  const kinds = new Set(BEHIND.map(({ kind }) => (kind === 'connection refused' ? 'stream-reset-first' : kind)))
  expect(Object.keys(REACTIONS).toSorted()).toEqual([...kinds].toSorted())
})
