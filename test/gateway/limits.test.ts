import { brotliCompressSync, constants, gzipSync } from 'node:zlib'
import { describe, expect, test } from 'vitest'
import { readGatewayBody } from '../../src/gateway/read-body.ts'
import { mockWith } from '../ask.ts'
import { type Generation, GENERATIONS, withoutIds } from './data.ts'

interface Request {
  readonly body: string | Buffer
  readonly headers?: Readonly<Record<string, string>>
}

interface Response {
  readonly status: number
  readonly type: string | null
  readonly body: string | RegExp
}

const JSON_TYPE = 'application/json; charset=utf-8'
const error = (status: number, body: string): Response => ({ status, type: JSON_TYPE, body: `{"error":${body}}` })
const completion: Response = { status: 200, type: 'application/json', body: /^\{"id":"chatcmpl-/ }
const noChannel = (model: string): readonly [Response, Response] => [
  error(
    503,
    `{"code":"model_not_found","message":"No available channel for model ${model} under group default (distributor) (request id: <request id>)","type":"new_api_error"}`,
  ),
  error(
    503,
    `{"message":"当前分组 default 下对于模型 ${model} 无可用渠道 (request id: <request id>)","type":"new_api_error"}`,
  ),
]
const noModel: readonly [Response, Response] = [
  error(
    400,
    '{"code":"","message":"Model name not specified, model name cannot be empty (request id: <request id>)","type":"new_api_error"}',
  ),
  noChannel('')[1],
]
const malformed = (words: string): readonly [Response, Response] => [
  error(
    400,
    '{"code":"","message":"Invalid request: Invalid request: invalid JSON request body (request id: <request id>)","type":"new_api_error"}',
  ),
  error(400, `{"message":"Invalid request, 无效的请求, ${words} (request id: <request id>)","type":"new_api_error"}`),
]
const relayed = (status: number, text: string): Response => ({ status, type: 'text/event-stream', body: text })

const chat = (fields: object = {}): string =>
  JSON.stringify({ model: 'dall-e-3', messages: [{ role: 'user', content: 'a cat' }], ...fields })
const serverError = (id = ''): string =>
  `{"error":{"message":"The server had an error while processing your request. Sorry about that!${id}","type":"server_error","param":"","code":null}}`

/** What was recorded with one setting or one unusual request each: the newer and the older build. */
const CASES: readonly (readonly [name: string, request: Request, newer: Response, older: Response])[] = [
  [
    'a sensitive word',
    { body: chat(), headers: { 'x-mock-scenario': 'refused-words' } },
    error(
      500,
      '{"message":"sensitive_words_detected (request id: <request id>)","type":"new_api_error","param":"","code":"sensitive_words_detected"}',
    ),
    error(
      400,
      '{"message":"sensitive words detected (request id: <request id>)","type":"new_api_error","param":"","code":"sensitive_words_detected"}',
    ),
  ],
  [
    'the third request with a limit of two, counted in memory',
    { body: chat(), headers: { 'x-mock-scenario': 'limit-count' } },
    { status: 429, type: null, body: '' },
    { status: 429, type: null, body: '' },
  ],
  ['a body in gzip', { body: gzipSync(chat()), headers: { 'content-encoding': 'gzip' } }, completion, completion],
  ['Content-Type with a charset', { body: chat(), headers: { 'content-type': JSON_TYPE } }, completion, completion],
  ['Content-Type in upper case', { body: chat(), headers: { 'content-type': 'Application/JSON' } }, ...noModel],
  ['an unknown model and no messages', { body: '{"model":"no-such-model"}' }, ...noChannel('no-such-model')],
  [
    'a repeated model, of which the last one is known',
    { body: `{"x":{"model":"a"},"model" : "no-such-model",${chat().slice(1)}` },
    noChannel('no-such-model')[0],
    completion,
  ],
  [
    'a comma at the end',
    { body: '{"model":"dall-e-3",}' },
    ...malformed("invalid character '}' looking for beginning of object key string"),
  ],
  [
    'bytes that are not UTF-8',
    { body: Buffer.from(chat().replace('cat', 'c\u00e4t'), 'latin1') },
    completion,
    error(
      400,
      '{"message":"The request body is not valid UTF-8. (request id: <request id>)","type":"invalid_request_error","param":"","code":null}',
    ),
  ],
  [
    'a byte order mark',
    { body: `\ufeff${chat()}` },
    ...malformed("invalid character 'ï' looking for beginning of value"),
  ],
  ['an unknown model, as a stream', { body: chat({ model: 'nope', stream: true }) }, ...noChannel('nope')],
  [
    'no money, as a stream',
    { body: chat({ stream: true }), headers: { 'x-mock-scenario': 'quota-account' } },
    error(
      403,
      '{"message":"用户额度不足, 剩余额度: ＄0.000000 (request id: <request id>)","type":"new_api_error","param":"","code":"insufficient_user_quota"}',
    ),
    error(
      403,
      '{"message":"user quota is not enough (request id: <request id>)","type":"new_api_error","param":"","code":"insufficient_user_quota"}',
    ),
  ],
  [
    'an error of the vendor, as a stream',
    { body: chat({ stream: true }), headers: { 'x-mock-scenario': 'upstream-error' } },
    relayed(500, serverError()),
    { status: 500, type: JSON_TYPE, body: serverError(' (request id: <request id>)') },
  ],
  [
    'a numeric content, as a stream',
    { body: chat({ stream: true, messages: [{ role: 'user', content: 5 }] }) },
    {
      status: 400,
      type: 'text/event-stream',
      body: /^\{"error":\{"message":"Invalid type for 'messages\[0\].content'/,
    },
    { status: 400, type: JSON_TYPE, body: /instead\. \(request id: <request id>\)","type":"invalid_request_error"/ },
  ],
]

const FORM = 'application/x-www-form-urlencoded'
const MEGABYTES = 33_000_000
const full = (before: string, byte: number, after = ''): Buffer =>
  Buffer.concat([Buffer.from(before), Buffer.alloc(MEGABYTES, byte), Buffer.from(after)])
const TOO_MANY_FIELDS = 'The form has too many fields. The limit is 10000.'
const TOO_DEEP = 'The request body is nested too deeply. The limit is 64 levels.'
const TOO_LARGE = 'request body exceeds 32 MB'

/** A body that costs seconds or a gigabyte if it is read beyond the first limit, and what is reported of it. */
type Attack = readonly [name: string, body: () => string | Buffer, message: string]

const ATTACKS: readonly Attack[] = [
  ['values', () => `[${'1,'.repeat(16_000_000)}x`, 'The request body has too many values. The limit is 100000.'],
  ['lists in lists', () => '['.repeat(MEGABYTES), TOO_DEEP],
  ['objects in objects', () => '{"a":'.repeat(6_000_000), TOO_DEEP],
  ['bytes that are not UTF-8', () => full('{"model":"m","a":"', 0xff, '"}'), TOO_LARGE],
]
const REPEATED_MODEL = (): string => `{"x":"${String.raw`\"`.repeat(5_000_000)}","model":"first","model":"last"}`

const DIGITS = (): string => `{"model":"dall-e-3","n":${'1'.repeat(MEGABYTES)}}`
const NOT_LONGER = ` number ${'1'.repeat(256)} into Go struct field`

/** Only the newer build reads forms. */
const FORM_ATTACKS: readonly Attack[] = [
  ['fields', () => 'a&'.repeat(10_000_000), TOO_MANY_FIELDS],
  ['empty fields', () => '&'.repeat(MEGABYTES), TOO_MANY_FIELDS],
  ['a field of spaces', () => full('model=m&a=', 0x2b), 'model m '],
  ['a field of escapes', () => `model=m&a=${'%41'.repeat(10_000_000)}`, 'model m '],
  ['a field that is not UTF-8', () => full('model=m&a=', 0xff), TOO_LARGE],
  ['a field of control characters', () => full('model=m&a=', 0), TOO_LARGE],
]

const attacks = [
  ...GENERATIONS.flatMap((errors) =>
    ATTACKS.map(([name, body, message]) => ({ errors, name, body, message, type: JSON_TYPE })),
  ),
  {
    errors: 'gateway',
    name: 'a repeated model',
    body: REPEATED_MODEL,
    message: 'model first ',
    type: JSON_TYPE,
  } as const,
  { errors: 'gateway-2025', name: 'digits', body: DIGITS, message: NOT_LONGER, type: JSON_TYPE } as const,
  ...FORM_ATTACKS.map(([name, body, message]) => ({ errors: 'gateway', name, body, message, type: FORM }) as const),
]

const FASTEST = { params: { [constants.BROTLI_PARAM_QUALITY]: 1 } }

// Compressed, because a few bytes are enough: the limits are those of the decompressed body.
test.each(attacks)('$errors: megabytes of $name cost little', async ({ errors, body, message, type }) => {
  const mock = await mockWith({ errors })
  const compressed = new Uint8Array(brotliCompressSync(body(), FASTEST))
  const began = process.cpuUsage()
  const response = await mock.fetch(`${mock.baseURL}/chat/completions`, {
    method: 'POST',
    headers: { 'content-type': type, 'content-encoding': 'br' },
    body: compressed,
  })
  expect((await response.json()).error.message).toContain(message)
  expect(process.cpuUsage(began).user).toBeLessThan(2_000_000)
})

test('a form is read as URLSearchParams reads it', () => {
  const form = '?a=1&&b=x+y%2b&b=%zz%4&%C3%A9=\u00e9&%ff=%e9&c&=d&a%3D=e=f&\ufeffg=%EF%BB%BF'
  const read = readGatewayBody(Buffer.from(form), FORM, 'gateway').value
  const pairs = [...new URLSearchParams(`&${form}`)]
  const lists = Object.fromEntries(pairs.map(([name]) => [name, pairs.filter(([other]) => other === name)]))
  const expected = Object.entries(lists).map(([name, list]) => [
    name,
    list.length > 1 ? list.map(([, text]) => text) : list[0]?.[1],
  ])
  expect(read).toEqual(Object.fromEntries(expected))
})

describe.each(GENERATIONS)('with --errors %s', (errors: Generation) => {
  test.each(CASES)('%s', async (_name, { body, headers = {} }, newer, older) => {
    const mock = await mockWith({ errors })
    const response = await mock.fetch(`${mock.baseURL}/chat/completions`, {
      method: 'POST',
      headers: { 'content-type': 'application/json', ...headers },
      body: typeof body === 'string' ? body : new Uint8Array(body),
    })
    const expected = errors === 'gateway' ? newer : older
    expect([response.status, response.headers.get('content-type')]).toEqual([expected.status, expected.type])
    const text = withoutIds(await response.text())
    if (typeof expected.body === 'string') expect(text).toBe(expected.body)
    else expect(text).toMatch(expected.body)
  })

  test('a limit of the vendor is passed on: with its words, or in the gateway’s', async () => {
    const mock = await mockWith({ errors })
    const response = await mock.fetch(`${mock.baseURL}/chat/completions`, {
      method: 'POST',
      headers: { 'content-type': 'application/json', 'x-mock-scenario': 'limit-upstream' },
      body: chat(),
    })
    expect(response.status).toBe(429)
    const { message, ...rest } = (await response.json()).error
    expect(rest).toEqual({ type: 'requests', param: '', code: 'rate_limit_exceeded' })
    expect(message).toMatch(
      errors === 'gateway' ? /^Rate limit reached for dall-e-3 / : /^当前分组上游负载已饱和，请稍后再试 \(/,
    )
  })

  test('a body in Brotli is decoded, a broken one is rejected, other encodings are not decoded', async () => {
    const mock = await mockWith({ errors })
    const send = async (body: Buffer, encoding: string): Promise<[number, string]> => {
      const response = await mock.fetch(`${mock.baseURL}/chat/completions`, {
        method: 'POST',
        headers: { 'content-type': 'application/json', 'content-encoding': encoding },
        body: new Uint8Array(body),
      })
      return [response.status, await response.text()]
    }
    expect((await send(brotliCompressSync(chat()), 'br'))[0]).toBe(200)
    expect(await send(Buffer.from(chat()), 'gzip')).toEqual([400, ''])
    expect((await send(gzipSync(chat()), 'deflate'))[1]).toContain(
      errors === 'gateway' ? 'invalid JSON request body' : 'looking for beginning of value',
    )
  })

  test('a small body that becomes larger than the limit is rejected', async () => {
    const mock = await mockWith({ errors })
    const bomb = gzipSync(Buffer.alloc(40 * 1024 * 1024, ' '))
    expect(bomb.length).toBeLessThan(50_000)
    const response = await mock.fetch(`${mock.baseURL}/chat/completions`, {
      method: 'POST',
      headers: { 'content-type': 'application/json', 'content-encoding': 'gzip' },
      body: new Uint8Array(bomb),
    })
    expect(response.status).toBe(400)
    expect((await response.json()).error.message).toContain('request body exceeds 32 MB: request body too large')
  })
})
