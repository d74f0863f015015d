import { isDeepStrictEqual } from 'node:util'
import type { ChatRequest } from '../chat/chat-request.ts'
import { isMeant } from '../chat/profile.ts'
import { type JsonValue, isObject } from '../util/json.ts'
import type { When } from './scenario.ts'

const MAX_PROMPT = 100_000 // characters of a prompt that are compared

/** Characters of a value in a near miss. */
const MAX_SHOWN = 100

/** What a `when` is compared with. */
export interface MatchedRequest {
  /** Undefined if it is not a chat request. */
  readonly chat: ChatRequest | undefined
  /** Method and path of its operation in the contract, and the operationId. */
  readonly operation: { readonly name: string; readonly id: string | undefined } | undefined
  readonly path: string
  /** As it was sent, without its question mark. */
  readonly query: string
  readonly body: JsonValue | undefined
}

/** The conditions that only a chat request can meet. */
export const CHAT_CONDITIONS = ['model', 'prompt', 'pattern', 'stream', 'references'] as const

/**
 * Why a request does not match a `when`, one text for each condition, such as `model: expected 'flux', got
 * 'dall-e-3'`; empty if it matches. `nth` is the number of the request in its session.
 */
export function mismatches(when: When, request: MatchedRequest, nth: number): string[] {
  const conditions = [
    ...(request.chat === undefined ? noChat(when) : chatConditions(when, request.chat)),
    ...requestConditions(when, request),
    [when.nth === undefined || when.nth === nth, () => differs('nth', shown(when.nth), nth)] as const,
  ]
  return conditions.filter(([isMet]) => !isMet).map(([, words]) => words())
}

type Condition = readonly [isMet: boolean, words: () => string]

function noChat(when: When): Condition[] {
  return CHAT_CONDITIONS.map((name) => [when[name] === undefined, () => `${name}: it is not a chat request`])
}

function chatConditions(when: When, { model, prompt, wantsStream, references }: ChatRequest): Condition[] {
  const text = prompt.slice(0, MAX_PROMPT)
  const hasReferences = references.length > 0
  const models = when.model === undefined ? undefined : [when.model].flat()
  return [
    [
      models?.some((name) => isMeant(name, model)) ?? true,
      () => differs('model', (models ?? []).map(shown).join(' or '), model),
    ],
    [
      when.prompt === undefined || text.includes(when.prompt),
      () => differs('prompt', `to contain ${shown(when.prompt)}`, text),
    ],
    [
      when.pattern === undefined || matchesPattern(text, when.pattern),
      () => differs('prompt', `to match ${shown(when.pattern)}`, text),
    ],
    [
      when.stream === undefined || when.stream === wantsStream,
      () => differs('stream', shown(when.stream), wantsStream),
    ],
    [
      when.references === undefined || when.references === hasReferences,
      () => differs('references', shown(when.references), hasReferences),
    ],
  ]
}

function requestConditions(when: When, { operation, path, query, body }: MatchedRequest): Condition[] {
  const { operation: wanted, path: pattern, query: pairs, body: part } = when
  const operations = wanted === undefined ? undefined : [wanted].flat()
  const found = new URLSearchParams(pairs === undefined ? '' : query)
  const wrong = Object.entries(pairs ?? {}).find(
    ([name, value]) => !found.getAll(name).some((text) => matchesPattern(text, value)),
  )
  return [
    [
      operations?.some((one) => one === operation?.name || one === operation?.id) ?? true,
      () => differs('operation', (operations ?? []).map(shown).join(' or '), operation?.name ?? 'none'),
    ],
    [pattern === undefined || matchesPattern(path, pattern), () => differs('path', `to match ${shown(pattern)}`, path)],
    [wrong === undefined, () => differs('query', shown(wrong?.join('=')), query)],
    [part === undefined || includesPart(body, part), () => 'body: it does not have the expected fields'],
  ]
}

function differs(name: string, expected: string, actual: unknown): string {
  return `${name}: expected ${expected}, got ${shown(actual)}`
}

function shown(value: unknown): string {
  if (typeof value !== 'string') return String(value)
  return value.length <= MAX_SHOWN ? `'${value}'` : `'${value.slice(0, MAX_SHOWN).toWellFormed()}…'`
}

// Whether a value has all fields of another one, at every level.
function includesPart(value: JsonValue | undefined, part: JsonValue): boolean {
  if (!isObject(part)) return isDeepStrictEqual(value, part)
  return (
    isObject(value) &&
    Object.entries(part).every(([name, inner]) => Object.hasOwn(value, name) && includesPart(value[name], inner))
  )
}

// `*` matches any text. Takes linear time.
function matchesPattern(text: string, pattern: string): boolean {
  const [first = '', ...rest] = pattern.split('*')
  const last = rest.pop()
  if (last === undefined) return text === first
  if (!text.startsWith(first) || !text.endsWith(last) || text.length < first.length + last.length) return false
  let at = first.length
  for (const part of rest) {
    const found = text.indexOf(part, at)
    if (found < 0) return false
    at = found + part.length
  }
  return at <= text.length - last.length
}
