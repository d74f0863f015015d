import { createRoute, OpenAPIHono, z } from '@hono/zod-openapi'
import { accepts } from 'hono/accepts'
import { ApiError } from '../../errors/api-error.ts'
import { type Exchange, readExchange } from '../../journal/exchange.ts'
import { type ListFormat, LIST_FORMATS } from '../../journal/list-formats.ts'
import { type ExchangeSummary, readSummary } from '../../journal/summary.ts'
import type { StoredExchange } from '../../store/store.ts'
import { type Frame, createFrames } from '../../util/reply.ts'
import { CONTROL } from '../context.ts'
import { type ControlEnv, DONE, filterOf, JSON_TYPE, NOT_COUNTED, rejectInvalid } from './control-env.ts'
import { done, filter, json, session, text } from './control-routes.ts'

// These schemas do not validate: they are for the document and the types. The mock writes exchanges itself.
const exchange = z.custom<Exchange>().openapi('Exchange', {
  type: 'object',
  required: ['id', 'time', 'session', 'request', 'response'],
  properties: {
    id: { type: 'string' },
    time: { type: 'string', format: 'date-time' },
    session: { type: 'string' },
    request: { type: 'object' },
    response: { type: 'object' },
  },
})
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

/** The routes for exchanges. */
export const journalRoutes = {
  exchanges: createRoute({
    method: 'get',
    path: `${CONTROL}/exchanges`,
    summary: 'List the exchanges, the oldest first. Accept: text/plain, application/x-ndjson or application/har+json.',
    request: { headers: session, query: filter },
    responses: {
      200: {
        description: 'The exchanges',
        content: {
          'application/json': { schema: z.object({ exchanges: z.array(exchange) }) },
          'text/plain': text,
          'application/x-ndjson': text,
          'application/har+json': { schema: z.custom<never>().openapi({ type: 'object' }) },
        },
      },
    },
  }),
  erase: createRoute({
    method: 'delete',
    path: `${CONTROL}/exchanges`,
    summary: 'Delete the exchanges that match the filter',
    request: { headers: session, query: filter },
    responses: { 200: json(done, 'The exchanges are deleted') },
  }),
  exchange: createRoute({
    method: 'get',
    path: `${CONTROL}/exchanges/{id}`,
    summary: 'Get one exchange by its id, or the newest one with latest',
    request: { headers: session, params: z.object({ id: z.string() }) },
    responses: { 200: json(exchange, 'The exchange') },
  }),
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
    .openapi(journalRoutes.exchanges, async (c) => {
      const query = filterOf(c.req.valid('query'))
      const supports = [...LIST_TYPES, 'text/plain']
      const type = accepts(c, { header: 'Accept', supports, default: JSON_TYPE })
      const listType = LIST_TYPES.find((known) => known === type)
      if (listType === undefined) return c.text(`${await c.env.data.table(query)}\n`, 200)
      const kept = await c.env.data.kept(query)
      const format = LIST_FORMATS[listType](c.env.creator)
      c.env.out.frames = createFrames(() => toFrames(kept, format), NOT_COUNTED)
      return listType === JSON_TYPE ? c.json({ exchanges: [] }, 200) : c.text('', 200, { 'content-type': listType })
    })
    .openapi(journalRoutes.erase, async ({ env, req, json: reply }) => {
      await env.data.erase(filterOf(req.valid('query')))
      return reply(DONE, 200)
    })
    .openapi(journalRoutes.exchange, async ({ env, req, json: reply }) => {
      const { id } = req.valid('param')
      const found = await env.data.exchange(id)
      if (found === undefined) throw new ApiError('unknown_exchange', { asked: id.slice(0, 64) })
      return reply(found, 200)
    })
    .openapi(journalRoutes.summaries, async (c) => {
      const kept = await c.env.data.kept(filterOf(c.req.valid('query')))
      c.env.out.frames = createFrames(() => toSummaryFrames(kept), NOT_COUNTED)
      return c.json({ exchanges: [] }, 200)
    })
    .openapi(journalRoutes.remove, async ({ env, req, json: reply }) => {
      const { id } = req.valid('param')
      if (!(await env.data.remove(id))) throw new ApiError('unknown_exchange', { asked: id.slice(0, 64) })
      return reply(DONE, 200)
    })
}

const LIST_TYPES = ['application/json', 'application/x-ndjson', 'application/har+json'] as const
/** Summaries that are sent at once. */
const BATCH = 20

// They are read while they are sent, as the exchanges of a list are.
function* toSummaryFrames(all: readonly StoredExchange[]): Generator<Frame> {
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

// Each Exchange is parsed when it is sent, because a journal may hold megabytes. Those that were evicted or deleted
// since the request are omitted. An empty frame would stop the stream.
function* toFrames(all: readonly StoredExchange[], { begin, item, separator, end }: ListFormat): Generator<Frame> {
  if (begin !== '') yield { wait: 0, data: begin }
  let before = ''
  for (const kept of all) {
    if (kept.bytes.length === 0) continue
    yield { wait: 0, isAlone: true, data: before + item(readExchange(kept)) }
    before = separator
  }
  if (end !== '') yield { wait: 0, data: end }
}
