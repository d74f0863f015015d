import type { Context } from 'hono'
import type { Reply } from '../reply/reply.ts'
import type { Env } from './incoming.ts'
import { headerOf } from './incoming.ts'

/** The answer to a browser's question before a request: the headers it asks for are echoed, since `*` does not cover authorization. */
export function preflight(c: Context<Env>, methods: string): Reply {
  const asked = headerOf(c, 'access-control-request-headers')
  return {
    status: 204,
    headers: { allow: methods, 'access-control-allow-methods': methods, ...(asked === undefined ? {} : { 'access-control-allow-headers': asked }), 'access-control-max-age': '86400', vary: 'Access-Control-Request-Headers' },
    body: '',
  }
}
