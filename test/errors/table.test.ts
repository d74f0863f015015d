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
const older = (message: string): object => ({ error: { message: message + SUFFIX, type: 'new_api_error' } })
const relay = (type: string, code: string | null, message: string, param = ''): object => ({
  error: { message: message + SUFFIX, type, param, code },
})
const relayed = (type: string, code: string | null, message: string): object => ({
  error: { message, type, param: '', code },
})
const page = (title: string): string =>
  `<html>\r\n<head><title>${title}</title></head>\r\n<body>\r\n<center><h1>${title}</h1></center>\r\n<hr><center>nginx</center>\r\n</body>\r\n</html>\r\n`

/** An error of the gateway: status, and the exact body. `[M]`: measured with its own software; `[S]`: seen in a source. */
type Row = readonly [kind: ErrorKind, details: ErrorDetails, status: number, body: object | string]

/** The errors of the builds of 2026, copied by hand. */
const GATEWAY_ERRORS: readonly Row[] = [
  // [M]
  ['missing_api_key', {}, 401, middleware('Invalid token')],
  ['invalid_api_key', {}, 401, middleware('Invalid token')],
  ['expired_key', {}, 401, middleware('Invalid token')],
  ['disabled_key', {}, 401, middleware('Invalid token')],
  ['exhausted_key', {}, 401, middleware('Invalid token')],
  ['address_not_allowed', {}, 403, middleware('您的 IP 不在令牌允许访问的列表中', 'access_denied')],
  ['unknown_group', {}, 403, middleware('无权访问 nogroup 分组')],
  ['forbidden_model', { asked: 'flux' }, 403, middleware('This token has no access to model flux')],
  ['banned_user', {}, 403, middleware('User has been banned')],
  ['missing_model', {}, 400, middleware('Model name not specified, model name cannot be empty')],
  [
    'unknown_model',
    { asked: 'gpt-9' },
    503,
    middleware('No available channel for model gpt-9 under group default (distributor)', 'model_not_found'),
  ],
  [
    'insufficient_quota',
    {},
    403,
    relay('new_api_error', 'insufficient_user_quota', '用户额度不足, 剩余额度: ＄0.000000'),
  ],
  ['requests_used_up', {}, 429, ''],
  ['missing_messages', {}, 500, relay('new_api_error', 'invalid_request', 'field messages is required')],
  ['empty_messages', {}, 500, relay('new_api_error', 'invalid_request', 'field messages is required')],
  ['invalid_max_tokens', {}, 500, relay('new_api_error', 'invalid_request', 'max_tokens is invalid')],
  [
    'undecodable',
    {
      decoder: 'json: cannot unmarshal string into Go struct field GeneralOpenAIRequest.messages of type []dto.Message',
    },
    500,
    relay(
      'new_api_error',
      'invalid_request',
      'json: cannot unmarshal string into Go struct field ***.messages of type []***.Message',
    ),
  ],
  [
    'body_too_large',
    {},
    400,
    middleware('Invalid request: Invalid request: request body exceeds 32 MB: request body too large'),
  ],
  ['invalid_body', { decoder: 'why' }, 400, middleware('Invalid request: Invalid request: why')],
  ['invalid_body', { reason: 'why' }, 400, middleware('Invalid request: Invalid request: why')],
  ['sensitive_words', {}, 500, relay('new_api_error', 'sensitive_words_detected', 'sensitive_words_detected')],
  [
    'upstream_error',
    {},
    500,
    relayed('server_error', null, 'The server had an error while processing your request. Sorry about that!'),
  ],
  [
    'upstream_saturated',
    { asked: 'flux' },
    429,
    relayed(
      'requests',
      'rate_limit_exceeded',
      'Rate limit reached for flux on requests per min (RPM): Limit 10, Used 10, Requested 1. Please try again in 6s.',
    ),
  ],
  ['bad_response', {}, 502, relayed('bad_response_status_code', 'bad_response_status_code', 'openai_error')],
  ['bad_response_status', {}, 502, relayed('bad_response_status_code', 'bad_response_status_code', 'openai_error')],
  [
    'bad_response_body',
    {},
    500,
    relayed('bad_response_body', 'bad_response_body', "invalid character '<' looking for beginning of value"),
  ],
  [
    'response_reset',
    {},
    500,
    relayed(
      'read_response_body_failed',
      'read_response_body_failed',
      'read tcp ***.***.***.***:36380->***.***.***.***:443: read: connection reset by peer',
    ),
  ],
  ['upstream_unreachable', {}, 500, relay('new_api_error', 'do_request_failed', 'upstream error: do request failed')],
  [
    'invalid_type',
    { reason: 'why', param: 'messages[0].content' },
    400,
    { error: { message: 'why', type: 'invalid_request_error', param: 'messages[0].content', code: 'invalid_type' } },
  ],
  ['invalid_value', { reason: 'why' }, 400, relayed('invalid_request_error', 'invalid_value', 'why')],
  ['missing_parameter', { reason: 'why' }, 400, relayed('invalid_request_error', 'missing_required_parameter', 'why')],
  ['unknown_parameter', { reason: 'why' }, 400, relayed('invalid_request_error', 'unknown_parameter', 'why')],
  ['invalid_image', { reason: 'why' }, 400, relayed('invalid_request_error', 'invalid_image', 'why')],
  ['invalid_encoding', { reason: 'why' }, 400, relayed('invalid_request_error', null, 'why')],
  ['unknown_operation', { asked: 'X' }, 404, relayed('invalid_request_error', null, 'Invalid URL (X).')],
  ['unknown_path', { asked: 'POST /v1/x' }, 404, relayed('invalid_request_error', '', 'Invalid URL (POST /v1/x)')],

  // [S]
  [
    'insufficient_key_quota',
    {},
    403,
    relay('new_api_error', 'pre_consume_token_quota_failed', '令牌额度不足, 剩余额度: ＄0.000000'),
  ],
  ['rate_limited', {}, 429, middleware('您已达到请求数限制：1分钟内最多请求10次')],
  ['rate_limited_address', {}, 429, ''],
  ['saturated', {}, 429, middleware('当前分组上游负载已饱和，请稍后再试', 'model_not_found')],
  ['overloaded', {}, 503, middleware('当前分组上游负载已饱和，请稍后再试', 'model_not_found')],
  ['bad_compression', {}, 400, ''],
  ['prompt_blocked', {}, 400, relay('prompt_blocked', 'prompt_blocked', 'request blocked by Gemini API: SAFETY')],
  ['empty_response', {}, 500, relay('empty_response', 'empty_response', 'empty response from Gemini API')],
  [
    'moderation_blocked',
    {},
    400,
    relayed(
      'shell_api_error',
      'moderation_blocked',
      'Your request was rejected by the safety system. If you believe this is an error, contact us at ***.***.com and include the request ID 9cd2bc4a-18bd-4ccc-a9e2-c09793c0e4d1.',
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
]

/** The errors in which the builds of 2025 differ, copied by hand. [M] */
const OLDER_ERRORS: readonly Row[] = [
  ['missing_api_key', {}, 401, older('未提供令牌')],
  ['invalid_api_key', {}, 401, older('无效的令牌')],
  ['expired_key', {}, 401, older('该令牌已过期')],
  ['disabled_key', {}, 401, older('该令牌状态不可用')],
  ['exhausted_key', {}, 401, older('[sk-QSn***DO8] 该令牌额度已用尽 !token.UnlimitedQuota && token.RemainQuota = 0')],
  ['address_not_allowed', {}, 403, older('您的 IP 不在令牌允许访问的列表中')],
  ['unknown_group', {}, 403, older('令牌分组 nogroup 已被禁用')],
  ['forbidden_model', { asked: 'flux' }, 403, older('该令牌无权访问模型 flux')],
  ['banned_user', {}, 403, older('用户已被封禁')],
  ['missing_model', {}, 503, older('当前分组 default 下对于模型  无可用渠道')],
  ['unknown_model', { asked: 'gpt-9' }, 503, older('当前分组 default 下对于模型 gpt-9 无可用渠道')],
  ['invalid_body', { decoder: 'why' }, 400, older('Invalid request, 无效的请求, why')],
  ['insufficient_quota', {}, 403, relay('new_api_error', 'insufficient_user_quota', 'user quota is not enough')],
  ['missing_messages', {}, 400, relay('new_api_error', 'invalid_text_request', 'field messages is required')],
  ['empty_messages', {}, 400, relay('new_api_error', 'invalid_text_request', 'field messages is required')],
  ['invalid_max_tokens', {}, 400, relay('new_api_error', 'invalid_text_request', 'max_tokens is invalid')],
  ['undecodable', { decoder: 'a.b' }, 400, relay('new_api_error', 'invalid_text_request', 'a.b')],
  ['sensitive_words', {}, 400, relay('new_api_error', 'sensitive_words_detected', 'sensitive words detected')],
  [
    'upstream_error',
    {},
    500,
    relay('server_error', null, 'The server had an error while processing your request. Sorry about that!'),
  ],
  ['upstream_saturated', {}, 429, relay('requests', 'rate_limit_exceeded', '当前分组上游负载已饱和，请稍后再试')],
  ['bad_response', {}, 502, relay('upstream_error', 'bad_response_status_code', 'bad response status code 502', '502')],
  [
    'bad_response_body',
    {},
    500,
    relay('new_api_error', 'unmarshal_response_body_failed', "invalid character '<' looking for beginning of value"),
  ],
  [
    'response_reset',
    {},
    500,
    relay(
      'new_api_error',
      'read_response_body_failed',
      'read tcp 127.0.0.1:36380->127.0.0.1:443: read: connection reset by peer',
    ),
  ],
  ['upstream_unreachable', {}, 500, relay('new_api_error', 'do_request_failed', '请求上游地址失败')],
  ['unknown_path', { asked: 'POST /v1/x' }, 404, relayed('invalid_request_error', '', 'Invalid URL (POST /v1/x)')],
]

/** JSON as Go writes it. */
const goJson = (value: object): string =>
  JSON.stringify(value)
    .replaceAll('<', String.raw`\u003c`)
    .replaceAll('>', String.raw`\u003e`)
    .replaceAll('&', String.raw`\u0026`)

const ROWS = [
  ...GATEWAY_ERRORS.map((row) => ['gateway', ...row] as const),
  ...OLDER_ERRORS.map((row) => ['gateway-2025', ...row] as const),
]
test.each(ROWS)('%s: %s has the exact format', (dialect, kind, details, status, body) => {
  const reply = errorReply(new ApiError(kind, details), { dialect, requestId: ID })
  expect(reply.status).toBe(status)
  expect(reply.body).toBe(typeof body === 'string' ? body : goJson(body))
  expect(reply.headers['retry-after']).toBe(kind === 'rate_limited_address' ? '60' : undefined)
  if (body !== '' && !reply.body.startsWith('<html'))
    expect(reply.headers['content-type']).toBe('application/json; charset=utf-8')
})

test.each<readonly [kind: ErrorKind, zh: string, tw: string]>([
  ['invalid_api_key', '无效的令牌', '無效的令牌'],
  ['banned_user', '用户已被封禁', '使用者已被封禁'],
  ['forbidden_model', '该令牌无权访问模型 flux', '該令牌無權存取模型 flux'],
  ['missing_model', '未指定模型名称，模型名称不能为空', '未指定模型名稱，模型名稱不能為空'],
  [
    'unknown_model',
    '分组 default 下模型 flux 无可用渠道（distributor）',
    '分組 default 下模型 flux 無可用管道（distributor）',
  ],
  ['invalid_body', '无效的请求，无效的请求，why', '無效的請求，無效的請求，why'],
  ['insufficient_quota', '用户额度不足, 剩余额度: ＄0.000000', '用户额度不足, 剩余额度: ＄0.000000'],
])('%s is translated in the builds of 2026 only', (kind, zh, tw) => {
  const error = new ApiError(kind, { asked: 'flux', decoder: 'why' })
  const messageIn = (dialect: Dialect, language: 'zh' | 'zh-TW'): string =>
    JSON.parse(errorReply(error, { dialect, requestId: ID, language }).body).error.message
  expect(messageIn('gateway', 'zh')).toBe(zh + SUFFIX)
  expect(messageIn('gateway', 'zh-TW')).toBe(tw + SUFFIX)
  expect(messageIn('gateway-2025', 'zh-TW')).toBe(messageIn('gateway-2025', 'zh'))
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
    'unknown_scenario',
    'invalid_header',
    'bad_request_line',
    'missing_credentials',
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
    'not_acceptable',
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

test('every error of each dialect matches the contract', async () => {
  const contract = await loadContract('openapi.yaml')
  const [operation] = contract.operations
  const check = createResponseCheck(contract)
  for (const dialect of DIALECTS) {
    for (const kind of Object.keys(ERRORS) as ErrorKind[]) {
      const reply = errorReply(new ApiError(kind, { reason: 'why', asked: 'this' }), { dialect, requestId: ID })
      const mediaType = reply.headers['content-type']?.split(';')[0] ?? 'none'
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
  [
    'no key',
    post(json({ model: 'flux', messages }), headers('')),
    401,
    'Invalid token',
    /provide an API key.*Bearer KEY/,
  ],
  ['a wrong key', post(json({ model: 'flux', messages }), headers('wrong')), 401, 'Invalid token', /Incorrect API key/],
  [
    'no model',
    post(json({ messages }), headers()),
    400,
    'Model name not specified, model name cannot be empty',
    /Missing required parameter: 'model'\./,
  ],
  [
    'an unknown model',
    post(json({ model: 'gpt-9', messages }), headers()),
    503,
    'No available channel for model gpt-9 under group default (distributor)',
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
  [
    'malformed JSON',
    post('{', headers()),
    400,
    'Invalid request: Invalid request: invalid JSON request body',
    /not valid JSON/,
  ],
  [
    'an unknown path',
    'GET /v1/x HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n',
    404,
    'Invalid URL (GET /v1/x)',
    /Available operations: POST/,
  ],
  [
    'a body over the limit',
    'POST /v1/chat/completions HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\nAuthorization: Bearer right\r\nContent-Length: 33554433\r\n\r\n',
    400,
    'Invalid request: Invalid request: request body exceeds 32 MB: request body too large',
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
    message: expect.stringMatching(/^The request is not valid HTTP\. \(request id: \d{23}8268d9d6\w{8}\)$/),
    type: 'new_api_error',
  })
})

test('rejects an unknown dialect', async () => {
  await expect(mockWith({ errors: 'french' as never })).rejects.toThrow(
    "errors: 'french' is not valid. Use 'openai', 'gateway' or 'gateway-2025'",
  )
})
