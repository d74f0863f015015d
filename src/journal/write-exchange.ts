import type { ChatRequest } from '../chat/chat-request.ts'
import type { Contract } from '../openapi/contract.ts'
import { type Rule, findRule } from '../openapi/rule.ts'
import type { Violation } from '../openapi/violation.ts'
import type { LazyExchange } from '../store/store.ts'
import { type Reply, isStream, joinedFrames, joinNotes } from '../util/reply.ts'
import { redactCut, redactNamed, redactQuery, redactRepeated, sensitivityOf } from './credentials.ts'
import type { ExchangeHead, RecordedChat, RequestFacts } from './exchange.ts'
import { MAX_EXCHANGE, MAX_UNWRITTEN, sizeOf, textOf } from './exchange-size.ts'
import { type Limits, Redactor } from './redact.ts'
import { writeHeaders, writeResponse } from './write-response.ts'

/** A request without its body. */
export interface RequestHead {
  readonly method: string
  readonly path: string
  /** Without its question mark. */
  readonly query: string
  readonly headers: Readonly<Record<string, string | readonly string[] | undefined>>
}

/** A request with its response. */
export interface Answered {
  readonly request: RequestHead
  readonly reply: Reply
  /** When the response started, in milliseconds since 1970. */
  readonly time: number
}

/** What an Exchange takes from the mock that writes it. */
export interface WritingMock {
  readonly contract: Pick<Contract, 'document'>
  /** Prefix of the paths of pictures. */
  readonly prefix: string
}

/** Tried in this order until the Exchange is small enough. With the last limits it always is. */
const LIMITS: readonly Limits[] = [
  { characters: 160_000, longest: 20_000, values: 5000 },
  { characters: 40_000, longest: 10_000, values: 1000 },
  { characters: 6000, longest: 2000, values: 200 },
]
const MAX_PROMPT = 1000 // characters
const MAX_VIOLATIONS = 50

/**
 * Writes an Exchange for a Store: at most 256 KiB, without credentials and data URIs. The bytes are one line of JSON,
 * then the unescaped body of the response, because escaping a whole stream takes longer than everything else.
 */
export function toExchange(facts: WrittenFacts, answered: Answered, mock: WritingMock): Uint8Array {
  const { reply } = answered
  // Each iteration creates the frames again.
  const frames = isStream(reply.body) ? [...joinedFrames(reply.body)] : undefined
  const whole = frames === undefined ? answered : { ...answered, reply: { ...reply, body: frames } }
  let bytes = new Uint8Array()
  for (const limits of LIMITS) {
    const { head, body } = write(facts, whole, { limits, mock })
    bytes = Buffer.from(`${JSON.stringify(head)}\n${body}`)
    if (bytes.length <= MAX_EXCHANGE) break
  }
  return bytes
}

/**
 * An Exchange that is written when it is first read. Writing takes longer than responding, and under load most
 * Exchanges are dropped unread. Values of secret headers are removed immediately. A large Exchange, and one with any
 * other credential in its headers, path or query, is written immediately.
 */
export function lazyExchange(facts: RequestFacts, answered: Answered, mock: WritingMock): LazyExchange {
  const request = withoutSecrets(answered.request)
  const some = facts.violations.slice(0, MAX_VIOLATIONS)
  const { held, written } = sizeOf(facts, some, answered)
  if (request === undefined || held > MAX_UNWRITTEN) {
    const bytes = toExchange(facts, answered, mock)
    return { size: bytes.length, toBytes: () => bytes }
  }
  const { session, operation, body, chat, choice, nearMisses, notes } = facts
  const { reply, time } = answered
  const asked = chat && pick(chat)
  const kept = { session, operation, body, violations: some, chat: asked, choice, nearMisses, notes }
  return { size: Math.max(held, written), toBytes: () => toExchange(kept, { request, reply, time }, mock) }
}

