import { OpenAPIHono, z } from '@hono/zod-openapi'
import type { Next } from 'hono'
import { accepts } from 'hono/accepts'
import { ApiError } from '../../errors/api-error.ts'
import { toJUnit, toMarkdown } from '../../journal/coverage-report.ts'
import { toPathTemplate } from '../../openapi/path-template.ts'
import { scriptSchema } from '../../scenarios/scenario-schema.ts'
import { toColumns } from '../../util/columns.ts'
import { readJson } from '../../util/json.ts'
import { OptionError } from '../../util/option-error.ts'
import { type AppContext, type MockContext, CONTROL } from '../context.ts'
import { isGone } from '../client.ts'
import { readBody } from '../read-body.ts'
import { send } from '../send.ts'
import { sessionDataOf } from '../session-data.ts'
import { type ControlEnv, DONE, JSON_TYPE, rejectInvalid, wantsText } from './control-env.ts'
import { createCatalogueRoutes, catalogueRoutes } from './control-catalogue.ts'
import { createJournalRoutes, journalRoutes } from './control-journal.ts'
import { routes } from './control-routes.ts'
import { PROBES } from './control.ts'
import { basePathOf, chatOperationOf } from './operations.ts'
import { sendEvents } from './events.ts'
import { otherMethods } from './other-methods.ts'

/** The type of the control API, for a typed client: `hc<ControlApi>(mock.url)`. */
export type ControlApi = ReturnType<typeof createRoutes>

const DOCUMENT = `${CONTROL}/openapi.json`

// The other routes.
const DESCRIBED: Readonly<Record<string, { readonly summary: string; readonly mediaType?: string }>> = {
  ...Object.fromEntries(Object.entries(PROBES).map(([name, probe]) => [`${CONTROL}/${name}`, probe])),
  [DOCUMENT]: { summary: 'Get the OpenAPI document of the control API' },
}

const ALL = [
  ...Object.values({ ...routes, ...journalRoutes, ...catalogueRoutes }).map(({ method, path, summary }) => ({
    method,
    path,
    summary,
  })),
  ...Object.entries(DESCRIBED).map(([path, { summary }]) => ({ method: 'get', path, summary })),
].map((route) => ({ ...route, method: route.method.toUpperCase() }))
const ENDPOINTS = ALL.map(({ path }) => ({
  path,
  template: toPathTemplate(path),
  methods: ALL.filter((route) => route.path === path).map(({ method }) => method),
}))

/** Responds to a request to the control API, except for probes. */
export async function handleControl(c: AppContext, api: ControlApi, next: Next): Promise<Response | void> {
  const context = c.get('context')
  const mock = c.get('mock')
  const { method, path, query, session } = context
  const endpoint = ENDPOINTS.find(({ template }) => template.matches(path))
  if (endpoint === undefined)
    throw new ApiError('unknown_path', {
      asked: `${method} ${path.slice(0, 200)}`,
      reason: `GET ${CONTROL} lists them`,
    })
  const known = method === 'HEAD' ? 'GET' : method
  if (!endpoint.methods.includes(known)) return otherMethods(endpoint.methods)(c, next)
  context.endpoint = `${method} ${endpoint.path}`
  const body = method === 'POST' ? await readJsonText(c) : undefined
  const url = `http://control${path.split('/').map(encodeURIComponent).join('/')}${query === '' ? '' : `?${query}`}`
  const headers = { accept: c.req.header('accept') ?? '', 'content-type': 'application/json' }
  const request = new Request(url, { method: known, headers, ...(body === undefined ? {} : { body }) })
  const data = sessionDataOf(mock, session === '' ? undefined : session)
  const out: ControlEnv['Bindings']['out'] = {}
  const creator = { version: mock.version, url: context.base.slice(0, context.base.length - mock.prefix.length) }
  const response = await api.fetch(request, { data, creator, out, isGone: () => isGone(c) })
  if (out.respond !== undefined) return out.respond(c)
  const type = response.headers.get('content-type') ?? 'application/json'
  return send(c, {
    status: response.status,
    headers: { 'content-type': type, 'x-content-type-options': 'nosniff' },
    body: out.frames ?? (await response.text()),
  })
}

/** Values of a script. Zod needs ten microseconds for each that is wrong. */
const MAX_VALUES = 10_000

// The text of a JSON body, within the limits of readJson. Undefined if it is empty, whatever its Content-Type.
async function readJsonText(c: AppContext): Promise<string | undefined> {
  const bytes = await readBody(c)
  if (bytes.length === 0) return undefined
  const type = c.req.header('content-type') ?? ''
  if (!/^application\/json\s*(?:;|$)/i.test(type))
    throw new ApiError('wrong_content_type', { asked: type.slice(0, 64) || 'none', known: ['application/json'] })
  const reading = readJson(bytes, MAX_VALUES)
  if ('fault' in reading) throw new ApiError('invalid_body', { reason: reading.fault })
  return bytes.toString()
}

