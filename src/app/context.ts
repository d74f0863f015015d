import type { Context, Handler, MiddlewareHandler } from 'hono'
import type { CoverageTargets } from '../journal/coverage-keys.ts'
import type { Chat } from '../chat/reply.ts'
import type { Recorder } from '../journal/recorder.ts'
import type { RequestFacts } from '../journal/exchange.ts'
import type { ApiError } from '../errors/api-error.ts'
import type { Dialect } from '../errors/table.ts'
import type { Admission } from '../gateway/admit.ts'
import type { Preference } from '../openapi/preference.ts'
import type { Choice } from '../scenarios/choose.ts'
import type { PictureCache } from '../images/picture-cache.ts'
import type { ClientBindings } from './client.ts'
import type { Labels } from './metrics.ts'
import type { ChatBody } from './routes/chat.ts'
import { sessionOf } from './session.ts'
import type { Settings } from './settings.ts'

/** What all routes of one app share. */
export interface MockContext extends Settings {
  /** False before the mock listens and while it shuts down. */
  readonly isReady: () => boolean
  /** Aborts when the mock begins to shut down. Streams without an end then end. */
  readonly closing: AbortSignal
  /** Aborts when the mock shuts down. Open streams then end after their last whole event. */
  readonly ending: AbortSignal
  /** Prefix of the paths of links: empty, or `/__mock` if the user's contract has one of these paths. */
  readonly prefix: string
  readonly record: Recorder
  /** What can be covered. */
  readonly targets: CoverageTargets
  /** What the gateway checks requests against. Undefined with OpenAI's errors. */
  readonly admission: Admission | undefined
  readonly pictures: PictureCache
  /** Folder with the files of the page. Defaults to that of the package. */
  readonly pageFolder?: string
  readonly readChat: (chat: ChatBody) => Promise<Chat>
  readonly labelsOf: (context: RequestContext, status: number) => Labels
}

type Writable<T> = { -readonly [K in keyof T]: T[K] }

/** What is known about one request. Middleware fills it in, in the order of `app.ts`, and parses nothing twice. */
export interface RequestContext extends Writable<RequestFacts> {
  readonly requestId: string
  /** `performance.now()` when the request arrived. */
  readonly started: number
  readonly method: string
  /** Percent-decoded, except for `%2F` and `%25`; without the path at which the app is mounted. */
  readonly path: string
  /** Without the question mark. */
  readonly query: string
  /** What the links in the response begin with. */
  readonly base: string
  /** Whether web pages of other origins may read the response. False for the control API. */
  isOpen: boolean
  /** Whether the journal records the request. */
  isRecorded: boolean
  /** Whether the body was read, or is being read. */
  isBodyRead: boolean
  /** Why the request is not valid. A scenario that a header requests is applied nevertheless. */
  rejection: ApiError | undefined
  /** The chat request with its normal answer. */
  reading: Chat | undefined
  /** Values of the path parameters. */
  params: Readonly<Record<string, string>>
  /** The same, percent-encoded. */
  rawParams: Readonly<Record<string, string>>
  /** Delay factor: 0 is instant, 1 is as slow as the real models. */
  pace: number
  choice: Choice | undefined
  /** What the client prefers of a response that the contract documents. */
  preference: Preference
  readonly notes: string[]
  /** Method and path template of the matching route. */
  endpoint: string | undefined
  /** Message of the error that was sent, for the log. */
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

/** Creates the RequestContext. Throws an ApiError if the name of the session is not valid. */
export function requestContext(mock: MockContext): MiddlewareHandler<Env> {
  return async (c, next) => {
    if (c.env === undefined) c.env = {} // app.request() passes none
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
    requestId: createRequestId(mock.errors),
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
    unknownFields: NONE,
    rejection: undefined,
    chat: undefined,
    params: NO_VALUES,
    rawParams: NO_VALUES,
    reading: undefined,
    pace: mock.pace,
    choice: undefined,
    preference: NO_PREFERENCE,
    nearMisses: NONE,
    notes: [],
    failure: undefined,
  }
}

// The path at which the app is mounted, read from the route of this middleware, such as `/mock/*`. The helpers of
// hono/route work only with their own copy of Hono; a user's app may have another.
function mountOf({ req }: AppContext): string {
  const segments = req.routePath.split('/').length - 1
  return segments === 1 ? '' : req.path.split('/', segments).join('/')
}

const NONE: readonly never[] = []
const NO_VALUES = {}
const NO_PREFERENCE: Preference = { code: undefined, example: undefined, dynamic: false }

function isBelow(path: string, root: string): boolean {
  return path.startsWith(root) && (path.length === root.length || path[root.length] === '/')
}

/** Marks requests for the journal: those for operations of the contract and for unknown paths. */
export function recorded(): MiddlewareHandler<Env> {
  return async (c, next) => {
    c.get('context').isRecorded = true
    await next()
  }
}

const LETTERS = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789'

// The builds of 2026 add these letters, which are the same in all recorded ids [S].
const MARKS: Readonly<Record<Dialect, string>> = { openai: '', gateway: '8268d9d6', 'gateway-2025': '' }

/**
 * A new request id in the gateway's form [S]: UTC date and time, nanoseconds, eight random characters. The builds of 2025
 * write the nanoseconds without leading zeros. It only identifies the request and is not a secret. `node:crypto` would
 * add 3 ms to a start.
 */
export function createRequestId(dialect: Dialect): string {
  const [date = '', time = ''] = new Date().toISOString().split('T')
  const milliseconds = time.slice(9, 12)
  const fraction = String(Math.floor(Math.random() * 1_000_000)).padStart(6, '0')
  let letters = ''
  for (let i = 0; i < 8; i++) letters += LETTERS[Math.floor(Math.random() * LETTERS.length)]
  const nanoseconds = milliseconds + fraction
  const written = dialect === 'gateway-2025' ? String(Number(nanoseconds)) : nanoseconds
  return date.replaceAll('-', '') + time.slice(0, 8).replaceAll(':', '') + written + MARKS[dialect] + letters
}
