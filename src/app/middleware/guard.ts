import { hash, timingSafeEqual } from 'node:crypto'
import { isIP } from 'node:net'
import { ApiError } from '../../errors/api-error.ts'
import { type AppContext, type AppHandler, CONTROL } from '../context.ts'
import { bearerOf } from '../session.ts'
import type { Settings } from '../settings.ts'

/** What is not checked. */
export interface Exceptions {
  /** Whether a path needs the control token. */
  readonly token?: 'not required'
  /** Which hosts are allowed. */
  readonly hosts?: 'all'
  /** Whether a page of another origin may link to the path. It cannot read the response. */
  readonly links?: 'allowed'
}

/** Protects the control API as `checkAccess` does. Host and token are not checked for the paths in `open`. */
export function guard(open: readonly string[]): AppHandler {
  return async (c, next) => {
    checkAccess(c, open.includes(c.get('context').path) ? { hosts: 'all', token: 'not required' } : {})
    await next()
  }
}

/**
 * Throws an ApiError for requests of web pages of other origins, for host names that are not this mock's (DNS
 * rebinding), and, if a token is set, for requests without it.
 */
export function checkAccess(c: AppContext, { token, hosts, links }: Exceptions): void {
  const mock = c.get('mock')
  const host = c.req.header('host')
  if (isForeign(c) && !(links === 'allowed' && isNavigation(c))) throw new ApiError('foreign_origin')
  if (hosts !== 'all' && host !== undefined && !isOwnHost(host, mock))
    throw new ApiError('foreign_host', { asked: host.slice(0, 100) })
  if (token !== 'not required') checkToken(c)
}

// A proxy may change the Host, so the origin of the public URL is allowed too.
function isForeign(c: AppContext): boolean {
  const origin = c.req.header('origin')
  if (c.req.header('sec-fetch-site') === 'cross-site') return true
  if (origin === undefined || origin.replace(/^https?:\/\//, '') === c.req.header('host')) return false
  const { publicUrl } = c.get('mock')
  return publicUrl === undefined || new URL(publicUrl).origin !== origin
}

// Whether the user followed a link. Such a request has no Origin.
function isNavigation(c: AppContext): boolean {
  return (
    c.req.header('origin') === undefined &&
    c.req.header('sec-fetch-mode') === 'navigate' &&
    c.req.header('sec-fetch-dest') === 'document'
  )
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
