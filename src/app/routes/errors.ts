import type { ErrorHandler } from 'hono'
import { type ErrorReply, ApiError, errorReply } from '../../errors/api-error.ts'
import type { ErrorKind } from '../../errors/table.ts'
import { suggestPaths } from '../../openapi/path-template.ts'
import { StoreForgotten, StoreUnavailable } from '../../store/store.ts'
import { type AppContext, type Env, type MockContext, type RequestContext, createRequestId } from '../context.ts'
import { ALL_ORIGINS } from '../origins.ts'
import { completed, send } from '../send.ts'
import { formatOf } from '../error-format.ts'
import { NoAnswer } from '../to-response.ts'
import type { Reply } from '../../util/reply.ts'
import { behaviourOf } from './operations.ts'
import { preflight } from './other-methods.ts'
import { documentedError, respondWithSample } from './samples.ts'

/** Turns every error into a response. An internal error is reported, and its response is a 500 without the message. */
export const onError: ErrorHandler<Env> = async (thrown, c) => {
  if (thrown instanceof NoAnswer) throw thrown
  const context = c.get('context')
  const mock = c.get('mock')
  const error = toApiError(thrown)
  if (!(error instanceof ApiError)) mock.onFault(error)
  if (context.violations.length === 0) context.violations = violationOf(error)
  context.failure = error.message
  context.notes.length = 0
  const reply = errorReply(error, formatOf(c))
  return send(c, (await inOwnForm(c, error, reply)) ?? reply)
}

// Clients of a contract expect errors as it documents them. Chat requests have the errors of the provider.
async function inOwnForm(c: AppContext, error: Error, reply: ErrorReply): Promise<Reply | undefined> {
  const { operation, isOpen } = c.get('context')
  const { packaged, contract } = c.get('mock')
  if (operation === undefined || !isOpen || !(error instanceof ApiError)) return undefined
  if (behaviourOf(operation, packaged, contract) !== respondWithSample) return undefined
  return documentedError(c, reply, error.message)
}

function toApiError(thrown: Error): Error {
  if (!(thrown instanceof StoreUnavailable)) return thrown
  const kind = thrown instanceof StoreForgotten ? 'store_forgotten' : 'store_unavailable'
  return new ApiError(kind, { reason: thrown.message })
}

// Errors that are violations of the contract, although no schema describes them, and what they are about.
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

/** The response to input that is not a valid HTTP request, with the headers that all responses have. */
export function refusal(mock: MockContext, error: Error): ErrorReply {
  const requestId = createRequestId(mock.errors)
  const reply = errorReply(error, { dialect: mock.errors, requestId })
  const { body } = reply
  return { ...completed(reply, { requestId, headers: ALL_ORIGINS[mock.errors], notes: reply.notes ?? [] }, mock), body }
}

/** Handles unknown paths: with a 404 that suggests the nearest paths, or a CORS preflight for the usual methods. */
export async function notFound(c: AppContext): Promise<Response> {
  const { method } = c.get('context')
  if (method === 'OPTIONS' && c.req.header('access-control-request-method') !== undefined)
    return preflight(c, 'GET, HEAD, POST, OPTIONS')
  throw unknownPath(c)
}

/** The error of a path that the contract does not have. It suggests the nearest paths. */
export function unknownPath(c: AppContext): ApiError {
  const { method, path } = c.get('context')
  const { operations } = c.get('mock').contract
  return new ApiError('unknown_path', {
    asked: `${method} ${path.slice(0, 200)}`,
    known: suggestPaths(path, operations),
    reason: operations
      .slice(0, 5)
      .map((operation) => `${operation.method} ${operation.path}`)
      .join(', '),
  })
}
