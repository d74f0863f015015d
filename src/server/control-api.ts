import { createRoute, OpenAPIHono, z } from '@hono/zod-openapi'
import type { Context } from 'hono'
import { mapping, toWords } from '../chat/facts.ts'
import type { JsonValue } from '../contract/json.ts'
import { readJson } from '../contract/json.ts'
import { readExchange } from '../journal/exchange.ts'
import type { Filter } from '../journal/filter.ts'
import { toJUnit, toMarkdown } from '../journal/report.ts'
import { ApiError } from '../reply/error.ts'
import type { Frame } from '../reply/reply.ts'
import type { Kept } from '../store/store.ts'
import type { ControlApi, Controlled } from './controlled.ts'
import type { Incoming } from './incoming.ts'
import type { Memory } from './memory.ts'
import { memoryOf } from './memory.ts'

/** What is answered piece by piece, in place of a route's own body. */
interface Out {
  frames?: Frame[]
}

interface Env {
  Bindings: { readonly memory: Memory; readonly out: Out }
}

const BASE = '/__mock'
const session = z.object({
  'x-mock-session': z
    .string()
    .max(100)
    .optional()
    .openapi({ description: 'Whose memory; without it, and without a bearer key, what is read and forgotten is of all sessions, and what is scripted is for all that have no name of their own.' }),
})
const filter = mapping({
  model: z.string().openapi({ description: 'A name, or a family as name-*' }).optional(),
  status: z
    .string()
    .regex(/^(?:\d{3}|\dxx)$/i, 'write it as 429, or as 4xx')
    .openapi({ description: '429, or 4xx' })
    .optional(),
  operation: z.string().openapi({ description: "An operation's id, its path, or POST /path" }).optional(),
  scenario: z.string().optional(),
  stream: z
    .enum(['true', 'false'])
    .transform((text) => text === 'true')
    .optional(),
  path: z.string().openapi({ description: 'With * at its end, what it begins with' }).optional(),
  since: z.string().openapi({ description: 'Only those after the one with this id' }).optional(),
  limit: z.coerce.number({ error: 'write a whole number' }).int().min(1).max(100_000).openapi({ description: 'The newest ones' }).optional(),
})
const exchange = z.looseObject({ id: z.string(), time: z.string(), session: z.string() }).openapi('Exchange')
const entry = z
  .object({ scenario: z.any().openapi({ description: "A scenario's name, or {then: …}" }), times: z.int().min(1).optional(), when: z.record(z.string(), z.any()).optional() })
  .openapi('ScriptEntry')
const pending = z.object({ pending: z.array(z.object({ scenario: z.any(), when: z.any().optional(), times: z.int() })) })
const forgotten = z.object({ status: z.literal('ok') })

const json = <T extends z.ZodType>(schema: T, description: string): { readonly description: string; readonly content: { readonly 'application/json': { readonly schema: T } } } => ({
  description,
  content: { 'application/json': { schema } },
})

