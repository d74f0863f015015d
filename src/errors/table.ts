import { suggestNames } from '../util/suggest.ts'
import { type ErrorDetails, type ErrorSpec, type Text, asked, openai, page, param, reasonOr } from './error-spec.ts'

export type { Dialect, ErrorDetails } from './error-spec.ts'
export { DIALECTS } from './error-spec.ts'

// Parts of messages, read from the details of an error. They have defaults, because a scenario gives few details.
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

/**
 * All errors in OpenAI's wording [R]: first those that the mock detects, then those of a real gateway. The gateway's
 * wording is in gateway.ts. Rows are created on use, for a faster start.
 */
export const ERRORS = {
  // Errors that the mock detects.
  invalid_body: () => openai(400, null)`${reason}`,
  missing_parameter: () => missing`${reason}`,
  missing_model: () => missing`${reasonOr("Missing required parameter: 'model'.")}`,
  missing_messages: () => missing`${reasonOr("Missing required parameter: 'messages'.")}`,
  empty_messages: () => openai(400, 'invalid_value')`${reason}`,
  invalid_type: () => openai(400, 'invalid_type')`${reason}`,
  undecodable: () => openai(400, 'invalid_type')`${reasonOr('A field has the wrong type.')}`,
  invalid_value: () => openai(400, 'invalid_value')`${reason}`,
  unknown_parameter: () => openai(400, 'unknown_parameter')`${reason}`,
  invalid_max_tokens: () => openai(400, 'invalid_value')`${reasonOr("Invalid value for 'max_tokens'.")}`,
  invalid_encoding: () => openai(400, null)`${reason}`,
  invalid_image: () => openai(400, 'invalid_image')`${reason}`,
  reference_required: () =>
    missing`The model '${asked}' needs a reference picture. Add an image_url part, or begin the prompt with the URL of a picture.`,
  unknown_scenario: () =>
    openai(
      400,
      'unknown_scenario',
    )`Unknown scenario '${asked}'.${known('Did you mean', '?')} GET /__mock/scenarios lists all scenarios.`,
  invalid_header: () => openai(400, 'invalid_value')`${reason}`,
  bad_request_line: () => openai(400, null)`${reason}`,
  missing_credentials: () => openai(401, 'missing_credentials')`${reason}`,
  missing_api_key: () => openai(401, null)`You didn't provide an API key. ${sendKey}`,
  invalid_api_key: () => openai(401, 'invalid_api_key')`Incorrect API key provided. ${sendKey}`,
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
  unknown_model: () =>
    openai(
      404,
      'model_not_found',
    )`The model '${asked}' does not exist or you do not have access to it.${similarModels}${known('Models:')}`,
  unknown_path: () =>
    openai(
      404,
      null,
    )`Invalid URL (${asked}).${(details) => list('Did you mean', details.known, '?') || (details.reason === undefined ? '' : ` Available operations: ${details.reason}.`)}`,
  unknown_operation: () => openai(404, null)`Invalid URL (${asked}).`,
  unknown_picture: () =>
    openai(404, 'picture_not_found')`Picture not found: the URL was not issued by this mock, or it was altered or cut.`,
  wrong_method: () => openai(405, 'method_not_allowed')`Invalid method for URL (${asked}).${known('Allowed:')}`,
  request_timeout: () => openai(408, 'request_timeout')`The request did not arrive in time.`,
  body_too_large: () => openai(413, 'request_too_large')`${reasonOr('The request body is too large.')}`,
  not_acceptable: () =>
    openai(406, 'not_acceptable')`No response matches the header Accept: ${asked}.${known('Accept one of these:')}`,
  wrong_content_type: () =>
    openai(
      415,
      'unsupported_media_type',
    )`Unsupported Content-Type '${asked}'.${known('Send the header Content-Type:')}`,
  content_encoding: () =>
    openai(415, 'unsupported_content_encoding')`Unsupported Content-Encoding '${asked}'. Send the body uncompressed.`,
  bad_compression: () => openai(400, null)`The request body is not valid in the encoding '${asked}'.`,
  headers_too_large: () => openai(431, 'headers_too_large')`The request headers are too large.`,
  unwanted: () => openai(499, null)`The client closed the request.`,
  server_error: () =>
    failed`Internal error of the mock. This is a bug: please report it, with the error from the mock's log.`,

  // Errors with no more than a status.
  client_error: () => openai(400, null)`${reasonOr('Bad Request')}`,
  upstream_failure: () => failed`${reasonOr('Internal Server Error')}`,

  // Keys and accounts.
  expired_key: () => expired,
  disabled_key: () => expired,
  exhausted_key: () => expired,
  address_not_allowed: () => openai(401, 'ip_not_authorized')`Your IP is not authorized to use this API key.`,
  banned_user: () => openai(401, 'account_deactivated')`The account associated with this API key has been deactivated.`,
  unknown_group: () => openai(403, null)`You do not have access to the group of this API key.`,
  forbidden_model: () => openai(403, 'model_not_found')`Project does not have access to model '${asked}'.`,
  insufficient_quota: () => noQuota,
  insufficient_key_quota: () => noQuota,

  // Rate limits and overload.
  rate_limited: () => rateLimited,
  requests_used_up: () => rateLimited,
  rate_limited_address: () => ({ ...rateLimited, headers: { 'retry-after': '60' } }),
  saturated: () => rateLimited,
  upstream_saturated: () => rateLimited,
  overloaded: () => openai(503, null, 'server_error')`The server is overloaded or not ready yet.`,

  // Content that is rejected.
  sensitive_words: () =>
    openai(400, 'content_policy_violation')`Your request was rejected as a result of our safety system.`,
  moderation_blocked: () => refused,
  prompt_blocked: () => refused,
  sensitive_prompt: () => refused,
  output_image_sensitive: () => refused,
  input_text_sensitive: () => refused,
  input_image_sensitive: () => refused,
  inspection_failed: () => refused,

  // Failures behind the gateway.
  empty_response: () => serverError,
  upstream_error: () => serverError,
  bad_response: () => badGateway,
  bad_response_status: () => badGateway,
  bad_response_body: () => serverError,
  response_reset: () => serverError,
  upstream_unreachable: () => serverError,
  not_implemented: () => openai(501, 'not_implemented')`This operation is not implemented.`,
  chat_not_implemented: () => notChat,
  chat_not_supported: () => notChat,
  vendor_parameter_missing: () => missing`Missing required parameter: '${param}'.`,

  // Pages of a proxy in front of the gateway.
  bad_gateway: () => page(502)`502 Bad Gateway`,
  gateway_timeout: () => page(504)`504 Gateway Time-out`,
  origin_timeout: () => page(524)`524 A Timeout Occurred`,
} as const satisfies Record<string, () => ErrorSpec>

/** What went wrong. */
export type ErrorKind = keyof typeof ERRORS
