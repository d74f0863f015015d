import type { Hook } from '@hono/zod-openapi'
import { OpenAPIHono, z } from '@hono/zod-openapi'
import { toWords } from '../../chat/zod-helpers.ts'
import { readJson } from '../../util/json.ts'
import { readExchange } from '../../journal/exchange.ts'
import type { Filter } from '../../journal/filter.ts'
import { toJUnit, toMarkdown } from '../../journal/coverage-report.ts'
import { ApiError } from '../../errors/api-error.ts'
import type { Frame } from '../../util/reply.ts'
import { scriptSchema } from '../../scenarios/scenario-schema.ts'
import type { StoredExchange } from '../../store/store.ts'
import { BASE, OTHERS, routes } from './control-routes.ts'
import type { ControlApi, Controlled } from './controlled.ts'
import type { Incoming } from '../incoming.ts'
import type { Memory } from '../session-data.ts'
import { memoryOf } from '../session-data.ts'
import type { Settings } from '../settings.ts'

/** What is answered piece by piece, in place of a route's own body. */
interface Out {
  frames?: Frame[]
}

interface Env {
  Bindings: { readonly memory: Memory; readonly out: Out }
}

/** The control API, code first: its document is made from its routes. */
export function createControlApi(controlled: Controlled): ControlApi {
  const { settings, journal } = controlled
  const api = createDocumented(controlled)
  return async (request, trace) => {
    const body = request.method === 'POST' ? await readBody(request) : undefined
    const path = request.path.split('/').map(encodeURIComponent).join('/') // it was decoded: a backslash in it is no slash
    const url = `http://control${path}${request.query === '' ? '' : `?${request.query}`}`
    const memory = memoryOf(settings, journal.known, trace.session === '' ? undefined : trace.session)
    const given = new Request(url, {
      method: request.method === 'HEAD' ? 'GET' : request.method,
      headers: headersOf(request),
      ...(body === undefined ? {} : { body }),
    })
    const out: Out = {}
    const response = await api.fetch(given, { memory, out })
    const headers = {
      'x-content-type-options': 'nosniff',
      'content-type': response.headers.get('content-type') ?? 'application/json',
    }
    return { status: response.status, headers, body: out.frames ?? (await response.text()) }
  }
}

function headersOf(request: Incoming): Headers {
  return new Headers({ accept: request.header('accept') ?? '', 'content-type': 'application/json' }) // a body is nothing else
}

// The text of a body within the bounds; undefined for one that is empty.
async function readBody(request: Incoming): Promise<string | undefined> {
  const type = request.header('content-type') ?? ''
  if (!/^application\/json\s*(?:;|$)/i.test(type))
    throw new ApiError('wrong_content_type', { asked: type.slice(0, 64) || 'none', known: ['application/json'] })
  const bytes = await request.readBody()
  if (bytes.length === 0) return undefined
  const reading = readJson(bytes)
  if ('fault' in reading) throw new ApiError('invalid_body', { reason: reading.fault })
  return bytes.toString()
}

/** The control API as its routes type it, for a client that is made from them. */
export type ControlRoutes = ReturnType<typeof createRoutes>

// Each route with what answers it.
function createRoutes({ choosing }: Settings) {
  const scenarios = [...choosing.catalogue.values()].map(({ then: _answer, ...about }) => about)
  return new OpenAPIHono<Env>({ defaultHook: refuseInvalid })
    .openapi(routes.exchanges, async ({ env, req, json: reply, text }) => {
      const asked = filterOf(req.valid('query'))
      if (prefers(req.header('accept'), 'text/plain')) return text(`${await env.memory.table(asked)}\n`, 200)
      env.out.frames = toFrames(await env.memory.kept(asked))
      return reply({ exchanges: [] }, 200)
    })
    .openapi(routes.erase, async ({ env, req, json: reply }) => {
      await env.memory.erase(filterOf(req.valid('query')))
      return reply(FORGOTTEN, 200)
    })
    .openapi(routes.exchange, async ({ env, req, json: reply }) => {
      const { id } = req.valid('param')
      const found = await env.memory.exchange(id)
      if (found === undefined) throw new ApiError('unknown_exchange', { asked: id.slice(0, 64) })
      return reply(found, 200)
    })
    .openapi(routes.scenarios, async ({ json: reply }) => reply({ scenarios }, 200))
    .openapi(routes.script, async ({ env, req, json: reply }) =>
      reply({ scripted: await env.memory.script(req.valid('json')) }, 200),
    )
    .openapi(routes.pending, async ({ env, json: reply }) => reply({ pending: await env.memory.pending() }, 200))
    .openapi(routes.reset, async ({ env, json: reply }) => {
      await env.memory.reset()
      return reply(FORGOTTEN, 200)
    })
    .openapi(routes.coverage, async ({ env, req, json: reply, body }) => {
      const coverage = await (req.valid('query').total === 'true' ? env.memory.total() : env.memory.coverage())
      const accept = req.header('accept')
      if (prefers(accept, 'text/markdown'))
        return body(toMarkdown(coverage), 200, { 'content-type': 'text/markdown; charset=utf-8' })
      if (prefers(accept, 'application/xml'))
        return body(toJUnit(coverage), 200, { 'content-type': 'application/xml; charset=utf-8' })
      return reply(coverage, 200)
    })
}

