import { hash } from 'node:crypto'
import { toUuid } from '../util/prng.ts'
import { type ErrorSpec, type Text, asked, gateway, id, page, param, plain, prompt } from './error-spec.ts'
import { late, relay, text, upstream } from './error-spec.ts'
import type { ErrorKind } from './table.ts'

/**
 * An error in the gateway's wording. `vendor`: the vendor behind the gateway returns it in OpenAI's wording, and the
 * gateway passes it on.
 */
export type GatewayRow = 'vendor' | (() => ErrorSpec)

/** A text in English, simplified and traditional Chinese. */
function translated(en: Text, zh: Text, tw: Text): Text {
  const texts = { en, zh, 'zh-TW': tw }
  return (details, asking) => texts[asking.language](details, asking)
}

/** What is wrong with JSON, in the words of the gateway's decoder. */
export const decoder: Text = ({ decoder: words, reason = '' }) => words ?? reason
/** The same for a vendor's response, which is by default an HTML page. */
export const unreadable: Text = ({ decoder: words = "invalid character '<' looking for beginning of value" }) => words
/** What is wrong with a body that is too large. The gateway's own limit is 128 MB [M]; this one is the mock's. */
export const tooLarge: Text = () => 'request body exceeds 32 MB: request body too large'
/** How the gateway reports a connection that its vendor resets. The addresses are made up. */
export const resetByVendor: Text = () => 'read tcp 127.0.0.1:36380->127.0.0.1:443: read: connection reset by peer'

const empty: ErrorSpec = { ...gateway(429)``, envelope: 'empty' }
const invalidToken = gateway(401)`${translated(text`Invalid token`, text`无效的令牌`, text`無效的令牌`)}`
const invalidRequest = (words: Text): ErrorSpec =>
  gateway(400)`${translated(
    text`Invalid request: Invalid request: ${words}`,
    text`无效的请求，无效的请求，${words}`,
    text`無效的請求，無效的請求，${words}`,
  )}`
const undecoded = relay(500, 'new_api_error', 'invalid_request')
const openaiError = upstream(502, 'bad_response_status_code', 'bad_response_status_code')`openai_error`
const sensitive = (what: string, code: string): ErrorSpec =>
  upstream(
    400,
    'BadRequest',
    code,
  )`The request failed because the ${() => what} may contain sensitive information. Request id: ${id}`

/**
 * The errors of the gateway's builds of 2026: what they reject themselves [M], what they say about a vendor [M], and
 * what is known from code and from recorded responses [S]. A text without a translation is Chinese in every language in
 * the real gateway too. Rows are created on use, for a faster start.
 */
