import type { Context } from 'hono'
import { Hono } from 'hono'
import { meets, toRoute } from '../contract/route.ts'
import { ApiError, errorReply } from '../reply/error.ts'
import type { Reply } from '../reply/reply.ts'
import { toChecked } from './check.ts'
import { CONTROL, guardControl, isControl, mountControl } from './control.ts'
import { nearPaths } from './hint.ts'
import type { Env } from './incoming.ts'
import { headerOf } from './incoming.ts'
import { LINK_PATHS, mountLinks } from './links.ts'
import type { Answer, Mount } from './mount.ts'
import { behaviourOf } from './operations.ts'
import { preflight } from './preflight.ts'
import { createSend } from './send.ts'
import type { Settings } from './settings.ts'

/** What the app is told by whoever runs it. */
export interface State {
  /** 503 from readyz while false. */
  readonly isReady: () => boolean
  /** Aborted when open answers must end. */
  readonly ending: AbortSignal
}

/** The server: a route for each Operation of the contract, the links of its pictures, and the control API. */
export function createApp(settings: Settings, state: State): Hono<Env> {
  const app = new Hono<Env>()
  const { operations } = settings.contract
  const clashes = operations.some(({ path }) => LINK_PATHS.some((ours) => meets(path, ours)))
  const prefix = clashes ? CONTROL : ''
  const { send, countExchanges } = createSend({ settings, ending: state.ending, isOpen: (path) => !isControl(path, prefix) })
  const toReply = (error: unknown): Reply => {
    if (!(error instanceof ApiError)) settings.onFault(error)
    return errorReply(error)
  }
  const serve = (answer: Answer) => async (c: Context<Env>) => {
    const started = performance.now()
    let reply: Reply
    try {
      reply = await answer(c)
    } catch (error) {
      reply = toReply(error)
    }
    return send(c, reply, started)
  }
  app.use(`${CONTROL}/*`, guardControl(prefix))
  mountControl({ app, serve, settings, isReady: state.isReady, countExchanges })
  mountLinks({ app, serve, settings, prefix })
  for (const path of new Set(operations.map((operation) => operation.path))) mountPath({ app, serve, settings, path, prefix })
  app.notFound(serve(notFound(settings)))
  app.onError((error, c) => {
    if (state.ending.aborted || (c.env.outgoing === undefined && c.req.raw.signal.aborted)) throw error // nobody waits for an answer
    return send(c, toReply(error), performance.now())
  })
  return app
}

function mountPath({ app, serve, settings, path, prefix }: Mount & { path: string; prefix: string }): void {
  const route = toRoute(path)
  const operations = settings.contract.operations.filter((operation) => operation.path === path)
  for (const operation of operations) {
    const behaviour = behaviourOf(operation, settings.packaged)
    app.on(operation.method, route.pattern, serve(async (c) => behaviour(await toChecked(c, { operation, route, settings, prefix }), settings)))
  }
  const methods = operations.map(({ method }) => method)
  const allowed = [...new Set([...methods, ...(methods.includes('GET') ? ['HEAD'] : []), 'OPTIONS'])].join(', ')
  app.all(route.pattern, serve((c) => {
    if (c.req.method === 'OPTIONS') return preflight(c, allowed)
    throw new ApiError('wrong_method', { asked: `${c.req.method} ${c.req.path}`, known: methods, headers: { allow: allowed } })
  }))
}

function notFound(settings: Settings): Answer {
  return (c) => {
    const isOurs = isControl(c.req.path, '')
    if (!isOurs && c.req.method === 'OPTIONS' && headerOf(c, 'access-control-request-method') !== undefined) return preflight(c, 'GET, HEAD, POST, OPTIONS')
    throw new ApiError('unknown_path', { asked: `${c.req.method} ${c.req.path.slice(0, 200)}`, known: isOurs ? [] : nearPaths(c.req.path, settings.contract.operations) })
  }
}
