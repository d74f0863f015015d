import { hash } from 'node:crypto'
import { suggestNames } from '../util/suggest.ts'
import { toUuid } from '../util/uuid.ts'

/** Whose statuses, words and envelope an error has: OpenAI's own API, or the gateway's. */
export const DIALECTS = ['openai', 'gateway'] as const
export type Dialect = (typeof DIALECTS)[number]

/** What an error is about; each kind of error takes what it names. */
export interface ErrorDetails {
  readonly param?: string
  readonly headers?: Readonly<Record<string, string>>
  /** What is wrong, in whole sentences. */
  readonly reason?: string
  /** What was asked for: a model, a path. */
  readonly asked?: string
  /** The prompt that was refused. */
  readonly prompt?: string
  /** What could have been asked for. */
  readonly known?: readonly string[]
}

/**
 * How an error's body is written: `openai` has param null where there is none; `middleware` is the gateway's own without
 * param, its keys sorted, `relay` its own with an empty one, and both end their message with the request id; `upstream` is
 * passed on as it came; `html` is a proxy's page; `empty` is none.
 */
export type Envelope = 'openai' | 'middleware' | 'relay' | 'upstream' | 'html' | 'empty'

/** How one dialect says an error. */
export interface ErrorSpec {
  readonly envelope: Envelope
  readonly status: number
  readonly type: string
  readonly code: Code
  /** `requestId` is named by vendors inside their words. */
  readonly message: (details: ErrorDetails, requestId: string) => string
  /** What stands in `param` whatever the request. */
  readonly param?: string
  readonly headers?: Readonly<Record<string, string>>
}

type Words = string | ErrorSpec['message']
type Code = string | null | ((details: ErrorDetails) => string)

const toMessage = (words: Words): ErrorSpec['message'] => (typeof words === 'string' ? () => words : words)
const reason = ({ reason: text = '' }: ErrorDetails): string => text
// For errors that are answered without being found, too.
const reasonOr =
  (words: string): ErrorSpec['message'] =>
  ({ reason: text = words }) =>
    text
const list = (known: readonly string[] | undefined, before: string, after = '.'): string =>
  known === undefined || known.length === 0 ? '' : ` ${before} ${known.join(', ')}${after}`

// OpenAI's envelope and its most frequent type.
function openai(status: number, code: Code, words: Words): ErrorSpec {
  return { envelope: 'openai', status, type: 'invalid_request_error', code, message: toMessage(words) }
}

function typed(type: string, saying: ErrorSpec): ErrorSpec {
  return { ...saying, type }
}

// What the gateway's middleware says: new_api_error, without param.
function gateway(status: number, code: string, words: Words): ErrorSpec {
  return { envelope: 'middleware', status, type: 'new_api_error', code, message: toMessage(words) }
}

// What the gateway's relay says of what is behind it.
function relay(status: number, [type, code]: readonly [string, string], words: Words): ErrorSpec {
  return { envelope: 'relay', status, type, code, message: toMessage(words) }
}

// What a vendor said, passed on untouched.
function upstream(status: number, [type, code]: readonly [string, Code], words: Words): ErrorSpec {
  return { envelope: 'upstream', status, type, code, message: toMessage(words) }
}

const page = (status: number, title: string): ErrorSpec => ({
  envelope: 'html',
  status,
  type: '',
  code: null,
  message: () => title,
})
const rateLimited = typed(
  'requests',
  openai(
    429,
    'rate_limit_exceeded',
    ({ asked = 'this model' }) =>
      `Rate limit reached for ${asked} on requests per min (RPM): Limit 10, Used 10, Requested 1. Please try again in 6s.`,
  ),
)
const noQuota = typed(
  'insufficient_quota',
  openai(429, 'insufficient_quota', 'You exceeded your current quota, please check your plan and billing details.'),
)
const serverError = typed(
  'server_error',
  openai(500, null, 'The server had an error while processing your request. Sorry about that!'),
)
const refused = typed(
  'image_generation_user_error',
  openai(400, 'moderation_blocked', 'Your request was rejected by the safety system.'),
)
const expired = openai(401, 'invalid_api_key', 'Incorrect API key provided.')
const notChat = openai(404, null, 'This is not a chat model and thus not supported here.')
const isInvalid = (words: Words = reason): ErrorSpec => gateway(500, 'invalid_request', words) // as of messages that are missing, which was seen
const sensitive = (what: string, code: string): ErrorSpec =>
  upstream(
    400,
    ['BadRequest', code],
    (_details, requestId) =>
      `The request failed because the ${what} may contain sensitive information. Request id: ${requestId}`,
  )

