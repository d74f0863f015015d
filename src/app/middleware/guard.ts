import { hash, timingSafeEqual } from 'node:crypto'
import { isIP } from 'node:net'
import { ApiError } from '../../errors/api-error.ts'
import type { Incoming } from '../incoming.ts'
import type { Settings } from '../settings.ts'

/** Refuses web pages of other origins, with an ApiError: a page that the developer has open must neither drive nor read the mock. */
export function refuseForeign(request: Incoming): void {
  const origin = request.header('origin')
  const isForeign = origin !== undefined && origin.replace(/^https?:\/\//, '') !== request.header('host')
  if (isForeign || request.header('sec-fetch-site') === 'cross-site') throw new ApiError('foreign_origin')
}

/**
 * Refuses, with an ApiError, what must neither drive nor read the mock: host names that are not this mock's (DNS can be
 * rebound), and where a token is set whoever does not have it.
 */
export function guardControl(
  request: Incoming,
  settings: Pick<Settings, 'publicUrl' | 'allowHosts' | 'controlToken'>,
): void {
  const host = request.header('host')
  if (host !== undefined && !isOwn(host, settings)) throw new ApiError('foreign_host', { asked: host.slice(0, 100) })
  const { controlToken } = settings
  if (controlToken !== undefined && !isSame(request.header('x-mock-control-token') ?? '', controlToken))
    throw new ApiError('wrong_control_token')
}

// An address, a name of this machine or of a private network, the public one, or one that was allowed.
function isOwn(host: string, { publicUrl, allowHosts }: Pick<Settings, 'publicUrl' | 'allowHosts'>): boolean {
  const name = host.replace(/:\d+$/, '').toLowerCase()
  if (isIP(name.replace(/^\[|\]$/g, '')) > 0 || !name.includes('.')) return true
  if (/\.(?:localhost|internal|local)$/.test(name) || allowHosts.some((allowed) => allowed.toLowerCase() === name))
    return true
  return publicUrl !== undefined && new URL(publicUrl).hostname === name
}

function isSame(given: string, token: string): boolean {
  return timingSafeEqual(hash('sha256', given, 'buffer'), hash('sha256', token, 'buffer'))
}
