import type { Context, Handler, MiddlewareHandler } from 'hono'
import type { CoverageTargets } from '../journal/coverage-keys.ts'
import type { Chat } from '../chat/reply.ts'
import type { Recorder } from '../journal/recorder.ts'
import type { RequestFacts } from '../journal/exchange.ts'
import type { ApiError } from '../errors/api-error.ts'
import type { Choice } from '../scenarios/choose.ts'
import type { PictureCache } from '../images/picture-cache.ts'
import type { ClientBindings } from './client.ts'
import type { Labels } from './metrics.ts'
import type { ChatBody } from './routes/chat.ts'
import { sessionOf } from './session.ts'
import type { Settings } from './settings.ts'

/** All that the routes of one app share. */
export interface MockContext extends Settings {
  /** False before the mock listens and while it ends. */
  readonly isReady: () => boolean
  /** Aborts when the mock ends: open streams then stop after a whole event. */
  readonly ending: AbortSignal
  /** What the paths of pictures begin with: nothing, or `/__mock` where the user's contract has one of their paths. */
  readonly prefix: string
  readonly record: Recorder
  /** What coverage counts. */
  readonly targets: CoverageTargets
  readonly pictures: PictureCache
  readonly readChat: (chat: ChatBody) => Promise<Chat>
  readonly labelsOf: (context: RequestContext, status: number) => Labels
}

type Writable<T> = { -readonly [K in keyof T]: T[K] }

/** What is learnt of one request. Middleware fills it in, in the order of `app.ts`; nothing is read back from headers. */
export interface RequestContext extends Writable<RequestFacts> {
  readonly requestId: string
  /** `performance.now()` when the request came in. */
  readonly started: number
  readonly method: string
  /** Percent-decoded, except for `%2F` and `%25`; without the path at which the app is mounted. */
  readonly path: string
  /** Without its question mark. */
  readonly query: string
  /** What links of the answer begin with. */
  readonly base: string
  /** Of the answer, as pages of other origins may read it; false for the control API. */
  isOpen: boolean
  /** Whether the journal records the request. */
  isRecorded: boolean
  /** Whether the body was read, or is being read. */
  isBodyRead: boolean
  /** Why the request is not valid. A scenario that the request names in a header answers all the same. */
  rejection: ApiError | undefined
  /** The chat request with its normal answer. */
  reading: Chat | undefined
  /** Values of the path's parameters. */
  params: Readonly<Record<string, string>>
  /** Factor of the real gateway's time. */
  pace: number
  choice: Choice | undefined
  readonly notes: string[]
  /** Method and path template of what answers it. */
  endpoint: string | undefined
  /** Why an error was sent, for the log. */
  failure: string | undefined
}

/** Where the control API is mounted. */
export const CONTROL = '/__mock'

/** The types of the app's Hono contexts. */
export interface Env {
  Bindings: ClientBindings
  Variables: { mock: MockContext; context: RequestContext }
}

export type AppContext = Context<Env>
export type AppHandler = Handler<Env>

/** Begins a RequestContext: request id, session, what links begin with. An ApiError if the name of the session is not valid. */
export function requestContext(mock: MockContext): MiddlewareHandler<Env> {
  return async (c, next) => {
    if (c.env === undefined) c.env = {} // app.request() gives none
    c.set('mock', mock)
    const context = createRequestContext(c, mock)
    c.set('context', context)
    context.session = sessionOf(c)
    await next()
  }
}

function createRequestContext(c: AppContext, mock: MockContext): RequestContext {
  const { url, method, path } = c.req
  const mount = mountOf(c)
  const relativePath = path.slice(mount.length) || '/'
  const start = url.indexOf('/', 8)
  const mark = url.indexOf('?', start)
  const origin = c.env.origin ?? url.slice(0, start)
  return {
    requestId: createRequestId(),
    started: performance.now(),
    method,
    path: relativePath,
    query: mark < 0 ? '' : url.slice(mark + 1),
    base: (mock.publicUrl ?? origin + mount) + mock.prefix,
    isOpen: !isBelow(relativePath, CONTROL),
    isRecorded: false,
    isBodyRead: false,
    session: '',
    generation: undefined,
    endpoint: undefined,
    operation: undefined,
    size: 0,
    body: undefined,
    violations: NONE,
    rejection: undefined,
    chat: undefined,
    params: {},
    reading: undefined,
    pace: mock.pace,
    choice: undefined,
    nearMisses: NONE,
    notes: [],
    failure: undefined,
  }
}

// The path at which the app is mounted, from the route of this middleware: `/mock/*`. The helpers of hono/route know it only
// for the copy of Hono that they are a part of, and a user's app has its own.
function mountOf({ req }: AppContext): string {
  const segments = req.routePath.split('/').length - 1
  return segments === 1 ? '' : req.path.split('/', segments).join('/')
}

const NONE: readonly never[] = []

function isBelow(path: string, root: string): boolean {
  return path.startsWith(root) && (path.length === root.length || path[root.length] === '/')
}

/** From here on requests are recorded: those for the contract, and those that nothing answers. */
export function recorded(): MiddlewareHandler<Env> {
  return async (c, next) => {
    c.get('context').isRecorded = true
    await next()
  }
}

const LETTERS = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789'

/**
 * A new request id in the gateway's form [S]: UTC date and time, nine digits of a second's fraction, eight random characters.
 * It tells requests apart and is not a secret: the first random bytes of `node:crypto` would cost a start 3 ms.
 */
export function createRequestId(): string {
  const [date = '', time = ''] = new Date().toISOString().split('T')
  const milliseconds = time.slice(9, 12)
  const fraction = String(Math.floor(Math.random() * 1_000_000)).padStart(6, '0')
  let letters = ''
  for (let i = 0; i < 8; i++) letters += LETTERS[Math.floor(Math.random() * LETTERS.length)]
  return date.replaceAll('-', '') + time.slice(0, 8).replaceAll(':', '') + milliseconds + fraction + letters
}
