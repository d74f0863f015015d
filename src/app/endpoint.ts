import { TrieRouter } from 'hono/router/trie-router'
import type { PathTemplate } from '../openapi/path-template.ts'
import { honoPath, toPathTemplate } from '../openapi/path-template.ts'
import type { Trace } from '../journal/request-context.ts'
import { ApiError } from '../errors/api-error.ts'
import type { Reply } from '../util/reply.ts'
import { copyOf, createCache } from '../util/lru.ts'
import type { Incoming } from './incoming.ts'
import { decodePath } from './incoming.ts'

/** How a method of a path answers; an ApiError that it throws is an answer as well. */
export type Answer = (request: Incoming, path: Readonly<Record<string, string>>, trace: Trace) => Reply | Promise<Reply>

/** A path template and what answers there, by method in capitals. */
export interface Endpoint {
  readonly template: string
  readonly answers: Readonly<Record<string, Answer>>
}

/** What a path leads to. */
export interface Found extends Endpoint {
  readonly path: string
  /** The values of its parameters; undefined where one is not valid percent-encoding. */
  readonly values: Readonly<Record<string, string>> | undefined
}

/** How much the paths may weigh that were asked for last and are not searched again: a character each, and what a Found takes. */
const MAX_KNOWN = 1_048_576
const WEIGHT = 512

/** Finds what answers at a path: the first concrete Endpoint that fits, else the first templated one, each in the order given. */
export function createRouter(endpoints: readonly Endpoint[]): (path: string) => Found | undefined {
  const concrete = new Map<string, Found>()
  const templated: Endpoint[] = []
  for (const { template, answers } of endpoints) {
    const path = decodePath(template)
    if (path.includes('{')) templated.push({ template, answers })
    else if (!concrete.has(path)) concrete.set(path, { path, template, answers, values: {} })
  }
  let router: ReturnType<typeof toRouter> | undefined // made by the first path that needs it: a chat request's is concrete
  const known = createCache<Found>(MAX_KNOWN, ({ path }) => path.length + WEIGHT)
  return (path) => {
    const asked = concrete.get(path) ?? known.get(path)
    if (asked !== undefined) return asked
    router ??= toRouter(templated)
    const [match] = router.match('ALL', path)[0].find(([{ route }]) => route.matches(path)) ?? []
    if (match === undefined) return undefined
    const own = copyOf(path)
    const found = { path: own, template: match.template, answers: match.answers, values: match.route.read(own) }
    known.set(own, found)
    return found
  }
}

function toRouter(endpoints: readonly Endpoint[]): TrieRouter<Endpoint & { readonly route: PathTemplate }> {
  const router = new TrieRouter<Endpoint & { readonly route: PathTemplate }>()
  for (const endpoint of endpoints) {
    const template = decodePath(endpoint.template)
    router.add('ALL', honoPath(template), { ...endpoint, route: toPathTemplate(template) })
  }
  return router
}

/** Answers a request at an Endpoint: HEAD as GET, OPTIONS as a preflight, a method that it does not have with 405. */
export function answerAt(
  { template, answers, values }: Found,
  request: Incoming,
  trace: Trace,
): Reply | Promise<Reply> {
  const { method, path } = request
  const answer = Object.hasOwn(answers, method) ? answers[method] : method === 'HEAD' ? answers['GET'] : undefined
  if (answer === undefined) {
    const methods = Object.keys(answers)
    const allowed = [...methods, ...(methods.includes('GET') ? ['HEAD'] : []), 'OPTIONS'].join(', ')
    if (method === 'OPTIONS') return preflight(request, allowed)
    throw new ApiError('wrong_method', {
      asked: `${method} ${path.slice(0, 200)}`,
      known: methods,
      headers: { allow: allowed },
    })
  }
  trace.endpoint = `${method} ${template}`
  if (values === undefined)
    throw new ApiError('bad_request_line', { reason: 'The path is not valid percent-encoded UTF-8.' })
  return answer(request, values, trace)
}

/** The answer to a browser's question before a request: the headers it asks for are echoed, since `*` does not cover authorization. */
export function preflight(request: Incoming, methods: string): Reply {
  const asked = request.header('access-control-request-headers')
  return {
    status: 204,
    headers: {
      allow: methods,
      'access-control-allow-methods': methods,
      ...(asked === undefined ? {} : { 'access-control-allow-headers': asked }),
      'access-control-max-age': '86400',
      vary: 'Access-Control-Request-Headers',
    },
    body: '',
  }
}
