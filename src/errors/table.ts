import { hash } from 'node:crypto'
import { suggestNames } from '../util/suggest.ts'
import { toUuid } from '../util/prng.ts'
import { type ErrorDetails, type ErrorSpec, type Text, gateway, openai, page, relay, upstream } from './error-spec.ts'

export type { Dialect, ErrorDetails } from './error-spec.ts'
export { DIALECTS } from './error-spec.ts'

// Parts of messages, read from the details of an error. They have defaults, because a scenario gives few details.
const asked: Text = ({ asked: text = 'X' }) => text
const prompt: Text = ({ prompt: text = '' }) => text
const param: Text = ({ param: text = 'prompt' }) => text
const id: Text = (_details, requestId) => requestId
function reasonOr(otherwise: string): Text {
  return (details) => details.reason ?? otherwise
}
const reason = reasonOr('')
const list = (before: string, names: readonly string[] = [], after = '.'): string =>
  names.length === 0 ? '' : ` ${before} ${names.join(', ')}${after}`
function known(before: string, after?: string): Text {
  return (details) => list(before, details.known, after)
}
const similarModels: Text = ({ asked: model = 'X', known: models = [] }) =>
  list('Did you mean', suggestNames(model, models), '?')

const sendKey = (): string => 'Send one of the keys that this server was started with: Authorization: Bearer KEY.'

const missing = openai(400, 'missing_required_parameter')
const failed = openai(500, null, 'server_error')
const invalid = gateway(500, 'invalid_request') // 500 was seen for missing messages
const expired = openai(401, 'invalid_api_key')`Incorrect API key provided.`
const outOfQuota = openai(429, 'insufficient_quota', 'insufficient_quota')
const noQuota = outOfQuota`You exceeded your current quota, please check your plan and billing details.`
const limited = openai(429, 'rate_limit_exceeded', 'requests')
// The message repeats the delay of the headers, as OpenAI's does.
const rateLimited = limited`Rate limit reached for ${({ asked: model = 'this model' }) => model} on requests per min (RPM): Limit 10, Used 10, Requested 1. Please try again in ${({ headers }) => toDuration(headers)}.`
function toDuration({ 'retry-after-ms': ms = '', 'retry-after': seconds = '6' }: ErrorDetails['headers'] = {}): string {
  if (ms !== '') return `${ms}ms`
  if (!/^\d{1,9}$/.test(seconds)) return '6s' // Retry-After is a date
  const all = Number(seconds)
  const [hours, minutes] = [Math.floor(all / 3600), Math.floor(all / 60) % 60]
  return `${hours > 0 ? `${hours}h` : ''}${all >= 60 ? `${minutes}m` : ''}${all % 60}s`
}
const moderated = openai(400, 'moderation_blocked', 'image_generation_user_error')
const refused = moderated`Your request was rejected by the safety system.`
const serverError = failed`The server had an error while processing your request. Sorry about that!`
const badGateway = openai(502, null, 'server_error')`Bad gateway.`
const notChat = openai(404, null)`This is not a chat model and thus not supported here.`
const sensitive = (what: string, code: string): ErrorSpec =>
  upstream(
    400,
    'BadRequest',
    code,
  )`The request failed because the ${() => what} may contain sensitive information. Request id: ${id}`

/** An error in OpenAI's wording and in the gateway's. If only OpenAI's is known, it is used in both dialects. */
export type ErrorRow = ErrorSpec | readonly [openai: ErrorSpec, gateway: ErrorSpec]

/**
 * All errors, in both dialects: first those that the mock detects, then those of a real gateway. The wording is the
 * gateway's [S] and OpenAI's [R] where it is known. Rows are created on use, for a faster start.
 */
