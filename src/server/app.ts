import { RESPONSE_ALREADY_SENT } from '@hono/node-server/utils/response'
import type { Context } from 'hono'
import { Hono } from 'hono'
import { checkRequest } from '../contract/check.ts'
import { readJson } from '../contract/json.ts'
import type { Operation } from '../contract/operation.ts'
import { isJsonType } from '../contract/operation.ts'
import type { Route } from '../contract/route.ts'
import { meets, toRoute } from '../contract/route.ts'
import { ApiError, errorReply } from '../reply/error.ts'
import type { Reply } from '../reply/reply.ts'
import { CONTROL, guardControl, mountControl } from './control.ts'
import { nearPaths } from './hint.ts'
import type { Env } from './incoming.ts'
import { baseOf, headerOf, readBody } from './incoming.ts'
import { LINK_PATHS, mountLinks } from './links.ts'
import type { CheckedRequest } from './operations.ts'
import type { Answer, Mount } from './mount.ts'
import { behaviourOf, toFaultError } from './operations.ts'
import { preflight } from './preflight.ts'
import { createRequestId } from './request-id.ts'
import type { Settings } from './settings.ts'
import { paceOf } from './pace.ts'
import { toResponse, writeNode } from './write.ts'

/** What the app is told by whoever runs it. */
export interface State {
  /** 503 from readyz while false. */
  readonly isReady: () => boolean
  /** Aborted when open answers must end. */
  readonly ending: AbortSignal
}

interface Sending {
  readonly settings: Settings
  readonly state: State
  /** When the request came, as performance.now() says it. */
  readonly started: number
}

const OPEN = { 'access-control-allow-origin': '*' }

/** The server: a route for each Operation of the contract, the links of its pictures, and the control API. */
export function createApp(settings: Settings, state: State): Hono<Env> {
  const app = new Hono<Env>()
  let exchanges = 0
  const { operations } = settings.contract
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
    exchanges++
    return send(c, reply, { settings, state, started })
  }
  const clashes = operations.some(({ path }) => LINK_PATHS.some((ours) => meets(path, ours)))
  const prefix = clashes ? CONTROL : ''
  app.use(`${CONTROL}/*`, guardControl(prefix))
  mountControl({ app, serve, settings, isReady: state.isReady, countExchanges: () => exchanges })
  mountLinks({ app, serve, settings, prefix })
  for (const path of new Set(operations.map((operation) => operation.path))) {
    mountPath({ app, serve, settings, path, prefix })
  }
  app.notFound(serve(notFound(settings)))
  app.onError((error, c) => {
    if (state.ending.aborted || (c.env.outgoing === undefined && c.req.raw.signal.aborted)) throw error // nobody waits for an answer
    return send(c, toReply(error), { settings, state, started: performance.now() })
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

interface Matched {
  readonly operation: Operation
  readonly route: Route
  readonly settings: Settings
  readonly prefix: string
}

// What is wrong is told in this order: 415, 413, 401, 400.
async function toChecked(c: Context<Env>, { operation, route, settings, prefix }: Matched): Promise<CheckedRequest> {
  const mediaType = operation.body === undefined ? undefined : mediaTypeOf(c, operation.body.mediaTypes)
  const bytes = operation.body === undefined ? undefined : await readBody(c)
  checkKey(c, settings.apiKeys)
  const path = route.read(c.req.path)
  if (path === undefined) throw new ApiError('invalid_value', { reason: 'The path is not valid percent-encoded UTF-8.' })
  const body = bytes === undefined || mediaType === undefined ? undefined : readContent(bytes, mediaType, operation)
  const query = new URLSearchParams(c.req.url.includes('?') ? c.req.url.slice(c.req.url.indexOf('?') + 1).replace(/#.*$/, '') : '')
  const faults = checkRequest(settings.contract, operation, { path, query, header: (name) => headerOf(c, name), body })
  if (faults.length > 0) throw toFaultError(faults, operation, settings)
  return { operation, path, body: body?.value, base: `${baseOf(c, settings.publicUrl)}${prefix}`, pace: paceOf(headerOf(c, 'x-mock-pace')) ?? settings.pace }
}

// A missing Content-Type is read as the contract's first, JSON where it is offered.
function mediaTypeOf(c: Context<Env>, mediaTypes: readonly string[]): string {
  const encoding = headerOf(c, 'content-encoding')
  if (encoding !== undefined && encoding.trim() !== '' && encoding.trim().toLowerCase() !== 'identity') throw new ApiError('content_encoding', { asked: encoding.slice(0, 64) })
  const header = headerOf(c, 'content-type')
  if (header === undefined) return mediaTypes.find(isJsonType) ?? mediaTypes[0] ?? 'application/json'
  const asked = header.split(';')[0]?.trim().toLowerCase() ?? ''
  const found = mediaTypes.find((known) => known.toLowerCase() === asked) ?? mediaTypes.find((known) => known === '*/*' || known.toLowerCase() === `${asked.split('/')[0]}/*`)
  if (found === undefined) throw new ApiError('wrong_content_type', { asked: asked.slice(0, 64), known: mediaTypes })
  return found
}

function readContent(bytes: Buffer, mediaType: string, { body }: Operation): CheckedBody {
  if (!isJsonType(mediaType)) return bytes.length === 0 ? undefined : { value: bytes.toString('utf8'), mediaType }
  if (bytes.length === 0 && body?.required === false) return undefined
  const reading = readJson(bytes)
  if ('fault' in reading) throw new ApiError('invalid_body', { reason: reading.fault })
  return { value: reading.value, mediaType }
}

type CheckedBody = Parameters<typeof checkRequest>[2]['body']

function checkKey(c: Context<Env>, keys: readonly string[]): void {
  if (keys.length === 0) return
  const key = /^Bearer\s+(\S+)\s*$/i.exec(headerOf(c, 'authorization') ?? '')?.[1]
  if (key === undefined || !keys.includes(key)) throw new ApiError('invalid_api_key', { headers: { 'www-authenticate': 'Bearer' } })
}

function notFound(settings: Settings): Answer {
  return (c) => {
    const isControl = c.req.path === CONTROL || c.req.path.startsWith(`${CONTROL}/`)
    if (!isControl && c.req.method === 'OPTIONS' && headerOf(c, 'access-control-request-method') !== undefined) return preflight(c, 'GET, HEAD, POST, OPTIONS')
    throw new ApiError('unknown_path', { asked: `${c.req.method} ${c.req.path.slice(0, 200)}`, known: isControl ? [] : nearPaths(c.req.path, settings.contract.operations) })
  }
}

// The one place where a Reply leaves: every one has its ids, and those outside the control API are open to every origin.
async function send(c: Context<Env>, reply: Reply, { settings, state, started }: Sending): Promise<Response> {
  const requestId = createRequestId()
  const { method, path } = c.req
  const isControl = path.startsWith(`${CONTROL}/`) && reply.headers['cache-control'] === undefined
  const headers = { ...reply.headers, ...(isControl ? {} : OPEN), 'x-request-id': requestId, 'x-oneapi-request-id': requestId, 'x-mock-version': settings.version }
  const whole = { ...reply, headers }
  const pacing = { timer: settings.timer, ending: state.ending }
  const { outgoing } = c.env
  const response = outgoing === undefined ? await toResponse(whole, pacing, c.req.raw.signal) : await writeNode(whole, outgoing, pacing).then(() => RESPONSE_ALREADY_SENT)
  settings.onExchange({ method, path, status: reply.status, duration: performance.now() - started, requestId, note: reply.headers['x-mock-note'] })
  return response
}