export const GATEWAY = {
  // What the gateway checks itself, in its order.
  unknown_path: () => ({
    ...plain(404, 'invalid_request_error', '')`Invalid URL (${asked})`,
    headers: { 'cache-control': 'max-age=604800' },
  }),
  missing_api_key: () => invalidToken,
  invalid_api_key: () => invalidToken,
  expired_key: () => invalidToken,
  disabled_key: () => invalidToken,
  exhausted_key: () => invalidToken,
  address_not_allowed: () => gateway(403, 'access_denied')`您的 IP 不在令牌允许访问的列表中`,
  banned_user: () => gateway(403)`${translated(text`User has been banned`, text`用户已被封禁`, text`使用者已被封禁`)}`,
  unknown_group: () => gateway(403)`无权访问 nogroup 分组`,
  requests_used_up: () => empty,
  rate_limited: () => gateway(429)`您已达到请求数限制：1分钟内最多请求10次`,
  rate_limited_address: () => ({ ...empty, headers: { 'retry-after': '60' } }),
  bad_compression: () => ({ ...empty, status: 400 }),
  body_too_large: () => invalidRequest(tooLarge),
  invalid_body: () => invalidRequest(decoder),
  missing_model: () =>
    gateway(400)`${translated(
      text`Model name not specified, model name cannot be empty`,
      text`未指定模型名称，模型名称不能为空`,
      text`未指定模型名稱，模型名稱不能為空`,
    )}`,
  forbidden_model: () =>
    gateway(403)`${translated(
      text`This token has no access to model ${asked}`,
      text`该令牌无权访问模型 ${asked}`,
      text`該令牌無權存取模型 ${asked}`,
    )}`,
  unknown_model: () =>
    gateway(503, 'model_not_found')`${translated(
      text`No available channel for model ${asked} under group default (distributor)`,
      text`分组 default 下模型 ${asked} 无可用渠道（distributor）`,
      text`分組 default 下模型 ${asked} 無可用管道（distributor）`,
    )}`,
  saturated: () => gateway(429, 'model_not_found')`当前分组上游负载已饱和，请稍后再试`,
  overloaded: () => gateway(503, 'model_not_found')`当前分组上游负载已饱和，请稍后再试`,
  not_implemented: () => plain(501, 'new_api_error', 'api_not_implemented')`API not implemented`,
  undecodable: () => undecoded`${decoder}`,
  invalid_max_tokens: () => undecoded`max_tokens is invalid`,
  missing_messages: () => undecoded`field messages is required`,
  empty_messages: () => undecoded`field messages is required`,
  sensitive_words: () => relay(500, 'new_api_error', 'sensitive_words_detected')`sensitive_words_detected`,
  insufficient_quota: () => relay(403, 'new_api_error', 'insufficient_user_quota')`用户额度不足, 剩余额度: ＄0.000000`,
  insufficient_key_quota: () =>
    relay(403, 'new_api_error', 'pre_consume_token_quota_failed')`令牌额度不足, 剩余额度: ＄0.000000`,

  // What a vendor says about a request.
  unknown_operation: 'vendor',
  missing_parameter: 'vendor',
  invalid_type: 'vendor',
  invalid_value: 'vendor',
  unknown_parameter: 'vendor',
  invalid_encoding: 'vendor',
  invalid_image: 'vendor',
  upstream_saturated: 'vendor',
  upstream_error: 'vendor',
  reference_required: () => late(400, 'new_api_error', 'invalid_request')`${asked} requires an input image`,
  moderation_blocked: () =>
    upstream(
      400,
      'shell_api_error',
      'moderation_blocked',
    )`Your request was rejected by the safety system. If you believe this is an error, contact us at help.openai.com and include the request ID ${(_details, { requestId }) => toUuid(hash('sha256', requestId, 'hex'))}.`,
  prompt_blocked: () => late(400, 'prompt_blocked')`request blocked by Gemini API: SAFETY`,
  sensitive_prompt: () => late(400, 'openai_error', 'unknown_error')`Prompt is sensitive.\n\n${prompt}\n\n`,
  output_image_sensitive: () => sensitive('output image', 'OutputImageSensitiveContentDetected'),
  input_text_sensitive: () => sensitive('input text', 'InputTextSensitiveContentDetected'),
  input_image_sensitive: () => sensitive('input image', 'InputImageSensitiveContentDetected'),
  inspection_failed: () =>
    upstream(400, 'invalid_request_error', 'DataInspectionFailed')`Input data may contain inappropriate content.`,
  chat_not_implemented: () => gateway(500)`not implemented`,
  chat_not_supported: () =>
    upstream(
      500,
      'invalid_request_error',
      null,
    )`The parameter \`model\` specified in the request are not valid: the requested model ${asked} does not support this api.. Request id: ${id}`,
  vendor_parameter_missing: () =>
    upstream(
      400,
      'BadRequest',
      ({ param: name = 'prompt' }) => `MissingParameter.${name}`,
    )`The required parameter ${param} is missing.`,

  // What the gateway says about a vendor that fails.
  empty_response: () => late(500, 'empty_response')`empty response from Gemini API`,
  bad_response: () => openaiError,
  bad_response_status: () => openaiError,
  bad_response_body: () => upstream(500, 'bad_response_body', 'bad_response_body')`${unreadable}`,
  response_reset: () => upstream(500, 'read_response_body_failed', 'read_response_body_failed')`${resetByVendor}`,
  upstream_unreachable: () => late(500, 'new_api_error', 'do_request_failed')`upstream error: do request failed`,

  // Pages of a proxy in front of the gateway.
  bad_gateway: () => page(502)`502 Bad Gateway`,
  gateway_timeout: () => page(504)`504 Gateway Time-out`,
  origin_timeout: () => page(524)`524 A Timeout Occurred`,
} as const satisfies Partial<Record<ErrorKind, GatewayRow>>
