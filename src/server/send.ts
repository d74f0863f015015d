import { RESPONSE_ALREADY_SENT } from '@hono/node-server/utils/response'
import type { Context } from 'hono'
import type { Reply } from '../reply/reply.ts'
import type { Env } from './incoming.ts'
import { createRequestId } from './request-id.ts'
import type { Settings } from './settings.ts'
import { toResponse, writeNode } from './write.ts'

/** Sends a Reply to a request that began at `started`, as performance.now() says it. */
export type Send = (c: Context<Env>, reply: Reply, started: number) => Promise<Response>

interface Sending {
  readonly settings: Settings
  /** Aborted when open answers must end. */
  readonly ending: AbortSignal
  /** Whether pages of every origin may read what a path answers. */
  readonly isOpen: (path: string) => boolean
}

/** The one place where Replies leave, with their ids: on a port Node's writer sends them, in process the web's. */
export function createSend({ settings, ending, isOpen }: Sending): { send: Send; countExchanges: () => number } {
  const pacing = { timer: settings.timer, ending }
  let exchanges = 0
  const send: Send = async (c, reply, started) => {
    exchanges++
    const requestId = createRequestId()
    const { method, path } = c.req
    const headers: Record<string, string> = { ...reply.headers, 'x-request-id': requestId, 'x-oneapi-request-id': requestId, 'x-mock-version': settings.version }
    if (isOpen(path)) headers['access-control-allow-origin'] = '*'
    const whole = { ...reply, headers }
    const { outgoing } = c.env
    const response = outgoing === undefined ? await toResponse(whole, pacing, c.req.raw.signal) : await writeNode(whole, outgoing, pacing).then(() => RESPONSE_ALREADY_SENT)
    settings.onExchange({ method, path, status: reply.status, duration: performance.now() - started, requestId, note: reply.headers['x-mock-note'] })
    return response
  }
  return { send, countExchanges: () => exchanges }
}