/**
 * Every error that can be answered, in both dialects: those that the mock finds by itself, then those that a gateway's
 * client meets. The words are the gateway's [S] and OpenAI's [R] where they are known; a row without the gateway's has
 * OpenAI's words in the gateway's envelope. A row is made when it is said: to make all of them takes as long as a hundredth of
 * a start, which has none to say.
 */
export const ERRORS = {
  // What the mock finds in a request.
  invalid_body: () => ({
    openai: openai(400, null, reason),
    gateway: gateway(400, '', ({ reason: text = '' }) => `无效的请求, ${text}`),
  }),
  missing_parameter: () => ({ openai: openai(400, 'missing_required_parameter', reason), gateway: isInvalid() }),
  missing_model: () => ({
    openai: openai(400, 'missing_required_parameter', reasonOr("Missing required parameter: 'model'.")),
    gateway: gateway(400, '', '未指定模型名称，模型名称不能为空'),
  }),
  missing_messages: () => ({
    openai: openai(400, 'missing_required_parameter', reasonOr("Missing required parameter: 'messages'.")),
    gateway: isInvalid('field messages is required'),
  }),
  empty_messages: () => ({
    openai: openai(400, 'invalid_value', reason),
    gateway: isInvalid('field messages is required'),
  }),
  invalid_type: () => ({ openai: openai(400, 'invalid_type', reason), gateway: isInvalid() }),
  invalid_value: () => ({ openai: openai(400, 'invalid_value', reason), gateway: isInvalid() }),
  invalid_max_tokens: () => ({
    openai: openai(400, 'invalid_value', reasonOr("Invalid value for 'max_tokens'.")),
    gateway: isInvalid('max_tokens is invalid'),
  }),
  invalid_image: () => ({ openai: openai(400, 'invalid_image', reason) }),
  reference_required: () => ({
    openai: openai(
      400,
      'missing_required_parameter',
      ({ asked = 'X' }) =>
        `The model '${asked}' needs a reference image: add an image_url part, or begin the prompt with an image's URL.`,
    ),
    gateway: relay(400, ['new_api_error', 'invalid_request'], ({ asked = 'X' }) => `${asked} requires an input image`),
  }),
  unknown_scenario: () => ({
    openai: openai(
      400,
      'unknown_scenario',
      ({ asked, known }) =>
        `There is no scenario '${asked}'.${list(known, 'Did you mean', '?')} All of them: GET /__mock/scenarios.`,
    ),
  }),
  invalid_header: () => ({ openai: openai(400, 'invalid_value', reason) }),
  bad_request_line: () => ({ openai: openai(400, null, reason) }),
  missing_api_key: () => ({
    openai: openai(
      401,
      null,
      "You didn't provide an API key. Send one that this server was started with, as: Authorization: Bearer KEY.",
    ),
    gateway: gateway(401, '', '未提供令牌'),
  }),
  invalid_api_key: () => ({
    openai: openai(
      401,
      'invalid_api_key',
      'Incorrect API key provided. Send one that this server was started with, as: Authorization: Bearer KEY.',
    ),
    gateway: gateway(401, '', '无效的令牌'),
  }),
  foreign_origin: () => ({
    openai: openai(403, 'foreign_origin', 'The control API is closed to web pages of other origins.'),
  }),
  foreign_host: () => ({
    openai: openai(
      403,
      'foreign_host',
      ({ asked }) =>
        `The control API is not served under the name '${asked}'. Use an address or localhost, or start the server with --allow-host.`,
    ),
  }),
  wrong_control_token: () => ({
    openai: openai(
      401,
      'wrong_control_token',
      'The control API wants the token that this server was started with, as: x-mock-control-token: TOKEN.',
    ),
  }),
  unknown_exchange: () => ({
    openai: openai(
      404,
      'exchange_not_found',
      ({ asked }) => `There is no exchange '${asked}' in this session; the oldest are forgotten first.`,
    ),
  }),
  store_full: () => ({ openai: openai(413, 'store_full', reason) }),
  store_unavailable: () => ({
    openai: typed('server_error', {
      ...openai(
        503,
        'store_unavailable',
        ({ reason: text = 'The store cannot be reached.' }) => `What is remembered is not available: ${text}`,
      ),
      headers: { 'retry-after': '1' },
    }),
  }),
  unknown_model: () => ({
    openai: openai(
      404,
      'model_not_found',
      ({ asked = 'X', known = [] }) =>
        `The model '${asked}' does not exist or you do not have access to it.${list(suggestNames(asked, known), 'Did you mean', '?')}${list(known, 'Models:')}`,
    ),
    gateway: gateway(
      503,
      'model_not_found',
      ({ asked = 'X' }) => `分组 default 下模型 ${asked} 无可用渠道（distributor）`,
    ),
  }),
  unknown_path: () => ({
    openai: openai(
      404,
      null,
      ({ asked = 'X', known, reason: has }) =>
        `Invalid URL (${asked}).${list(known, 'Did you mean', '?') || list(has === undefined ? [] : [has], 'This server has')}`,
    ),
    gateway: upstream(404, ['invalid_request_error', ''], ({ asked = 'X' }) => `Invalid URL (${asked})`),
  }),
  unknown_picture: () => ({
    openai: openai(
      404,
      'picture_not_found',
      'There is no such picture: this name was not made here, or it was changed or cut short on the way.',
    ),
  }),
  wrong_method: () => ({
    openai: openai(
      405,
      'method_not_allowed',
      ({ asked, known }) => `Invalid method for URL (${asked}).${list(known, 'Allowed:')}`,
    ),
  }),
  request_timeout: () => ({ openai: openai(408, 'request_timeout', 'The request did not arrive in time.') }),
  body_too_large: () => ({
    openai: openai(413, 'request_too_large', reasonOr('The request body is too large.')),
    gateway: gateway(413, 'read_request_body_failed', 'request body too large'),
  }),
  wrong_content_type: () => ({
    openai: openai(
      415,
      'unsupported_media_type',
      ({ asked, known }) => `Unsupported Content-Type '${asked}'.${list(known, 'Send the header Content-Type:')}`,
    ),
  }),
  content_encoding: () => ({
    openai: openai(
      415,
      'unsupported_content_encoding',
      ({ asked }) => `Unsupported Content-Encoding '${asked}'. Send the body as it is.`,
    ),
  }),
  headers_too_large: () => ({ openai: openai(431, 'headers_too_large', 'The request headers are too large.') }),
  unwanted: () => ({ openai: openai(499, null, 'The client closed the request.') }),
  server_error: () => ({
    openai: typed(
      'server_error',
      openai(
        500,
        null,
        'The mock failed to answer this request; its log says why. This is a fault of the mock, please report it.',
      ),
    ),
  }),

  // A status that is asked for, and no more.
  client_error: () => ({ openai: openai(400, null, reasonOr('Bad Request')) }),
  upstream_failure: () => ({ openai: typed('server_error', openai(500, null, reasonOr('Internal Server Error'))) }),

  // Keys and accounts.
  expired_key: () => ({ openai: expired, gateway: gateway(401, '', '该令牌已过期') }),
  disabled_key: () => ({ openai: expired, gateway: gateway(401, '', '该令牌状态不可用') }),
  exhausted_key: () => ({ openai: expired, gateway: gateway(401, '', '该令牌额度已用尽') }),
  banned_user: () => ({
    openai: openai(401, 'account_deactivated', 'The account associated with this API key has been deactivated.'),
    gateway: gateway(403, '', '用户已被封禁'),
  }),
  forbidden_model: () => ({
    openai: openai(403, 'model_not_found', ({ asked = 'X' }) => `Project does not have access to model '${asked}'.`),
    gateway: gateway(403, '', ({ asked = 'X' }) => `该令牌无权访问模型 ${asked}`),
  }),
  insufficient_quota: () => ({
    openai: noQuota,
    gateway: gateway(403, 'insufficient_user_quota', '用户额度不足, 剩余额度: ＄0.000000'),
  }),
  insufficient_key_quota: () => ({
    openai: noQuota,
    gateway: gateway(403, 'pre_consume_token_quota_failed', '令牌额度不足, 剩余额度: ＄0.000000'),
  }),

  // Too much at once.
  rate_limited: () => ({ openai: rateLimited, gateway: gateway(429, '', '您已达到请求数限制：1分钟内最多请求10次') }),
  rate_limited_address: () => ({
    openai: { ...rateLimited, headers: { 'retry-after': '60' } },
    gateway: { ...gateway(429, '', ''), envelope: 'empty', headers: { 'retry-after': '60' } },
  }),
  saturated: () => ({
    openai: rateLimited,
    gateway: gateway(429, 'model_not_found', '当前分组上游负载已饱和，请稍后再试'),
  }),
  upstream_saturated: () => ({
    openai: rateLimited,
    gateway: upstream(429, ['requests', 'rate_limit_exceeded'], '当前分组上游负载已饱和，请稍后再试'),
  }),

  // Content that is refused.
  sensitive_words: () => ({
    openai: openai(400, 'content_policy_violation', 'Your request was rejected as a result of our safety system.'),
    gateway: gateway(500, 'sensitive_words_detected', 'sensitive words detected'),
  }),
  moderation_blocked: () => ({
    openai: refused,
    gateway: upstream(
      400,
      ['shell_api_error', 'moderation_blocked'],
      (_details, requestId) =>
        `Your request was rejected by the safety system. If you believe this is an error, contact us at help.openai.com and include the request ID ${toUuid(hash('sha256', requestId, 'hex'))}.`,
    ),
  }),
  prompt_blocked: () => ({
    openai: refused,
    gateway: relay(400, ['prompt_blocked', 'prompt_blocked'], 'request blocked by Gemini API: SAFETY'),
  }),
  sensitive_prompt: () => ({
    openai: refused,
    gateway: relay(
      400,
      ['openai_error', 'unknown_error'],
      ({ prompt = '' }) => `Prompt is sensitive.\n\n${prompt}\n\n`,
    ),
  }),
  output_image_sensitive: () => ({
    openai: refused,
    gateway: sensitive('output image', 'OutputImageSensitiveContentDetected'),
  }),
  input_text_sensitive: () => ({
    openai: refused,
    gateway: sensitive('input text', 'InputTextSensitiveContentDetected'),
  }),
  input_image_sensitive: () => ({
    openai: refused,
    gateway: sensitive('input image', 'InputImageSensitiveContentDetected'),
  }),
  inspection_failed: () => ({
    openai: refused,
    gateway: upstream(
      400,
      ['invalid_request_error', 'DataInspectionFailed'],
      'Input data may contain inappropriate content.',
    ),
  }),

  // What is behind the gateway.
  empty_response: () => ({
    openai: serverError,
    gateway: relay(500, ['empty_response', 'empty_response'], 'empty response from Gemini API'),
  }),
  upstream_error: () => ({
    openai: serverError,
    gateway: upstream(500, ['upstream_error', null], 'The server had an error while processing your request.'),
  }),
  bad_response: () => ({
    openai: typed('server_error', openai(502, null, 'Bad gateway.')),
    gateway: upstream(502, ['bad_response_status_code', 'bad_response_status_code'], 'openai_error'),
  }),
  bad_response_status: () => ({
    openai: typed('server_error', openai(502, null, 'Bad gateway.')),
    gateway: {
      ...relay(502, ['upstream_error', 'bad_response_status_code'], 'bad response status code 502'),
      param: '502',
    },
  }),
  bad_response_body: () => ({ openai: serverError, gateway: gateway(500, 'bad_response_body', 'bad response body') }),
  upstream_unreachable: () => ({
    openai: serverError,
    gateway: gateway(500, 'do_request_failed', 'upstream error: do request failed'),
  }),
  not_implemented: () => ({
    openai: openai(501, 'not_implemented', 'This operation is not implemented.'),
    gateway: upstream(501, ['new_api_error', 'api_not_implemented'], 'API not implemented'),
  }),
  chat_not_implemented: () => ({ openai: notChat, gateway: gateway(500, '', 'not implemented') }),
  chat_not_supported: () => ({
    openai: notChat,
    gateway: upstream(
      500,
      ['invalid_request_error', null],
      ({ asked = 'X' }, requestId) =>
        `The parameter \`model\` specified in the request are not valid: the requested model ${asked} does not support this api.. Request id: ${requestId}`,
    ),
  }),
  vendor_parameter_missing: () => ({
    openai: openai(
      400,
      'missing_required_parameter',
      ({ param = 'prompt' }) => `Missing required parameter: '${param}'.`,
    ),
    gateway: {
      ...upstream(400, ['BadRequest', null], ({ param = 'prompt' }) => `The required parameter ${param} is missing.`),
      code: ({ param = 'prompt' }) => `MissingParameter.${param}`,
    },
  }),

  // A proxy in front of it all.
  bad_gateway: () => ({ openai: page(502, '502 Bad Gateway'), gateway: page(502, '502 Bad Gateway') }),
  gateway_timeout: () => ({ openai: page(504, '504 Gateway Time-out'), gateway: page(504, '504 Gateway Time-out') }),
  origin_timeout: () => ({ openai: page(524, '524 A Timeout Occurred'), gateway: page(524, '524 A Timeout Occurred') }),
} as const satisfies Record<string, () => { readonly openai: ErrorSpec; readonly gateway?: ErrorSpec }>

/** What went wrong. */
export type ErrorKind = keyof typeof ERRORS