// The routes with their handlers.
function createRoutes(mock: MockContext) {
  return new OpenAPIHono<ControlEnv>({ defaultHook: rejectInvalid })
    .route('/', createJournalRoutes())
    .route('/', createCatalogueRoutes(mock))
    .openapi(routes.index, (c) =>
      wantsText(c)
        ? c.text(`${toColumns(ALL.map(({ method, path, summary }) => [method, path, summary]))}\n`, 200)
        : c.json({ routes: ALL }, 200),
    )
    .openapi(routes.events, (c) => {
      c.env.out.respond = sendEvents
      return c.body('', 200, { 'content-type': 'text/event-stream' })
    })
    .openapi(routes.contract, ({ json: reply }) => {
      const { method, path } = chatOperationOf(mock) ?? {}
      const chat = method === undefined || path === undefined ? null : { method, path }
      return reply({ basePath: basePathOf(mock), chat, document: mock.contract.document }, 200)
    })
    .openapi(routes.script, async ({ env, req, json: reply }) =>
      reply({ scripted: await env.data.script(req.valid('json')) }, 200),
    )
    .openapi(routes.pending, async ({ env, json: reply }) => reply({ pending: await env.data.pending() }, 200))
    .openapi(routes.reset, async ({ env, json: reply }) => {
      await env.data.reset()
      return reply(DONE, 200)
    })
    .openapi(routes.coverage, async (c) => {
      const { total, ...query } = c.req.valid('query')
      const scope = { models: query.models ?? [], scenarios: query.scenarios ?? [] }
      const coverage = await (total === 'true' ? c.env.data.total(scope) : c.env.data.coverage(scope)).catch(
        rejectScope,
      )
      const supports = [JSON_TYPE, 'text/markdown', 'application/xml']
      const type = accepts(c, { header: 'Accept', supports, default: JSON_TYPE })
      if (type === JSON_TYPE) return c.json(coverage, 200)
      const report = type === 'text/markdown' ? toMarkdown(coverage) : toJUnit(coverage)
      return c.body(report, 200, { 'content-type': `${type}; charset=utf-8` })
    })
}

/** Creates the control API. Its document is generated from its routes. */
export function createControlApi(mock: MockContext): ControlApi {
  const api = createRoutes(mock)
  for (const [path, { summary, mediaType = JSON_TYPE }] of Object.entries(DESCRIBED)) {
    const schema = mediaType === JSON_TYPE ? z.looseObject({}) : z.string()
    const responses = { 200: { description: summary, content: { [mediaType]: { schema } } } }
    api.openAPIRegistry.registerPath({ method: 'get', path, summary, responses })
  }
  api.onError((error) => {
    // The app's onError responds. Hono's own 400 means that the body is missing. It may come from another copy of
    // Hono, so that instanceof does not recognise it.
    throw 'status' in error && error.status === 400 && !(error instanceof ApiError)
      ? new ApiError('invalid_body', { reason: 'The request has no body.' })
      : error
  })
  const document = documentOf(api, mock.version)
  api.get(DOCUMENT, (context) => context.json(document))
  return api
}

// Adds what all routes have in common: an operationId and the error response.
function documentOf(api: ControlApi, version: string): object {
  const document = api.getOpenAPI31Document({
    openapi: '3.1.0',
    info: { title: 'Control API of chat-image-mock', version },
  })
  const error = { description: 'The error', content: { 'application/json': { schema: ERROR } } }
  for (const [path, item] of Object.entries(document.paths ?? {})) {
    for (const [method, operation] of Object.entries(item)) {
      operation.operationId = `${method}${path.slice(CONTROL.length).replaceAll(/[^a-z]+([a-z]?)/g, (_, letter: string) => letter.toUpperCase())}`
      operation.responses.default = error
    }
  }
  const body = document.paths?.[routes.script.path]?.post?.requestBody
  const { schema, definitions } = scriptSchema('#/components/schemas/')
  if (body !== undefined && 'content' in body) Object.assign(body.content, { 'application/json': { schema } })
  Object.assign((document.components ??= {}), { schemas: { ...document.components.schemas, ...definitions } })
  return document
}

const TEXT = { type: 'string' }
const TEXT_OR_NULL = { type: ['string', 'null'] }
const ERROR = {
  type: 'object',
  required: ['error'],
  properties: {
    error: {
      type: 'object',
      required: ['message', 'type', 'param', 'code'],
      properties: { message: TEXT, type: TEXT, param: TEXT_OR_NULL, code: TEXT_OR_NULL },
    },
  },
}

function rejectScope(error: unknown): never {
  if (!(error instanceof OptionError)) throw error
  const [param = ''] = error.message.split(':')
  throw new ApiError('invalid_value', { param, reason: `Invalid query: ${error.message}` })
}