export const ERRORS = {
  // Errors that the mock detects.
  invalid_body: () => [openai(400, null)`${reason}`, gateway(400)`无效的请求, ${reason}`],
  missing_parameter: () => [missing`${reason}`, invalid`${reason}`],
  missing_model: () => [
    missing`${reasonOr("Missing required parameter: 'model'.")}`,
    gateway(400)`未指定模型名称，模型名称不能为空`,
  ],
  missing_messages: () => [
    missing`${reasonOr("Missing required parameter: 'messages'.")}`,
    invalid`field messages is required`,
  ],
  empty_messages: () => [openai(400, 'invalid_value')`${reason}`, invalid`field messages is required`],
  invalid_type: () => [openai(400, 'invalid_type')`${reason}`, invalid`${reason}`],
  invalid_value: () => [openai(400, 'invalid_value')`${reason}`, invalid`${reason}`],
  // The gateway drops unknown fields [S], so it has no wording.
  unknown_parameter: () => openai(400, 'unknown_parameter')`${reason}`,
  invalid_max_tokens: () => [
    openai(400, 'invalid_value')`${reasonOr("Invalid value for 'max_tokens'.")}`,
    invalid`max_tokens is invalid`,
  ],
  invalid_image: () => openai(400, 'invalid_image')`${reason}`,
  reference_required: () => [
    missing`The model '${asked}' needs a reference picture. Add an image_url part, or begin the prompt with the URL of a picture.`,
    relay(400, 'new_api_error', 'invalid_request')`${asked} requires an input image`,
  ],
  unknown_scenario: () =>
    openai(
      400,
      'unknown_scenario',
    )`Unknown scenario '${asked}'.${known('Did you mean', '?')} GET /__mock/scenarios lists all scenarios.`,
  invalid_header: () => openai(400, 'invalid_value')`${reason}`,
  bad_request_line: () => openai(400, null)`${reason}`,
  missing_api_key: () => [openai(401, null)`You didn't provide an API key. ${sendKey}`, gateway(401)`未提供令牌`],
  invalid_api_key: () => [
    openai(401, 'invalid_api_key')`Incorrect API key provided. ${sendKey}`,
    gateway(401)`无效的令牌`,
  ],
  foreign_origin: () =>
    openai(403, 'foreign_origin')`The control API rejects requests from web pages of other origins.`,
  foreign_host: () =>
    openai(
      403,
      'foreign_host',
    )`The control API is not served under the host name '${asked}'. Use an IP address or localhost, or allow the name with --allow-host.`,
  wrong_control_token: () =>
    openai(
      401,
      'wrong_control_token',
    )`Missing or wrong control token. Send the token that this server was started with: x-mock-control-token: TOKEN.`,
  unknown_exchange: () =>
    openai(
      404,
      'exchange_not_found',
    )`There is no exchange '${asked}' in this session. The oldest exchanges are evicted first.`,
  store_full: () => openai(413, 'store_full')`${reason}`,
  store_unavailable: () => ({
    ...openai(
      503,
      'store_unavailable',
      'server_error',
    )`The stored data is not available: ${reasonOr('the store cannot be reached')}`,
    headers: { 'retry-after': '1' },
  }),
  too_many_pictures: () => ({
    ...openai(
      503,
      'too_many_pictures',
      'server_error',
    )`Too many pictures are waiting to be drawn. Try again in a few seconds.`,
    headers: { 'retry-after': '5' },
  }),
  too_many_subscribers: () => ({
    ...openai(503, 'too_many_subscribers', 'server_error')`Too many clients read the events. Close one and try again.`,
    headers: { 'retry-after': '5' },
  }),
  store_forgotten: () =>
    openai(
      503,
      'store_forgotten',
      'server_error',
    )`Data of this session may be lost: ${reasonOr('the store has lost data')}. Script the session again, or reset it.`,
  unknown_model: () => [
    openai(
      404,
      'model_not_found',
    )`The model '${asked}' does not exist or you do not have access to it.${similarModels}${known('Models:')}`,
    gateway(503, 'model_not_found')`分组 default 下模型 ${asked} 无可用渠道（distributor）`,
  ],
  unknown_path: () => [
    openai(
      404,
      null,
    )`Invalid URL (${asked}).${(details) => list('Did you mean', details.known, '?') || (details.reason === undefined ? '' : ` Available operations: ${details.reason}.`)}`,
    upstream(404, 'invalid_request_error', '')`Invalid URL (${asked})`,
  ],
  unknown_picture: () =>
    openai(404, 'picture_not_found')`Picture not found: the URL was not issued by this mock, or it was altered or cut.`,
  wrong_method: () => openai(405, 'method_not_allowed')`Invalid method for URL (${asked}).${known('Allowed:')}`,
  request_timeout: () => openai(408, 'request_timeout')`The request did not arrive in time.`,
  body_too_large: () => [
    openai(413, 'request_too_large')`${reasonOr('The request body is too large.')}`,
    gateway(413, 'read_request_body_failed')`request body too large`,
  ],
  wrong_content_type: () =>
    openai(
      415,
      'unsupported_media_type',
    )`Unsupported Content-Type '${asked}'.${known('Send the header Content-Type:')}`,
  content_encoding: () =>
    openai(415, 'unsupported_content_encoding')`Unsupported Content-Encoding '${asked}'. Send the body uncompressed.`,
  headers_too_large: () => openai(431, 'headers_too_large')`The request headers are too large.`,
  unwanted: () => openai(499, null)`The client closed the request.`,
  server_error: () =>
    failed`Internal error of the mock. This is a bug: please report it, with the error from the mock's log.`,

  // Errors with no more than a status.
  client_error: () => openai(400, null)`${reasonOr('Bad Request')}`,
  upstream_failure: () => failed`${reasonOr('Internal Server Error')}`,

  // Keys and accounts.
  expired_key: () => [expired, gateway(401)`该令牌已过期`],
  disabled_key: () => [expired, gateway(401)`该令牌状态不可用`],
  exhausted_key: () => [expired, gateway(401)`该令牌额度已用尽`],
  banned_user: () => [
    openai(401, 'account_deactivated')`The account associated with this API key has been deactivated.`,
    gateway(403)`用户已被封禁`,
  ],
  forbidden_model: () => [
    openai(403, 'model_not_found')`Project does not have access to model '${asked}'.`,
    gateway(403)`该令牌无权访问模型 ${asked}`,
  ],
  insufficient_quota: () => [noQuota, gateway(403, 'insufficient_user_quota')`用户额度不足, 剩余额度: ＄0.000000`],
  insufficient_key_quota: () => [
    noQuota,
    gateway(403, 'pre_consume_token_quota_failed')`令牌额度不足, 剩余额度: ＄0.000000`,
  ],

  // Rate limits and overload.
  rate_limited: () => [rateLimited, gateway(429)`您已达到请求数限制：1分钟内最多请求10次`],
  rate_limited_address: () => [
    { ...rateLimited, headers: { 'retry-after': '60' } },
    { ...gateway(429)``, envelope: 'empty', headers: { 'retry-after': '60' } },
  ],
  saturated: () => [rateLimited, gateway(429, 'model_not_found')`当前分组上游负载已饱和，请稍后再试`],
  upstream_saturated: () => [
    rateLimited,
    upstream(429, 'requests', 'rate_limit_exceeded')`当前分组上游负载已饱和，请稍后再试`,
  ],
  overloaded: () => [
    openai(503, null, 'server_error')`The server is overloaded or not ready yet.`,
    gateway(503, 'model_not_found')`当前分组上游负载已饱和，请稍后再试`,
  ],

  // Content that is rejected.
  sensitive_words: () => [
    openai(400, 'content_policy_violation')`Your request was rejected as a result of our safety system.`,
    gateway(500, 'sensitive_words_detected')`sensitive words detected`,
  ],
  moderation_blocked: () => [
    refused,
    upstream(
      400,
      'shell_api_error',
      'moderation_blocked',
    )`Your request was rejected by the safety system. If you believe this is an error, contact us at help.openai.com and include the request ID ${(_details, requestId) => toUuid(hash('sha256', requestId, 'hex'))}.`,
  ],
  prompt_blocked: () => [refused, relay(400, 'prompt_blocked')`request blocked by Gemini API: SAFETY`],
  sensitive_prompt: () => [refused, relay(400, 'openai_error', 'unknown_error')`Prompt is sensitive.\n\n${prompt}\n\n`],
  output_image_sensitive: () => [refused, sensitive('output image', 'OutputImageSensitiveContentDetected')],
  input_text_sensitive: () => [refused, sensitive('input text', 'InputTextSensitiveContentDetected')],
  input_image_sensitive: () => [refused, sensitive('input image', 'InputImageSensitiveContentDetected')],
  inspection_failed: () => [
    refused,
    upstream(400, 'invalid_request_error', 'DataInspectionFailed')`Input data may contain inappropriate content.`,
  ],

  // Failures behind the gateway.
  empty_response: () => [serverError, relay(500, 'empty_response')`empty response from Gemini API`],
  upstream_error: () => [
    serverError,
    upstream(500, 'upstream_error', null)`The server had an error while processing your request.`,
  ],
  bad_response: () => [badGateway, upstream(502, 'bad_response_status_code', 'bad_response_status_code')`openai_error`],
  bad_response_status: () => [
    badGateway,
    { ...relay(502, 'upstream_error', 'bad_response_status_code')`bad response status code 502`, param: '502' },
  ],
  bad_response_body: () => [serverError, gateway(500, 'bad_response_body')`bad response body`],
  upstream_unreachable: () => [serverError, gateway(500, 'do_request_failed')`upstream error: do request failed`],
  not_implemented: () => [
    openai(501, 'not_implemented')`This operation is not implemented.`,
    upstream(501, 'new_api_error', 'api_not_implemented')`API not implemented`,
  ],
  chat_not_implemented: () => [notChat, gateway(500)`not implemented`],
  chat_not_supported: () => [
    notChat,
    upstream(
      500,
      'invalid_request_error',
      null,
    )`The parameter \`model\` specified in the request are not valid: the requested model ${asked} does not support this api.. Request id: ${id}`,
  ],
  vendor_parameter_missing: () => [
    missing`Missing required parameter: '${param}'.`,
    upstream(
      400,
      'BadRequest',
      ({ param: name = 'prompt' }) => `MissingParameter.${name}`,
    )`The required parameter ${param} is missing.`,
  ],

  // Pages of a proxy in front of the gateway.
  bad_gateway: () => [page(502)`502 Bad Gateway`, page(502)`502 Bad Gateway`],
  gateway_timeout: () => [page(504)`504 Gateway Time-out`, page(504)`504 Gateway Time-out`],
  origin_timeout: () => [page(524)`524 A Timeout Occurred`, page(524)`524 A Timeout Occurred`],
} as const satisfies Record<string, () => ErrorRow>

/** What went wrong. */
export type ErrorKind = keyof typeof ERRORS
