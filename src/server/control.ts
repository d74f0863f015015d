import type { Context, MiddlewareHandler } from 'hono'
import { ApiError } from '../reply/error.ts'
import { jsonReply } from '../reply/reply.ts'
import type { Env } from './incoming.ts'
import { headerOf } from './incoming.ts'
import { LINK_PATHS } from './links.ts'
import type { Mount } from './mount.ts'
import { modelsOf } from './operations.ts'

/** Where the control API begins. */
export const CONTROL = '/__mock'

/** Whether a path belongs to the control API; links that moved below it, behind `prefix`, do not. */
export function isControl(path: string, prefix: string): boolean {
  if (path !== CONTROL && !path.startsWith(`${CONTROL}/`)) return false
  return prefix === '' || !LINK_PATHS.some((link) => path.startsWith(`${prefix}${link.split('{')[0]}`))
}

/** Refuses web pages of other origins: a page that the developer has open must neither drive nor read the mock. */
export function guardControl(prefix: string): MiddlewareHandler<Env> {
  return async (c, next) => {
    if (isControl(c.req.path, prefix) && isForeign(c)) throw new ApiError('foreign_origin')
    await next()
  }
}

function isForeign(c: Context<Env>): boolean {
  if (headerOf(c, 'sec-fetch-site') === 'cross-site') return true
  const origin = headerOf(c, 'origin')
  return origin !== undefined && origin.replace(/^https?:\/\//, '') !== headerOf(c, 'host')
}

/** The routes of the control API that every probe asks: health, livez, readyz. */
export function mountControl({ app, serve, settings, isReady, countExchanges }: Mount & { isReady: () => boolean; countExchanges: () => number }): void {
  const { contract, packaged, version } = settings
  app.get(`${CONTROL}/livez`, serve(() => jsonReply({ status: 'ok' })))
  app.get(`${CONTROL}/readyz`, serve(() => (isReady() ? jsonReply({ status: 'ok' }) : jsonReply({ status: 'not ready' }, { status: 503, headers: { 'retry-after': '1' } }))))
  app.get(`${CONTROL}/health`, serve(() => jsonReply({
    status: isReady() ? 'ok' : 'not ready',
    version,
    contract: { title: contract.title, version: contract.version, operations: contract.operations.length, models: modelsOf(contract, packaged).values.length },
    exchanges: countExchanges(),
  })))
}
