import type { PathTemplate } from '../../openapi/path-template.ts'
import { ApiError } from '../../errors/api-error.ts'
import type { AppContext, AppHandler } from '../context.ts'
import { send } from '../send.ts'

/**
 * Answers the methods that a path does not have: OPTIONS as a preflight, every other one with a 405. hono/method-not-allowed
 * works on a finished 404, and hono/cors lists the same methods for every path; here both say what this path has.
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

/** The answer to a browser's question before a request: the headers that it names are allowed, since `*` does not cover authorization. */
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
