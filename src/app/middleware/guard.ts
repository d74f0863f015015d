import { hash, timingSafeEqual } from 'node:crypto'
import { isIP } from 'node:net'
import { ApiError } from '../../errors/api-error.ts'
import { type AppContext, type AppHandler, CONTROL } from '../context.ts'
import { bearerOf } from '../session.ts'
import type { Settings } from '../settings.ts'

/**
 * Protects the control API from web pages of other origins, from host names that are not this mock's (DNS rebinding),
 * and, if a token is set, from clients that do not send it. Host and token are not checked for the paths in `open`.
 */
export function guard(open: readonly string[]): AppHandler {
  return async (c, next) => {
    const context = c.get('context')
    const mock = c.get('mock')
    const origin = c.req.header('origin')
    const host = c.req.header('host')
    const isForeign = origin !== undefined && origin.replace(/^https?:\/\//, '') !== host
    if (isForeign || c.req.header('sec-fetch-site') === 'cross-site') throw new ApiError('foreign_origin')
    if (!open.includes(context.path)) {
      if (host !== undefined && !isOwnHost(host, mock))
        throw new ApiError('foreign_host', { asked: host.slice(0, 100) })
      checkToken(c)
    }
    await next()
  }
}

/**
 * Whether the Host of a request belongs to the mock: an address, a name of this machine or of a private network, the host
 * of the public URL, or an allowed name.
 */
export function isOwnHost(
  host: string,
  { publicUrl, allowHosts }: Pick<Settings, 'publicUrl' | 'allowHosts'>,
): boolean {
  const name = host.replace(/:\d+$/, '').toLowerCase()
  if (isIP(name.replace(/^\[|\]$/g, '')) > 0 || !name.includes('.')) return true
  if (/\.(?:localhost|internal|local)$/.test(name) || allowHosts.some((allowed) => allowed.toLowerCase() === name))
    return true
  return publicUrl !== undefined && new URL(publicUrl).hostname === name
}

function checkToken(c: AppContext): void {
  const { controlToken } = c.get('mock')
  if (controlToken === undefined) return
  const token =
    c.req.header('x-mock-control-token') ?? (isScrape(c) ? bearerOf(c.req.header('authorization')) : undefined)
  const given = hash('sha256', token ?? '', 'buffer')
  if (!timingSafeEqual(given, hash('sha256', controlToken, 'buffer'))) throw new ApiError('wrong_control_token')
}

// Prometheus can send a bearer token and no other header. Elsewhere a bearer key selects a session.
function isScrape(c: AppContext): boolean {
  return c.get('context').path === `${CONTROL}/metrics`
}
