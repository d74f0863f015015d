import { redactRepeated, redactText } from '../journal/credentials.ts'
import { createRecorder, NOT_RECORDED } from '../journal/recorder.ts'
import type { CoverageTargets } from '../journal/coverage-keys.ts'
import type { RequestContext as Trace } from './context.ts'
import { createContext } from './context.ts'
import type { ErrorFormat } from '../errors/api-error.ts'
import { ApiError, errorReply } from '../errors/api-error.ts'
import type { ErrorKind } from '../errors/table.ts'
import { withNotes } from '../util/notes.ts'
import type { Reply } from '../util/reply.ts'
import { isStream } from '../util/reply.ts'
import { StoreUnavailable } from '../store/store.ts'
import type { Incoming } from './incoming.ts'
import { createLabels } from './metrics.ts'
import { modelsOf } from './operations.ts'
import { createRequestId } from './request-id.ts'
import type { Answering } from './routes.ts'
import { createAnswer } from './routes.ts'
import { sessionOf } from './session.ts'
import type { RequestLogEntry, Settings } from './settings.ts'

/** The server without a port: answers a request, and has the Reply written by whoever brought it. */
export interface App {
  readonly settings: Settings
  /** What can be exercised, for the coverage. */
  readonly known: CoverageTargets
  readonly handle: <T>(request: Incoming, write: (reply: Reply) => Promise<T>) => Promise<T>
  /** Tells of a fault of the mock itself. */
  readonly onFault: (error: unknown) => void
  /** An error as the Reply that is written where no request could be read. */
  readonly refuse: (error: unknown) => Reply
}

/** A route for each Operation of the contract, the links of its pictures, and the control API. */
export function createApp(settings: Settings, isReady: () => boolean): App {
  const { onFault, onExchange } = guarded(settings)
  const complete = createComplete(settings)
  const { store, catalogue } = settings.choosing
  const { values: models, titles: families } = modelsOf(settings)
  const known: CoverageTargets = { contract: settings.contract, models, families, scenarios: [...catalogue.keys()] }
  const recorder = createRecorder({ store, targets: known, onFault })
  const labelsOf = createLabels(catalogue, known)
  const { answer, isOpen, isKept } = createAnswer(settings, { isReady, journal: { known } })
  const context: Context = { answer, isOpen, errors: settings.errors, onFault }
  return {
    settings,
    known,
    onFault,
    handle: async (request, write) => {
      const started = performance.now()
      const trace = createContext(createRequestId())
      const { reply, fault } = await answered(request, trace, context)
      const whole = complete(reply, trace.requestId, isOpen(request.path))
      const note = reply.headers['x-mock-note']
      trace.notes = note === undefined ? [] : [note]
      const { method, path, query } = request
      const { notes, end } = isKept(path)
        ? await recorder.record(trace, {
            request: { method, path, query, headers: request.headers() },
            reply: whole,
            time: Date.now(),
          })
        : NOT_RECORDED
      const counted = settings.metrics.begin(isStream(whole.body))
      return await settled(write(withNotes(whole, notes)), request, async (hungUp) => {
        const duration = performance.now() - started
        counted(labelsOf(trace, whole.status), duration / 1000)
        await end({ duration, hungUp })
        onExchange?.(toLogEntry(request, whole, { trace, fault, duration, hungUp }))
      })
    },
    refuse: (error) => {
      const requestId = createRequestId()
      return complete(toReply(error, { dialect: settings.errors, requestId }, onFault), requestId)
    },
  }
}

type Context = Pick<Answering, 'answer' | 'isOpen'> & Pick<Settings, 'errors' | 'onFault'>

// What a request is answered, and what is learnt of it meanwhile.
async function answered(
  request: Incoming,
  trace: Trace,
  { answer, isOpen, errors, onFault }: Context,
): Promise<{ readonly reply: Reply; readonly fault: string | undefined }> {
  try {
    trace.session = sessionOf(request)
    return { reply: await answer(request, trace), fault: undefined }
  } catch (thrown) {
    const error =
      thrown instanceof StoreUnavailable ? new ApiError('store_unavailable', { reason: thrown.message }) : thrown
    if (trace.violations.length === 0) trace.violations = breachOf(error)
    const dialect = isOpen(request.path) ? errors : 'openai' // the control API is no part of what the dialects are of
    return {
      reply: toReply(error, { dialect, requestId: trace.requestId }, onFault),
      fault: error instanceof Error ? error.message : String(error),
    }
  }
}

