import { ApiError } from '../../errors/api-error.ts'
import type { Admission } from '../../gateway/admit.ts'
import { type PathTemplate, toPathTemplate } from '../../openapi/path-template.ts'
import type { AppContext, AppHandler, MockContext } from '../context.ts'
import { type PathRoutes, contractRoutes } from '../contract-routes.ts'
import { checkChannel } from '../middleware/through-gateway.ts'
import { isOfOtherOrigin } from '../origins.ts'
import { send } from '../send.ts'
import { unknownPath } from './errors.ts'

/** An operation that the gateway has, and the mock has not. */
interface OtherOperation {
  readonly method: string
  readonly template: PathTemplate
  /** The error after all checks: of the gateway, or of the vendor. */
  readonly kind: 'not_implemented' | 'unknown_operation'
}

/** Handles unknown paths and methods as the gateway does [M]. */
export function gatewayNotFound(mock: MockContext, admission: Admission): AppHandler {
  const routes = contractRoutes(mock)
  const others = [
    ...admission.build.notBuilt.map((line) => toOperation(line, 'not_implemented')),
    ...admission.build.relayed.map((line) => toOperation(line, 'unknown_operation')),
  ]
  return async (c) => {
    if (c.req.method === 'OPTIONS' && isOfOtherOrigin(c)) return preflight(c)
    const { method, path } = c.get('context')
    const shorter = path.slice(0, -1)
    if (path.endsWith('/') && routes.some((one) => isOf(one, shorter) && one.methods.includes(method)))
      return redirect(c)
    const other = others.find((one) => one.method === method && one.template.matches(path))
    if (other !== undefined) {
      await checkChannel(c, admission, other.template.read(path)?.['model'])
      throw new ApiError(other.kind, { asked: `${method} ${path}` })
    }
    if (routes.some((one) => isOf(one, path)) || admission.build.api.some((prefix) => path.startsWith(prefix)))
      throw unknownPath(c)
    return sendDashboard(c)
  }
}

function toOperation(line: string, kind: OtherOperation['kind']): OtherOperation {
  const [method = '', path = ''] = line.split(' ')
  return { method, template: toPathTemplate(path), kind }
}

// Hono has matched a path without parameters already, so that its template matches all.
function isOf({ path: pattern, template }: PathRoutes, path: string): boolean {
  return pattern.includes(':') ? template.matches(path) : pattern === path
}

// The gateway allows all headers with `*`, which browsers do not apply to `authorization`.
async function preflight(c: AppContext): Promise<Response> {
  return send(c, {
    status: 204,
    headers: {
      'access-control-allow-methods': 'GET,POST,PUT,DELETE,OPTIONS',
      'access-control-allow-headers': '*',
      'access-control-max-age': '43200',
    },
    body: '',
  })
}

// To the same URL without the slash at the end of its path.
async function redirect(c: AppContext): Promise<Response> {
  const { pathname, search } = new URL(c.req.url)
  const location = pathname.slice(0, -1) + search
  if (c.req.method !== 'GET') return send(c, { status: 307, headers: { location }, body: '' })
  const headers = { location, 'content-type': 'text/html; charset=utf-8', 'x-content-type-options': 'nosniff' }
  return send(c, { status: 301, headers, body: `<a href="${escapeHtml(location)}">Moved Permanently</a>.\n\n` })
}

function escapeHtml(text: string): string {
  return text.replaceAll('&', '&amp;').replaceAll('"', '&#34;').replaceAll('<', '&lt;').replaceAll('>', '&gt;')
}

// Each other path is a page of the gateway's dashboard, which the mock does not have.
async function sendDashboard(c: AppContext): Promise<Response> {
  const { message } = unknownPath(c)
  const headers = { 'content-type': 'text/html; charset=utf-8', 'cache-control': 'no-cache' }
  return send(c, { status: 200, headers, body: '<!doctype html><title>stub</title>\n', notes: [message] })
}