const routes = {
  exchanges: createRoute({
    method: 'get',
    path: `${BASE}/exchanges`,
    summary: 'What was asked and answered, the oldest first; as a table with Accept: text/plain',
    request: { headers: session, query: filter },
    responses: { 200: json(z.object({ exchanges: z.array(exchange) }), 'The Exchanges') },
  }),
  erase: createRoute({
    method: 'delete',
    path: `${BASE}/exchanges`,
    summary: 'Forget what was asked and answered, as far as it fits the filter',
    request: { headers: session, query: filter },
    responses: { 200: json(forgotten, 'It is forgotten') },
  }),
  exchange: createRoute({
    method: 'get',
    path: `${BASE}/exchanges/{id}`,
    summary: 'One Exchange; latest is the newest',
    request: { headers: session, params: z.object({ id: z.string() }) },
    responses: { 200: json(exchange, 'The Exchange') },
  }),
  scenarios: createRoute({
    method: 'get',
    path: `${BASE}/scenarios`,
    summary: 'What can be asked for',
    responses: { 200: json(z.object({ scenarios: z.array(z.object({ name: z.string(), about: z.string(), when: z.any().optional() })) }), 'The scenarios') },
  }),
  script: createRoute({
    method: 'post',
    path: `${BASE}/script`,
    summary: 'The next answers, in order',
    request: { headers: session, body: { required: true, content: { 'application/json': { schema: z.union([entry, z.array(entry)]) } } } },
    responses: { 200: json(z.object({ scripted: z.int() }), 'How many entries were added') },
  }),
  pending: createRoute({ method: 'get', path: `${BASE}/script`, summary: 'What is scripted and not yet asked for', request: { headers: session }, responses: { 200: json(pending, 'The script') } }),
  reset: createRoute({
    method: 'post',
    path: `${BASE}/reset`,
    summary: 'Forget script, positions, Exchanges and coverage',
    request: { headers: session },
    responses: { 200: json(forgotten, 'It is forgotten') },
  }),
  coverage: createRoute({
    method: 'get',
    path: `${BASE}/coverage`,
    summary: 'What was exercised, and what not yet; also as text/markdown, and as JUnit with Accept: application/xml',
    request: { headers: session },
    responses: { 200: json(z.any(), 'The coverage') },
  }),
}

// Answered without this file; here they are documented.
const OTHERS = {
  livez: 'Whether the process runs',
  readyz: 'Whether requests are answered; 503 before they are, and while the mock ends',
  health: 'Version, contract, and how much is kept',
  'openapi.json': 'This document',
} as const

/** The control API, code first: its document is made from its routes. */
export function createControlApi(controlled: Controlled): ControlApi {
  const { settings, journal } = controlled
  const api = createRoutes(controlled)
  return async (request, trace) => {
    if (request.method === 'POST' && !/^application\/json\s*(?:;|$)/i.test(request.header('content-type') ?? '')) {
      throw new ApiError('wrong_content_type', { asked: (request.header('content-type') ?? 'none').slice(0, 64), known: ['application/json'] })
    }
    const body = request.method === 'POST' ? await request.readBody() : undefined
    const url = `http://control${request.path}${request.query === '' ? '' : `?${request.query}`}`
    const memory = memoryOf(settings, journal.known, trace.session === '' ? undefined : trace.session)
    const given = new Request(url, {
      method: request.method === 'HEAD' ? 'GET' : request.method,
      headers: headersOf(request),
      ...(body === undefined || body.length === 0 ? {} : { body: new Uint8Array(body) }),
    })
    const out: Out = {}
    const response = await api.fetch(given, { memory, out })
    const headers = { 'x-content-type-options': 'nosniff', 'content-type': response.headers.get('content-type') ?? 'application/json' }
    return { status: response.status, headers, body: out.frames ?? (await response.text()) }
  }
}

function headersOf(request: Incoming): Headers {
  const headers = new Headers()
  for (const name of ['content-type', 'accept']) headers.set(name, request.header(name) ?? '')
  return headers
}

type Handler = (context: Context<Env>) => Promise<Response>