function createDocumented({ settings }: Controlled): ControlRoutes {
  const api = createRoutes(settings)
  for (const [name, [summary, mediaType]] of Object.entries(OTHERS)) {
    const schema = mediaType === 'text/plain' ? z.string() : z.looseObject({})
    api.openAPIRegistry.registerPath({
      method: 'get',
      path: `${BASE}/${name}`,
      summary,
      responses: { 200: { description: summary, content: { [mediaType]: { schema } } } },
    })
  }
  api.onError((error) => {
    // It becomes a Reply where all errors do. Hono's own is of a body that is not there, and of another copy of hono than ours.
    throw 'status' in error && error.status === 400 && !(error instanceof ApiError)
      ? new ApiError('invalid_body', { reason: 'The request has no body.' })
      : error
  })
  api.notFound(({ req }) => {
    throw new ApiError('unknown_path', { asked: `${req.method} ${req.path.slice(0, 200)}` })
  })
  const document = documentOf(api, settings.version)
  api.get(`${BASE}/openapi.json`, (context) => context.json(document))
  return api
}

// What is true of every route stands in none of them.
function documentOf(api: ControlRoutes, version: string): object {
  const document = api.getOpenAPI31Document({
    openapi: '3.1.0',
    info: { title: 'The control API of chat-image-mock', version },
  })
  const error = { description: 'What is wrong', content: { 'application/json': { schema: ERROR } } }
  for (const [path, item] of Object.entries(document.paths ?? {})) {
    for (const [method, operation] of Object.entries(item)) {
      operation.operationId = `${method}${path.slice(BASE.length).replaceAll(/[^a-z]+([a-z]?)/g, (_, letter: string) => letter.toUpperCase())}`
      operation.responses.default = error
    }
  }
  const body = document.paths?.[routes.script.path]?.post?.requestBody
  const { schema, definitions } = scriptSchema('#/components/schemas/')
  if (body !== undefined && 'content' in body) Object.assign(body.content, { 'application/json': { schema } })
  Object.assign((document.components ??= {}), { schemas: { ...document.components.schemas, ...definitions } })
  return document
}

const ERROR = {
  type: 'object',
  required: ['error'],
  properties: {
    error: {
      type: 'object',
      required: ['message', 'type', 'param', 'code'],
      properties: {
        message: { type: 'string' },
        type: { type: 'string' },
        param: { type: ['string', 'null'] },
        code: { type: ['string', 'null'] },
      },
    },
  },
}

const FORGOTTEN = { status: 'ok' } as const

const refuseInvalid: Hook<unknown, Env, string, undefined> = (result) => {
  if (result.success) return undefined
  const { issues } = result.error
  const [first] = issues
  const param = first?.code === 'unrecognized_keys' ? first.keys[0] : first?.path[0]
  throw new ApiError('invalid_value', {
    param: String(param ?? '').slice(0, 64),
    reason: `Invalid ${result.target}: ${issues.map(toWords).join('; ')}.`,
  })
}

function filterOf(query: { readonly [K in keyof Filter]: Filter[K] | undefined }): Filter {
  return Object.fromEntries(Object.entries(query).filter(([, value]) => value !== undefined))
}

// Each Exchange is read when it is its turn to be written: a journal may hold megabytes.
function toFrames(all: readonly StoredExchange[]): Frame[] {
  const frames = all.map((kept, i): Frame => ({
    wait: 0,
    isAlone: true,
    get data() {
      return `${i === 0 ? '' : ','}${JSON.stringify(readExchange(kept))}`
    },
  }))
  return [{ wait: 0, data: '{"exchanges":[' }, ...frames, { wait: 0, data: ']}' }]
}

// A report is sent as what was asked for first; everything else is JSON.
function prefers(accept: string | undefined, mediaType: string): boolean {
  return accept?.split(',')[0]?.split(';')[0]?.trim() === mediaType
}
