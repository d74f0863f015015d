import { createRoute, OpenAPIHono, z } from '@hono/zod-openapi'
import { ApiError } from '../../errors/api-error.ts'
import { type ExchangeSummary, readSummary } from '../../journal/summary.ts'
import type { StoredExchange } from '../../store/store.ts'
import { type Frame, createFrames } from '../../util/reply.ts'
import { CONTROL } from '../context.ts'
import { type ControlEnv, DONE, filterOf, NOT_COUNTED, rejectInvalid } from './control-env.ts'
import { done, filter, json, session } from './control-routes.ts'

// This schema does not validate: it is for the document and the types. The mock writes summaries itself.
const summary = z.custom<ExchangeSummary>().openapi('ExchangeSummary', {
  type: 'object',
  required: ['id', 'time', 'session', 'request', 'response', 'violations', 'pictures'],
  properties: {
    id: { type: 'string' },
    time: { type: 'string', format: 'date-time' },
    session: { type: 'string' },
    request: { type: 'object' },
    response: { type: 'object' },
    violations: { type: 'integer' },
    pictures: { type: 'array', items: { type: 'object' } },
  },
})

/** The routes for lists of exchanges, and to delete one. */
export const journalRoutes = {
  summaries: createRoute({
    method: 'get',
    path: `${CONTROL}/summaries`,
    summary: 'List the exchanges without headers and bodies, the oldest first',
    request: { headers: session, query: filter },
    responses: { 200: json(z.object({ exchanges: z.array(summary) }), 'The exchanges without headers and bodies') },
  }),
  remove: createRoute({
    method: 'delete',
    path: `${CONTROL}/exchanges/{id}`,
    summary: 'Delete one exchange by its id, or the newest one with latest',
    request: { headers: session, params: z.object({ id: z.string() }) },
    responses: { 200: json(done, 'The exchange is deleted') },
  }),
}

/** Creates these routes with their handlers. */
export function createJournalRoutes() {
  return new OpenAPIHono<ControlEnv>({ defaultHook: rejectInvalid })
    .openapi(journalRoutes.summaries, async (c) => {
      const kept = await c.env.data.kept(filterOf(c.req.valid('query')))
      c.env.out.frames = createFrames(() => toFrames(kept), NOT_COUNTED)
      return c.json({ exchanges: [] }, 200)
    })
    .openapi(journalRoutes.remove, async ({ env, req, json: reply }) => {
      const { id } = req.valid('param')
      if (!(await env.data.remove(id))) throw new ApiError('unknown_exchange', { asked: id.slice(0, 64) })
      return reply(DONE, 200)
    })
}

/** Summaries that are sent at once. */
const BATCH = 20

// They are read while they are sent, as the exchanges of a list are.
function* toFrames(all: readonly StoredExchange[]): Generator<Frame> {
  yield { wait: 0, data: '{"exchanges":[' }
  let comma = ''
  for (let i = 0; i < all.length; i += BATCH) {
    const kept = all.slice(i, i + BATCH).filter(({ bytes }) => bytes.length > 0)
    if (kept.length === 0) continue
    yield { wait: 0, isAlone: true, data: comma + kept.map((one) => JSON.stringify(readSummary(one))).join() }
    comma = ','
  }
  yield { wait: 0, data: ']}' }
}
