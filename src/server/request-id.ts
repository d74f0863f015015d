import { randomBytes } from 'node:crypto'

/** A new request id in the gateway's form [S]: UTC date and time, nine digits of a second's fraction, eight random characters. */
export function createRequestId(): string {
  const now = performance.timeOrigin + performance.now()
  const time = new Date(now).toISOString().replaceAll(/\D/g, '')
  const fraction = String(Math.floor((now % 1) * 1_000_000)).padStart(6, '0')
  return `${time}${fraction}${randomBytes(6).toString('base64url').replaceAll(/[-_]/g, '0')}`
}
