import { afterAll, beforeAll, expect, test } from 'vitest'
import { loadContract } from '../../src/openapi/contract.ts'
import { createResponseCheck } from '../openapi/response-check.ts'
import type { Mock } from '../../src/index.ts'
import { startMock } from '../../src/index.ts'
import { ApiError, errorReply } from '../../src/errors/api-error.ts'
import type { Dialect, ErrorDetails, ErrorKind } from '../../src/errors/table.ts'
import { DIALECTS, ERRORS } from '../../src/errors/table.ts'
import type { Reply } from '../../src/util/reply.ts'
import { mockWith } from '../ask.ts'
import { post, sendRaw } from '../wire.ts'

const ID = '20260101000000123456789abcdefgh'
const SUFFIX = ` (request id: ${ID})`
const middleware = (message: string, code = ''): object => ({
  error: { code, message: message + SUFFIX, type: 'new_api_error' },
})
const relay = (type: string, code: string, message: string, param = ''): object => ({
  error: { message: message + SUFFIX, type, param, code },
})
const relayed = (type: string, code: string | null, message: string): object => ({
  error: { message, type, param: '', code },
})
const page = (title: string): string =>
  `<html>\r\n<head><title>${title}</title></head>\r\n<body>\r\n<center><h1>${title}</h1></center>\r\n<hr><center>nginx</center>\r\n</body>\r\n</html>\r\n`

/** The errors of the real gateway, copied by hand: status, and the exact body. */
const GATEWAY_ERRORS: readonly (readonly [
  kind: ErrorKind,
  details: ErrorDetails,
  status: number,
  body: object | string,
])[] = [
  ['missing_api_key', {}, 401, middleware('未提供令牌')],
  ['invalid_api_key', {}, 401, middleware('无效的令牌')],
  ['expired_key', {}, 401, middleware('该令牌已过期')],
  ['disabled_key', {}, 401, middleware('该令牌状态不可用')],
  ['exhausted_key', {}, 401, middleware('该令牌额度已用尽')],
  ['forbidden_model', { asked: 'flux' }, 403, middleware('该令牌无权访问模型 flux')],
  ['banned_user', {}, 403, middleware('用户已被封禁')],
  ['missing_model', {}, 400, middleware('未指定模型名称，模型名称不能为空')],
  [
    'unknown_model',
    { asked: 'gpt-9' },
    503,
    middleware('分组 default 下模型 gpt-9 无可用渠道（distributor）', 'model_not_found'),
  ],
  ['insufficient_quota', {}, 403, middleware('用户额度不足, 剩余额度: ＄0.000000', 'insufficient_user_quota')],
  [
    'insufficient_key_quota',
    {},
    403,
    middleware('令牌额度不足, 剩余额度: ＄0.000000', 'pre_consume_token_quota_failed'),
  ],
  ['rate_limited', {}, 429, middleware('您已达到请求数限制：1分钟内最多请求10次')],
  ['rate_limited_address', {}, 429, ''],
  ['upstream_saturated', {}, 429, relayed('requests', 'rate_limit_exceeded', '当前分组上游负载已饱和，请稍后再试')],
  ['saturated', {}, 429, middleware('当前分组上游负载已饱和，请稍后再试', 'model_not_found')],
  ['overloaded', {}, 503, middleware('当前分组上游负载已饱和，请稍后再试', 'model_not_found')],
  ['missing_messages', {}, 500, middleware('field messages is required', 'invalid_request')],
  ['empty_messages', {}, 500, middleware('field messages is required', 'invalid_request')],
  ['invalid_max_tokens', {}, 500, middleware('max_tokens is invalid', 'invalid_request')],
  ['body_too_large', {}, 413, middleware('request body too large', 'read_request_body_failed')],
  ['sensitive_words', {}, 500, middleware('sensitive words detected', 'sensitive_words_detected')],
  ['prompt_blocked', {}, 400, relay('prompt_blocked', 'prompt_blocked', 'request blocked by Gemini API: SAFETY')],
  ['empty_response', {}, 500, relay('empty_response', 'empty_response', 'empty response from Gemini API')],
  [
    'upstream_error',
    {},
    500,
    relayed('upstream_error', null, 'The server had an error while processing your request.'),
  ],
  ['bad_response', {}, 502, relayed('bad_response_status_code', 'bad_response_status_code', 'openai_error')],
  [
    'bad_response_status',
    {},
    502,
    relay('upstream_error', 'bad_response_status_code', 'bad response status code 502', '502'),
  ],
  ['bad_response_body', {}, 500, middleware('bad response body', 'bad_response_body')],
  ['upstream_unreachable', {}, 500, middleware('upstream error: do request failed', 'do_request_failed')],
  [
    'moderation_blocked',
    {},
    400,
    relayed(
      'shell_api_error',
      'moderation_blocked',
      'Your request was rejected by the safety system. If you believe this is an error, contact us at help.openai.com and include the request ID 9cd2bc4a-18bd-4ccc-a9e2-c09793c0e4d1.',
    ),
  ],
  [
    'sensitive_prompt',
    { prompt: 'a cat' },
    400,
    relay('openai_error', 'unknown_error', 'Prompt is sensitive.\n\na cat\n\n'),
  ],
  ['chat_not_implemented', {}, 500, middleware('not implemented')],
  [
    'chat_not_supported',
    { asked: 'doubao-x' },
    500,
    relayed(
      'invalid_request_error',
      null,
      `The parameter \`model\` specified in the request are not valid: the requested model doubao-x does not support this api.. Request id: ${ID}`,
    ),
  ],
  [
    'output_image_sensitive',
    {},
    400,
    relayed(
      'BadRequest',
      'OutputImageSensitiveContentDetected',
      `The request failed because the output image may contain sensitive information. Request id: ${ID}`,
    ),
  ],
  [
    'input_text_sensitive',
    {},
    400,
    relayed(
      'BadRequest',
      'InputTextSensitiveContentDetected',
      `The request failed because the input text may contain sensitive information. Request id: ${ID}`,
    ),
  ],
  [
    'input_image_sensitive',
    {},
    400,
    relayed(
      'BadRequest',
      'InputImageSensitiveContentDetected',
      `The request failed because the input image may contain sensitive information. Request id: ${ID}`,
    ),
  ],
  [
    'vendor_parameter_missing',
    { param: 'size' },
    400,
    relayed('BadRequest', 'MissingParameter.size', 'The required parameter size is missing.'),
  ],
  [
    'inspection_failed',
    {},
    400,
    relayed('invalid_request_error', 'DataInspectionFailed', 'Input data may contain inappropriate content.'),
  ],
  ['unknown_path', { asked: 'POST /v1/x' }, 404, relayed('invalid_request_error', '', 'Invalid URL (POST /v1/x)')],
  ['not_implemented', {}, 501, relayed('new_api_error', 'api_not_implemented', 'API not implemented')],
  ['bad_gateway', {}, 502, page('502 Bad Gateway')],
  ['gateway_timeout', {}, 504, page('504 Gateway Time-out')],
  ['origin_timeout', {}, 524, page('524 A Timeout Occurred')],
  [
    'reference_required',
    { asked: 'flux-kontext-dev' },
    400,
    relay('new_api_error', 'invalid_request', 'flux-kontext-dev requires an input image'),
  ],
  ['invalid_body', { reason: 'why' }, 400, middleware('无效的请求, why')],
  ['invalid_type', { reason: 'why' }, 500, middleware('why', 'invalid_request')],
  ['invalid_value', { reason: 'why' }, 500, middleware('why', 'invalid_request')],
  ['missing_parameter', { reason: 'why' }, 500, middleware('why', 'invalid_request')],
]