// Each route with what answers it. The document is made from the routes; what comes in is read by the same schemas.
function createRoutes({ settings }: Controlled): OpenAPIHono<Env> {
  const { version, choosing } = settings
  const scenarios = [...choosing.catalogue.values()].map(({ then: _answer, ...told }) => told)
  const handlers: Readonly<Record<keyof typeof routes, Handler>> = {
    exchanges: listExchanges,
    exchange: findExchange,
    erase: async (context) => done(context, context.env.memory.erase(filterOf(context))),
    scenarios: async (context) => context.json({ scenarios }),
    script: async (context) => context.json({ scripted: await context.env.memory.script(await readBody(context)) }),
    pending: async (context) => context.json({ pending: await context.env.memory.pending() }),
    reset: async (context) => done(context, context.env.memory.reset()),
    coverage: tellCoverage,
  }
  const api = new OpenAPIHono<Env>()
  for (const [name, route] of Object.entries(routes)) {
    api.openAPIRegistry.registerPath(route)
    if (isRoute(name)) api.on(route.method, route.getRoutingPath(), handlers[name])
  }
  for (const [name, summary] of Object.entries(OTHERS)) {
    api.openAPIRegistry.registerPath({ method: 'get', path: `${BASE}/${name}`, summary, responses: { 200: json(z.looseObject({}), summary) } })
  }
  api.onError((error) => {
    throw error // it becomes a Reply where all errors do
  })
  api.notFound(({ req }) => {
    throw new ApiError('unknown_path', { asked: `${req.method} ${req.path.slice(0, 200)}` })
  })
  api.doc31(`${BASE}/openapi.json`, { openapi: '3.1.0', info: { title: 'The control API of chat-image-mock', version } })
  return api
}

function isRoute(name: string): name is keyof typeof routes {
  return Object.hasOwn(routes, name)
}

// The filter that a query says; an ApiError for one that says something else.
function filterOf(context: Context<Env>): Filter {
  const asked = filter.safeParse(context.req.query())
  if (asked.success) return Object.fromEntries(Object.entries(asked.data).filter(([, value]) => value !== undefined))
  const { issues } = asked.error
  const [first] = issues
  const param = first?.code === 'unrecognized_keys' ? first.keys[0] : first?.path[0]
  throw new ApiError('invalid_value', { param: String(param ?? ''), reason: `Invalid query: ${issues.map(toWords).join('; ')}.` })
}

async function listExchanges(context: Context<Env>): Promise<Response> {
  const { memory, out } = context.env
  const asked = filterOf(context)
  if (prefers(context.req.header('accept'), 'text/plain')) return context.text(`${await memory.table(asked)}\n`)
  out.frames = toFrames(await memory.kept(asked))
  return context.json({})
}

// Each Exchange is read when it is its turn to be written: a journal may hold megabytes.
function toFrames(all: readonly Kept[]): Frame[] {
  const frames = all.map((kept, i): Frame => ({
    wait: 0,
    isAlone: true,
    get data() {
      return `${i === 0 ? '' : ','}${JSON.stringify(readExchange(kept))}`
    },
  }))
  return [{ wait: 0, data: '{"exchanges":[' }, ...frames, { wait: 0, data: ']}' }]
}

async function findExchange(context: Context<Env>): Promise<Response> {
  const id = context.req.param('id') ?? ''
  const found = await context.env.memory.exchange(id)
  if (found === undefined) throw new ApiError('unknown_exchange', { asked: id.slice(0, 64) })
  return context.json(found)
}

async function tellCoverage(context: Context<Env>): Promise<Response> {
  const coverage = await context.env.memory.coverage()
  const accept = context.req.header('accept')
  if (prefers(accept, 'text/markdown')) return context.body(toMarkdown(coverage), 200, { 'content-type': 'text/markdown; charset=utf-8' })
  if (prefers(accept, 'application/xml')) return context.body(toJUnit(coverage), 200, { 'content-type': 'application/xml; charset=utf-8' })
  return context.json(coverage)
}

async function readBody(context: Context<Env>): Promise<JsonValue> {
  const reading = readJson(Buffer.from(await context.req.arrayBuffer()))
  if ('fault' in reading) throw new ApiError('invalid_body', { reason: reading.fault })
  return reading.value
}

async function done(context: Context<Env>, doing: Promise<void>): Promise<Response> {
  await doing
  return context.json({ status: 'ok' })
}

// A report is sent as what was asked for first; everything else is JSON.
function prefers(accept: string | undefined, mediaType: string): boolean {
  return accept?.split(',')[0]?.split(';')[0]?.trim() === mediaType
}