function toReply(error: unknown, telling: ErrorFormat, onFault: App['onFault']): Reply {
  if (!(error instanceof ApiError)) onFault(error)
  return errorReply(error, telling)
}

// What the contract forbids beside its schemas: a path or a method that it does not have, a body that is none.
const BREACHES: Readonly<Partial<Record<ErrorKind, string>>> = {
  unknown_path: 'path',
  wrong_method: 'method',
  wrong_content_type: 'content-type',
  content_encoding: 'content-encoding',
  invalid_body: 'body',
  body_too_large: 'body',
}

function breachOf(error: unknown): Trace['violations'] {
  const param = error instanceof ApiError ? BREACHES[error.kind] : undefined
  return param === undefined || !(error instanceof ApiError)
    ? []
    : [{ param, reason: 'value', message: error.message, value: undefined }]
}

// What is written, when its end has been told; also of an answer that could not be written.
async function settled<T>(writing: Promise<T>, request: Incoming, end: (hungUp: boolean) => Promise<void>): Promise<T> {
  let written: T
  try {
    written = await writing
  } catch (error) {
    await end(request.isGone())
    throw error
  }
  await end(written === false)
  return written
}

interface Outcome {
  readonly trace: Trace
  readonly fault: string | undefined
  readonly duration: number
  readonly hungUp: boolean
}

// What a log shows of a request and its answer, without the credentials that either repeats. Field by field: to spread takes longer than to write the line.
function toLogEntry(
  { method, path }: Incoming,
  { status, headers }: Reply,
  { trace, fault, duration, hungUp }: Outcome,
): RequestLogEntry {
  const { requestId, session, chat, choice } = trace
  const note = headers['x-mock-note']
  return {
    method,
    path: redactRepeated(path),
    status,
    duration,
    requestId,
    session: session === '' ? undefined : redactRepeated(session),
    model: chat === undefined ? undefined : redactRepeated(chat.model.slice(0, 100)),
    scenario: choice === undefined ? undefined : redactRepeated(choice.name),
    hungUp,
    note: note === undefined ? undefined : redactRepeated(note),
    error: fault === undefined ? undefined : cut(redactText(fault.slice(0, 4000))),
  }
}

/** Characters of an error that a log tells. */
const MAX_ERROR = 300

function cut(text: string): string {
  return text.length <= MAX_ERROR ? text : `${text.slice(0, MAX_ERROR - 1)}…`
}

// The one place where a Reply is made whole: every one has its ids, and those outside the control API are open to every origin.
function createComplete({ version }: Settings): (reply: Reply, requestId: string, isOpen?: boolean) => Reply {
  return (reply, requestId, isOpen = true) => {
    const headers: Record<string, string> = {}
    for (const name in reply.headers) headers[name] = reply.headers[name] ?? '' // to spread them and add four takes thirty times as long
    headers['x-request-id'] = requestId
    headers['x-oneapi-request-id'] = requestId
    headers['x-mock-version'] = version
    if (isOpen) headers['access-control-allow-origin'] = '*'
    return { status: reply.status, headers, body: reply.body, wait: reply.wait ?? 0 }
  }
}

// What the user's own functions throw must neither change an answer nor end the user's process.
function guarded({ onFault, onExchange }: Settings): Pick<Settings, 'onFault' | 'onExchange'> {
  const tell = (error: unknown): void => {
    try {
      onFault(error)
    } catch {
      // there is nobody left to tell
    }
  }
  return {
    onFault: tell,
    onExchange:
      onExchange &&
      ((exchange): void => {
        try {
          onExchange(exchange)
        } catch (error) {
          tell(error)
        }
      }),
  }
}
