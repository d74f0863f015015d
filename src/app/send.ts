import { readConversation } from '../chat/reference.ts'
import { NOT_RECORDED } from '../journal/recorder.ts'
import { redactCut, redactCutKeys, redactRepeated } from '../journal/credentials.ts'
import { Redactor } from '../journal/redact.ts'
import { isObject } from '../util/json.ts'
import { type Reply, encodeBody, isStream, joinedFrames, joinNotes } from '../util/reply.ts'
import { dropBody, headersOf } from './client.ts'
import type { AppContext, MockContext, RequestContext } from './context.ts'
import { headersFor } from './origins.ts'
import type { RequestLogEntry } from './settings.ts'
import { toResponse } from './to-response.ts'

/**
 * Sends the response, on every route: adds the common headers, records the exchange, waits, and writes the metrics and
 * the log line when the response has ended. Status and headers are set at once, because Hono copies a Response whose
 * headers are changed later. This is why hono/cors and hono/request-id are not used.
 */
export async function send(c: AppContext, reply: Reply): Promise<Response> {
  const context = c.get('context')
  const mock = c.get('mock')
  const { notes } = context
  notes.unshift(...(reply.notes ?? []))
  const { requestId } = context
  let whole = completed(reply, { requestId, headers: headersFor(c), notes }, mock)
  const { method, path, query } = context
  const request = { method, path, query, headers: headersOf(c) }
  const recording = context.isRecorded
    ? await mock.record(context, { request, reply: whole, time: Date.now() })
    : NOT_RECORDED
  if (recording.notes.length > 0)
    whole = { ...whole, headers: { ...whole.headers, ...toNote([...notes, ...recording.notes]) } }
  const countEnd = mock.metrics.begin(isStream(whole.body))
  if (mock.onStream !== undefined && context.isRecorded && hasWaits(whole.body))
    mock.onStream(toLogEntry(context, whole, { duration: 0, hungUp: false }))
  let firstByte: number | undefined
  const start = (): void => {
    firstByte = performance.now() - context.started
  }
  let isOver = false
  const end = async (hungUp: boolean): Promise<void> => {
    if (isOver) return
    isOver = true
    const duration = performance.now() - context.started
    countEnd(mock.labelsOf(context, whole.status), duration / 1000)
    mock.onExchange?.(toLogEntry(context, whole, { duration, hungUp }))
    await recording.end({ ...(firstByte !== undefined && { firstByte }), duration, hungUp })
    c.env.onEnd?.()
  }
  if (!context.isBodyRead) dropBody(c)
  return toResponse(c, whole, { start, end })
}

function hasWaits(body: Reply['body']): boolean {
  if (isStream(body)) for (const { wait } of joinedFrames(body)) if (wait > 0) return true
  return false
}

interface Sent extends Pick<RequestContext, 'requestId'> {
  /** For pages of other origins, and of the gateway. */
  readonly headers: Readonly<Record<string, string>>
  readonly notes: readonly string[]
}

/** A Reply as it is sent: text as bytes, with the headers that all responses have. */
export function completed(
  reply: Reply,
  { requestId, headers: common, notes }: Sent,
  { version }: Pick<MockContext, 'version'>,
): Reply {
  const { status, wait = 0, drawn = [] } = reply
  const body = hasNoBody(status) ? '' : encodeBody(reply.body)
  // The reply's own headers come last: an object literal that begins with a spread is thirty times slower.
  const headers = {
    'x-request-id': requestId,
    'x-oneapi-request-id': requestId,
    'x-mock-version': version,
    ...common,
    ...toNote(notes),
    ...(isStream(body) || hasNoBody(status) ? undefined : { 'content-length': String(body.length) }),
    ...reply.headers,
  }
  return { status, headers, body, wait, drawn }
}

// HTTP allows no body with these statuses.
function hasNoBody(status: number): boolean {
  return status === 204 || status === 205 || status === 304
}

// A note may repeat a value of the request.
function toNote(notes: readonly string[]): Readonly<Record<string, string>> {
  return notes.length === 0 ? {} : { 'x-mock-note': redactCutKeys(joinNotes(notes)) }
}

// Model and prompt of a chat request, also of one that could not be read.
function chatIn({ chat, body }: RequestContext): { readonly model: string; readonly prompt: string } | undefined {
  if (chat !== undefined) return chat
  const model = isObject(body) ? body['model'] : undefined
  return typeof model === 'string' && isObject(body)
    ? { model, prompt: readConversation(body['messages']).prompt }
    : undefined
}

/** What a log shows of a request and its response, without credentials. */
export function toLogEntry(
  context: RequestContext,
  { status, headers }: Reply,
  { duration, hungUp }: { readonly duration: number; readonly hungUp: boolean },
): RequestLogEntry {
  const { method, path, requestId, session, chat, choice, violations, failure } = context
  const asked = chatIn(context)
  const note = headers['x-mock-note']
  return {
    method,
    path: redactRepeated(path),
    status,
    duration,
    requestId,
    session: session === '' ? undefined : redactRepeated(session),
    model: asked === undefined ? undefined : cut(redactRepeated(asked.model), MAX_MODEL),
    stream: chat?.wantsStream,
    size: chat === undefined ? undefined : `${chat.size.width}x${chat.size.height}`,
    prompt: asked === undefined ? undefined : shorten(asked.prompt),
    scenario: choice === undefined ? undefined : redactRepeated(choice.name),
    violations: violations.length,
    hungUp,
    note: note === undefined ? undefined : redactCut(note),
    error: failure === undefined ? undefined : cut(redactCut(failure.slice(0, 4000)), MAX_ERROR),
  }
}

/** Characters of an error, of a model and of a prompt in the log at most. */
const MAX_ERROR = 300
const MAX_MODEL = 100
const MAX_PROMPT = 60

// Redacted as in the journal, which leaves out data URIs too.
function shorten(prompt: string): string {
  const redactor = new Redactor({ characters: MAX_PROMPT, longest: MAX_PROMPT, values: 0 })
  return redactor.text(prompt).replaceAll(/\p{Cc}+/gu, ' ')
}

// Only a text without credentials is cut: a part of one would not be recognised.
function cut(text: string, longest: number): string {
  return text.length <= longest ? text : `${text.slice(0, longest - 1).toWellFormed()}…`
}
