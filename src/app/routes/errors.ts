import type { ErrorHandler } from 'hono'
import { type ErrorReply, ApiError, errorReply } from '../../errors/api-error.ts'
import type { ErrorKind } from '../../errors/table.ts'
import { suggestPaths } from '../../openapi/path-template.ts'
import { StoreUnavailable } from '../../store/store.ts'
import { type AppContext, type Env, type MockContext, type RequestContext, createRequestId } from '../context.ts'
import { completed, send } from '../send.ts'
import { NoAnswer } from '../to-response.ts'
import { preflight } from './other-methods.ts'

/** Turns every error into an answer. What is not an ApiError is a fault of the mock: it is reported, and answered with a 500 that says nothing of it. */
export const onError: ErrorHandler<Env> = async (thrown, c) => {
  if (thrown instanceof NoAnswer) throw thrown
  const context = c.get('context')
  const mock = c.get('mock')
  const error =
    thrown instanceof StoreUnavailable ? new ApiError('store_unavailable', { reason: thrown.message }) : thrown
  if (!(error instanceof ApiError)) mock.onFault(error)
  if (context.violations.length === 0) context.violations = violationOf(error)
  context.failure = error.message
  context.notes.length = 0
  const dialect = context.isOpen ? mock.errors : 'openai' // the control API is not a part of the gateway
  return send(c, errorReply(error, { dialect, requestId: context.requestId }))
}

// What the contract forbids beside its schemas: a path or a method that it does not have, a body that cannot be read.
const PARAMS: Readonly<Partial<Record<ErrorKind, string>>> = {
  unknown_path: 'path',
  wrong_method: 'method',
  wrong_content_type: 'content-type',
  content_encoding: 'content-encoding',
  invalid_body: 'body',
  body_too_large: 'body',
}

function violationOf(error: Error): RequestContext['violations'] {
  const param = error instanceof ApiError ? PARAMS[error.kind] : undefined
  return param === undefined ? [] : [{ param, reason: 'value', message: error.message, value: undefined }]
}

/** The answer to what never became a request, with all headers that answers have. */
export function refusal(mock: MockContext, error: Error): ErrorReply {
  const requestId = createRequestId()
  const reply = errorReply(error, { dialect: mock.errors, requestId })
  const { body } = reply
  return { ...completed(reply, { requestId, isOpen: true, notes: reply.notes ?? [] }, mock.version), body }
}

/** Answers a path that nothing else answers: a 404 that suggests the nearest paths, and to a browser's preflight what most paths have. */
export async function notFound(c: AppContext): Promise<Response> {
  const { method, path } = c.get('context')
  const { operations } = c.get('mock').contract
  if (method === 'OPTIONS' && c.req.header('access-control-request-method') !== undefined)
    return preflight(c, 'GET, HEAD, POST, OPTIONS')
  throw new ApiError('unknown_path', {
    asked: `${method} ${path.slice(0, 200)}`,
    known: suggestPaths(path, operations),
    reason: operations
      .slice(0, 5)
      .map((operation) => `${operation.method} ${operation.path}`)
      .join(', '),
  })
}
