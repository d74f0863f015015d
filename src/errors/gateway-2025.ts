import { type ErrorSpec, asked, gateway, relay } from './error-spec.ts'
import { type GatewayRow, decoder, resetByVendor, tooLarge, unreadable } from './gateway.ts'
import type { ErrorKind } from './table.ts'

const noChannel = (model: typeof asked): ErrorSpec => gateway(503)`当前分组 default 下对于模型 ${model} 无可用渠道`
const undecoded = relay(400, 'new_api_error', 'invalid_text_request')
const badStatus: ErrorSpec = {
  ...relay(502, 'upstream_error', 'bad_response_status_code')`bad response status code 502`,
  param: '502',
}

/** The errors in which the gateway's builds of 2025 differ from those of 2026 [M]. All their texts have one language. */
export const GATEWAY_2025 = {
  missing_api_key: () => gateway(401)`未提供令牌`,
  expired_key: () => gateway(401)`该令牌已过期`,
  disabled_key: () => gateway(401)`该令牌状态不可用`,
  exhausted_key: () => gateway(401)`[sk-QSn***DO8] 该令牌额度已用尽 !token.UnlimitedQuota && token.RemainQuota = 0`,
  unknown_group: () => gateway(403)`令牌分组 nogroup 已被禁用`,
  body_too_large: () => gateway(400)`Invalid request, 无效的请求, ${tooLarge}`,
  invalid_body: () => gateway(400)`Invalid request, 无效的请求, ${decoder}`,
  missing_model: () => noChannel(() => ''),
  unknown_model: () => noChannel(asked),
  undecodable: () => undecoded`${decoder}`,
  invalid_max_tokens: () => undecoded`max_tokens is invalid`,
  missing_messages: () => undecoded`field messages is required`,
  empty_messages: () => undecoded`field messages is required`,
  sensitive_words: () => relay(400, 'new_api_error', 'sensitive_words_detected')`sensitive words detected`,
  insufficient_quota: () => relay(403, 'new_api_error', 'insufficient_user_quota')`user quota is not enough`,
  bad_response: () => badStatus,
  bad_response_status: () => badStatus,
  bad_response_body: () => relay(500, 'new_api_error', 'unmarshal_response_body_failed')`${unreadable}`,
  response_reset: () => relay(500, 'new_api_error', 'read_response_body_failed')`${resetByVendor}`,
  upstream_unreachable: () => relay(500, 'new_api_error', 'do_request_failed')`请求上游地址失败`,
} as const satisfies Partial<Record<ErrorKind, GatewayRow>>