test.each(GATEWAY_ERRORS)('%s has the exact format of the gateway', (kind, details, status, body) => {
  const reply = errorReply(new ApiError(kind, details), { dialect: 'gateway', requestId: ID })
  expect(reply.status).toBe(status)
  expect(reply.body).toBe(typeof body === 'string' ? body : JSON.stringify(body))
  expect(reply.headers['retry-after']).toBe(kind === 'rate_limited_address' ? '60' : undefined)
})

const textOf = ({ body }: Reply): string => {
  if (typeof body !== 'string') throw new TypeError('an error is text')
  return body
}

test('errors that only the mock has use OpenAI’s wording in the gateway’s envelope', () => {
  const others = (Object.keys(ERRORS) as ErrorKind[]).filter(
    (kind) => !GATEWAY_ERRORS.some(([known]) => known === kind),
  )
  expect(others).toEqual([
    'unknown_parameter',
    'invalid_image',
    'unknown_scenario',
    'invalid_header',
    'bad_request_line',
    'foreign_origin',
    'foreign_host',
    'wrong_control_token',
    'unknown_exchange',
    'store_full',
    'store_unavailable',
    'too_many_pictures',
    'too_many_subscribers',
    'store_forgotten',
    'unknown_picture',
    'wrong_method',
    'request_timeout',
    'wrong_content_type',
    'content_encoding',
    'headers_too_large',
    'unwanted',
    'server_error',
    'client_error',
    'upstream_failure',
  ])
  for (const kind of others) {
    const replyIn = (dialect: Dialect): Reply =>
      errorReply(new ApiError(kind, { reason: 'why', asked: 'this' }), { dialect, requestId: ID })
    const { error } = JSON.parse(textOf(replyIn('openai')))
    expect(replyIn('gateway').status).toBe(replyIn('openai').status)
    expect(JSON.parse(textOf(replyIn('gateway')))).toEqual(middleware(error.message, error.code ?? ''))
  }
})

