import type { PathTemplate } from '../../openapi/path-template.ts'
import { ApiError } from '../../errors/api-error.ts'
import type { AppContext, AppHandler } from '../context.ts'
import { send } from '../send.ts'

/**
 * Handles the methods that a path does not have: OPTIONS as a CORS preflight, all others with a 405.
 * hono/method-not-allowed needs a finished 404, and hono/cors sends the same methods for every path.
 */
export function otherMethods(methods: readonly string[], template?: PathTemplate): AppHandler {
  const allowed = [...methods, ...(methods.includes('GET') ? ['HEAD'] : []), 'OPTIONS'].join(', ')
  return async (c, next) => {
    if (template?.matches(c.get('context').path) === false) return next()
    if (c.req.method === 'OPTIONS') return preflight(c, allowed)
    throw new ApiError('wrong_method', {
      asked: `${c.req.method} ${c.get('context').path.slice(0, 200)}`,
      known: methods,
      headers: { allow: allowed },
    })
  }
}

/** Responds to a CORS preflight. It allows the headers by name, because `*` does not include authorization. */
export async function preflight(c: AppContext, methods: string): Promise<Response> {
  const headers = c.req.header('access-control-request-headers')
  return send(c, {
    status: 204,
    headers: {
      allow: methods,
      'access-control-allow-methods': methods,
      ...(headers === undefined ? {} : { 'access-control-allow-headers': headers }),
      'access-control-max-age': '86400',
      vary: 'Access-Control-Request-Headers',
    },
    body: '',
  })
}
