import type { Dialect } from '../errors/table.ts'
import type { AppContext } from './context.ts'

const ALLOWED = { 'access-control-allow-origin': '*' }

/** The headers that let pages of all origins read a response. The gateway does not expose its headers to them. */
export const ALL_ORIGINS: Readonly<Record<Dialect, Readonly<Record<string, string>>>> = {
  openai: { ...ALLOWED, 'access-control-expose-headers': '*' },
  gateway: ALLOWED,
  'gateway-2025': ALLOWED,
}

const NONE = {}
/** What the gateway sends to a page of another origin [M]. */
const OF_GATEWAY = { ...ALLOWED, 'access-control-allow-credentials': 'true' }

/** The headers of a response for pages of other origins, and those of the gateway. Pictures are open to all origins. */
export function headersFor(c: AppContext): Readonly<Record<string, string>> {
  const { isOpen, isRecorded } = c.get('context')
  const { errors, gatewayVersion } = c.get('mock')
  if (!isOpen) return NONE
  if (errors === 'openai' || !isRecorded) return ALL_ORIGINS[errors]
  return {
    ...(isOfOtherOrigin(c) ? OF_GATEWAY : NONE),
    ...(errors === 'gateway' ? { 'x-new-api-version': gatewayVersion } : NONE),
  }
}

/** Whether a request has the Origin of a page that the mock does not serve. */
export function isOfOtherOrigin({ req }: AppContext): boolean {
  const origin = req.header('origin')
  return origin !== undefined && origin.replace(/^https?:\/\//, '') !== req.header('host')
}