test('every error of both dialects matches the contract', async () => {
  const contract = await loadContract('openapi.yaml')
  const [operation] = contract.operations
  const check = createResponseCheck(contract)
  for (const dialect of DIALECTS) {
    for (const kind of Object.keys(ERRORS) as ErrorKind[]) {
      const reply = errorReply(new ApiError(kind, { reason: 'why', asked: 'this' }), { dialect, requestId: ID })
      const { 'content-type': mediaType = 'none' } = reply.headers
      const text = textOf(reply)
      const faults =
        text === ''
          ? []
          : check(operation!, {
              status: reply.status,
              mediaType,
              value: mediaType === 'text/html' ? text : JSON.parse(text),
            })
      expect(faults, kind).toEqual([])
    }
  }
})

let mock: Mock
beforeAll(async () => {
  mock = await startMock({ errors: 'gateway', apiKeys: ['right'] })
})
afterAll(async () => mock.close())

const json = (value: unknown): string => JSON.stringify(value)
const messages = [{ role: 'user', content: 'x' }]
const headers = (key = 'right'): string[] => [
  'Content-Type: application/json',
  ...(key === '' ? [] : [`Authorization: Bearer ${key}`]),
]

test.each<[what: string, request: string | Buffer, status: number, message: string, note: RegExp]>([
  ['no key', post(json({ model: 'flux', messages }), headers('')), 401, '未提供令牌', /provide an API key.*Bearer KEY/],
  ['a wrong key', post(json({ model: 'flux', messages }), headers('wrong')), 401, '无效的令牌', /Incorrect API key/],
  [
    'no model',
    post(json({ messages }), headers()),
    400,
    '未指定模型名称，模型名称不能为空',
    /Missing required parameter: 'model'\./,
  ],
  [
    'an unknown model',
    post(json({ model: 'gpt-9', messages }), headers()),
    503,
    '分组 default 下模型 gpt-9 无可用渠道（distributor）',
    /Models: gpt-image-1.*flux-\*/,
  ],
  [
    'no messages',
    post(json({ model: 'flux' }), headers()),
    500,
    'field messages is required',
    /Missing required parameter: 'messages'\./,
  ],
  [
    'an empty list of messages',
    post(json({ model: 'flux', messages: [] }), headers()),
    500,
    'field messages is required',
    /'messages'/,
  ],
  [
    'an absurd max_tokens',
    post(json({ model: 'flux', messages, max_tokens: 2 ** 31 }), headers()),
    500,
    'max_tokens is invalid',
    /'max_tokens'/,
  ],
  ['malformed JSON', post('{', headers()), 400, '无效的请求, ', /not valid JSON/],
  [
    'an unknown path',
    'GET /v1/x HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n',
    404,
    'Invalid URL (GET /v1/x)',
    /Available operations: POST/,
  ],
  [
    'another path of the base URL',
    post(json({}), headers()).toString().replace('/v1/chat/completions', '/chat/completions'),
    404,
    'Invalid URL (POST /chat/completions)',
    /Did you mean POST \/v1\/chat\/completions\?/,
  ],
  [
    'a body over the limit',
    'POST /v1/chat/completions HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\nContent-Length: 33554433\r\n\r\n',
    413,
    'request body too large',
    /The limit is 33554432 bytes/,
  ],
])(
  'on a port, %s gets the gateway’s error, with a hint in x-mock-note',
  async (_what, request, status, message, note) => {
    const { status: received, body, head } = await sendRaw(mock, request)
    expect(received, body).toBe(status)
    expect(JSON.parse(body).error.message).toContain(message)
    const id = /x-oneapi-request-id: (\S+)/i.exec(head)?.[1]
    if (status !== 404)
      expect(JSON.parse(body).error.message, 'ends with the request id of the header').toMatch(
        new RegExp(` \\(request id: ${id}\\)$`),
      )
    expect(/x-mock-note: (.*)/i.exec(head)?.[1]).toMatch(note)
  },
)

test('errors of Node’s HTTP parser have the gateway’s envelope too', async () => {
  const { status, body } = await sendRaw(mock, 'hello\r\n\r\n')
  expect(status).toBe(400)
  expect(JSON.parse(body).error).toEqual({
    code: '',
    message: expect.stringMatching(/^The request is not valid HTTP\. \(request id: \d{23}\w{8}\)$/),
    type: 'new_api_error',
  })
})

test('rejects an unknown dialect', async () => {
  await expect(mockWith({ errors: 'french' as never })).rejects.toThrow(
    "errors: 'french' is not valid. Use 'openai' or 'gateway'",
  )
})