// Redacts secret headers. Undefined if another part of the head contains a credential.
function withoutSecrets({ method, path, query, headers }: RequestHead): RequestHead | undefined {
  if (redactRepeated(path) !== path || redactQuery(query) !== query) return undefined
  const kept = { ...headers }
  for (const name in headers) {
    const value = headers[name]
    if (value === undefined) continue
    const text = textOf(value)
    if (sensitivityOf(name) !== 'open') kept[name] = redactNamed(name, text)
    else if (redactRepeated(text) !== text) return undefined
  }
  return { method, path, query, headers: kept }
}

interface Written {
  readonly head: ExchangeHead
  readonly body: string
}

interface Writing {
  readonly limits: Limits
  readonly mock: WritingMock
}

function write(facts: WrittenFacts, { request, reply, time }: Answered, { limits, mock }: Writing): Written {
  const { session, operation, body, violations, chat, choice, nearMisses, notes } = facts
  const redactor = new Redactor(limits)
  const text = (value: string, longest: number): string => redactor.text(value, longest)
  const head = {
    time: new Date(time).toISOString(),
    session: text(session, 200),
    request: {
      method: text(request.method, 100),
      path: text(request.path, 2000),
      query: text(redactQuery(request.query), 4000),
      headers: writeHeaders(request.headers, redactor, limits),
      ...(body === undefined ? {} : { body: redactor.value(body, 'request') }),
    },
    operation:
      operation === undefined
        ? null
        : { id: operation.operationId ?? null, method: operation.method, path: operation.path },
    violations: violations.slice(0, MAX_VIOLATIONS).map((violation) => ({
      code: text(codeOf(violation), 300),
      param: text(violation.param, 300),
      message: text(violation.message, 1000),
      ...writeRule(operation && findRule(mock.contract.document, operation, violation), redactor),
    })),
    chat: chat === undefined ? null : writeChat(chat, redactor),
    scenario: choice === undefined ? null : { name: text(choice.name, 200), why: text(choice.why, 500) },
    nearMisses: nearMisses.slice(0, 10).map((nearMiss) => text(redactCut(nearMiss), 500)),
    note: notes.length === 0 ? null : text(redactCut(joinNotes(notes)), 500),
  }
  // The response comes last, because the redactor must have searched the request before.
  const isChat = chat !== undefined
  const { prefix } = mock
  const written = writeResponse(reply, redactor, { limits, prefix, isChat, isOwn: isChat && choice === undefined })
  const { response, pictures, text: sent } = written
  return { head: { ...head, response, pictures }, body: sent }
}

// The names in a rule may be those of the request.
function writeRule(rule: Rule | undefined, redactor: Redactor): Partial<Rule> {
  if (rule === undefined) return {}
  return { pointer: redactor.answer(rule.pointer, 1000), hint: redactor.answer(rule.hint, 1000) }
}

/** Identifies a violation in all requests, without list indexes. */
export function codeOf({ reason, param }: Pick<Violation, 'reason' | 'param'>): string {
  return `${reason}:${param.replaceAll(/\[\d+\]/g, '[]')}`
}

/** The part of the facts that is written. */
type WrittenFacts = Omit<RequestFacts, 'chat' | 'generation' | 'size' | 'unknownFields'> & {
  readonly chat: ChatFacts | undefined
}

/** The part of a chat request that is written. */
type ChatFacts = Pick<ChatRequest, 'model' | 'prompt' | 'size' | 'count' | 'references' | 'wantsStream'>

function pick({ model, prompt, size, count, references, wantsStream }: ChatFacts): ChatFacts {
  return { model, prompt, size, count, references, wantsStream }
}

function writeChat(chat: ChatFacts, redactor: Redactor): RecordedChat {
  const { model, prompt, size, count, references, wantsStream } = chat
  return {
    model: redactor.repeated(model, 200),
    prompt: redactor.repeated(prompt, MAX_PROMPT),
    size: `${size.width}x${size.height}`,
    count,
    references: references.length,
    stream: wantsStream,
  }
}
