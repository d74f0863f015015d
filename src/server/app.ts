import { meets } from '../contract/route.ts'
import type { Trace } from '../journal/trace.ts'
import { ApiError, errorReply } from '../reply/error.ts'
import type { Reply } from '../reply/reply.ts'
import type { Controlled } from './control.ts'
import { CONTROL, controlEndpoints, isControl, isProbe } from './control.ts'
import { answerAt, createRouter, preflight } from './endpoint.ts'
import { createGallery } from './gallery.ts'
import { guardControl, refuseForeign } from './guard.ts'
import { nearPaths } from './hint.ts'
import type { Incoming } from './incoming.ts'
import { isLink, LINK_PATHS, linkEndpoints } from './links.ts'
import { operationEndpoints } from './provide.ts'
import { createRequestId } from './request-id.ts'
import { sessionOf } from './session.ts'
import type { Settings } from './settings.ts'

/** The server without a port: answers a request, and has the Reply written by whoever brought it. */
export interface App {
  readonly handle: <T>(request: Incoming, write: (reply: Reply) => Promise<T>) => Promise<T>
  /** Tells of a fault of the mock itself. */
  readonly onFault: (error: unknown) => void
  /** An error as the Reply that is written where no request could be read. */
  readonly refuse: (error: unknown) => Reply
}

/** A route for each Operation of the contract, the links of its pictures, and the control API. */
export function createApp(settings: Settings, isReady: () => boolean): App {
  let exchanges = 0
  const { answer, isOpen } = createAnswer(settings, { isReady, countExchanges: () => exchanges })
  const { onFault, onExchange } = guarded(settings)
  const toReply = (error: unknown, requestId: string): Reply => {
    if (!(error instanceof ApiError)) onFault(error)
    return errorReply(error, { dialect: settings.errors, requestId })
  }
  // The one place where a Reply is made whole: every one has its ids, and those outside the control API are open to every origin.
  const complete = (reply: Reply, id: string, opened: boolean): Reply => {
    const ids = { 'x-request-id': id, 'x-oneapi-request-id': id, 'x-mock-version': settings.version }
    const headers = opened ? { ...reply.headers, ...ids, 'access-control-allow-origin': '*' } : { ...reply.headers, ...ids }
    return { status: reply.status, headers, body: reply.body, wait: reply.wait ?? 0 }
  }
  return {
    onFault,
    handle: async (request, write) => {
      const started = performance.now()
      const requestId = createRequestId()
      let reply: Reply
      const trace: Trace = { requestId, session: '', faults: [] }
      let fault: string | undefined
      try {
        trace.session = sessionOf(request)
        reply = await answer(request, trace)
      } catch (error) {
        reply = toReply(error, requestId)
        fault = (error instanceof Error ? error.message : String(error)).slice(0, 300)
      }
      reply = complete(reply, requestId, isOpen(request.path))
      const written = await write(reply)
      exchanges++
      const { method, path } = request
      onExchange({ method, path, status: reply.status, duration: performance.now() - started, requestId, note: reply.headers['x-mock-note'], error: fault })
      return written
    },
    refuse: (error) => {
      const requestId = createRequestId()
      return complete(toReply(error, requestId), requestId, true)
    },
  }
}

// What the user's own functions throw must neither change an answer nor end the user's process.
function guarded({ onFault, onExchange }: Settings): Pick<Settings, 'onFault' | 'onExchange'> {
  const tell = (error: unknown): void => {
    try {
      onFault(error)
    } catch {
      // there is nobody left to tell
    }
  }
  return {
    onFault: tell,
    onExchange: (exchange) => {
      try {
        onExchange(exchange)
      } catch (error) {
        tell(error)
      }
    },
  }
}

interface Answering {
  /** The Reply to a request; rejects with an ApiError. */
  readonly answer: (request: Incoming, trace: Trace) => Promise<Reply>
  /** Whether pages of every origin may read what a path answers. */
  readonly isOpen: (path: string) => boolean
}

function createAnswer(settings: Settings, state: Pick<Controlled, 'isReady' | 'countExchanges'>): Answering {
  const { operations } = settings.contract
  const clashes = operations.some(({ path }) => LINK_PATHS.some((ours) => meets(path, ours)))
  const prefix = clashes ? CONTROL : '' // the user's paths win, and ours move
  const gallery = createGallery()
  const find = createRouter([...controlEndpoints({ settings, ...state }), ...linkEndpoints(settings, gallery, prefix), ...operationEndpoints({ settings, gallery, prefix })])
  return {
    answer: async (request, trace) => {
      if (isControl(request.path, prefix)) {
        refuseForeign(request)
        if (!isProbe(request.path)) guardControl(request, settings)
      }
      const found = find(request.path)
      return found === undefined ? notFound(request, settings, prefix) : answerAt(found, request, trace)
    },
    isOpen: (path) => !isControl(path, prefix),
  }
}

// The first few operations, for who asks for something else altogether.
function listOf(operations: Settings['contract']['operations']): string {
  return operations
    .slice(0, 5)
    .map(({ method, path }) => `${method} ${path}`)
    .join(', ')
}

function notFound(request: Incoming, { contract }: Settings, prefix: string): Reply {
  const { method, path } = request
  if (isLink(path, prefix)) throw new ApiError('unknown_picture')
  const isOurs = isControl(path, prefix)
  if (!isOurs && method === 'OPTIONS' && request.header('access-control-request-method') !== undefined) return preflight(request, 'GET, HEAD, POST, OPTIONS')
  throw new ApiError('unknown_path', {
    asked: `${method} ${path.slice(0, 200)}`,
    known: isOurs ? [] : nearPaths(path, contract.operations),
    ...(isOurs ? {} : { reason: listOf(contract.operations) }),
  })
}
