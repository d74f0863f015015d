import { isMeant } from '../chat/profile.ts'
import type { Contract } from '../openapi/contract.ts'
import type { JsonValue } from '../util/json.ts'
import { isObject } from '../util/json.ts'
import type { Operation } from '../openapi/operation.ts'
import type { Reply } from '../util/reply.ts'
import { isStream } from '../util/reply.ts'
import { redactRepeated, redactText } from './credentials.ts'
import type { Head, Told } from './exchange.ts'
import { codeOf } from './exchange.ts'
import type { RequestContext } from './request-context.ts'

/** What can be exercised. */
export interface CoverageTargets {
  readonly contract: Contract
  /** Models by name. */
  readonly models: readonly string[]
  /** Families, as `name-*`. */
  readonly families: readonly string[]
  /** Scenarios by name. */
  readonly scenarios: readonly string[]
}

/** What a mark is about; it stands at its beginning, before a space. */
export const KINDS = [
  'operation',
  'model',
  'parameter',
  'content',
  'form',
  'status',
  'code',
  'scenario',
  'violation',
] as const
export type Kind = (typeof KINDS)[number]

/** The kinds of content that a chat request can have. */
export const CONTENTS = [
  'string',
  'text part',
  'image_url part',
  'file_url part',
  'data URI',
  'link',
  'earlier picture',
] as const
export type Content = (typeof CONTENTS)[number]

/** Characters of a mark at most. */
export const MAX_MARK = 300
const MAX_VIOLATIONS = 20
const MAX_PARTS = 1000

/** A request and its answer, as far as marks are made of them. */
type Said = Pick<Told, 'request' | 'reply'>

/** The marks of one request, each once: what it exercised, for a Store to count. `toCoverage` reads them. */
export function coverageKeysOf(trace: RequestContext, said: Said, known: CoverageTargets): readonly string[] {
  const { operation, chat } = trace
  if (operation === undefined || chat === undefined || !isPlain(trace, said))
    return allCoverageKeysOf(trace, said, known)
  const last = plain.get(chat)
  if (last?.operation === operation) return last.marks
  const marks = allCoverageKeysOf(trace, said, known)
  plain.set(chat, { operation, marks })
  return marks
}

// Those of a chat request in which nothing but its body has a mark: as long as that is recalled, so are they.
const plain = new WeakMap<
  NonNullable<RequestContext['chat']>,
  { readonly operation: Operation; readonly marks: readonly string[] }
>()

function isPlain({ operation, choice, violations }: RequestContext, { request, reply }: Said): boolean {
  return (
    choice === undefined &&
    violations.length === 0 &&
    operation?.parameters.length === 0 &&
    request.query === '' &&
    reply.status === 200
  )
}

function allCoverageKeysOf(trace: RequestContext, { request, reply }: Said, known: CoverageTargets): readonly string[] {
  const { operation, chat, choice, body } = trace
  const where = operation === undefined ? '' : `${keyOf(operation)} `
  const marks: [Kind, string][] = [['status', `${where}${reply.status}`]]
  if (operation !== undefined) {
    marks.push(
      ['operation', keyOf(operation)],
      ...parametersOf(operation, { request, body }).map((name): [Kind, string] => ['parameter', `${where}${name}`]),
    )
  }
  if (chat !== undefined) {
    marks.push(
      ['model', modelOf(chat.model, known) ?? chat.model.slice(0, 64)],
      ['form', chat.wantsStream ? 'stream' : 'whole'],
    )
    for (const content of contentsOf(isObject(body) ? body['messages'] : undefined)) marks.push(['content', content])
  }
  const code = errorCodeOf(reply)
  if (code !== undefined) marks.push(['code', code])
  if (choice !== undefined) marks.push(['scenario', choice.name])
  return [...new Set([...marks.map(([kind, name]) => toMark(kind, name)), ...violationsOf(trace)])]
}

/** An Operation as marks and reports name it. */
export function keyOf({ method, path }: Pick<Operation, 'method' | 'path'>): string {
  return `${method} ${path}`
}

function toMark(kind: Kind, text: string): string {
  const mark = `${kind} ${redactRepeated(text)}`
  return mark.length <= MAX_MARK ? mark.toWellFormed() : `${mark.slice(0, MAX_MARK - 1).toWellFormed()}…`
}

/** What a model counts for: its own name, or its family, the one with the longest prefix; undefined where neither is known. */
export function modelOf(model: string, { models, families }: CoverageTargets): string | undefined {
  if (models.includes(model)) return model
  return families.filter((family) => isMeant(family, model)).toSorted((a, b) => b.length - a.length)[0]
}

// `body stream`, `query limit`: what of all that the contract names was sent.
function parametersOf(
  { parameters, fields }: Operation,
  { request, body }: { request: Head; body: JsonValue | undefined },
): string[] {
  const sent = parameters
    .filter(({ in: place, name }) => place === 'path' || isSent(place, name, request))
    .map(({ in: place, name }) => `${place} ${name}`)
  return isObject(body)
    ? [...sent, ...fields.filter((name) => Object.hasOwn(body, name)).map((name) => `body ${name}`)]
    : sent
}

function isSent(place: string, name: string, { query, headers }: Head): boolean {
  if (place === 'query')
    return (
      query !== '' && [...new URLSearchParams(query).keys()].some((key) => key === name || key.startsWith(`${name}[`))
    )
  if (place === 'header') return Object.keys(headers).some((key) => key.toLowerCase() === name.toLowerCase())
  return String(headers['cookie'] ?? '')
    .split(';')
    .some((pair) => pair.trim().startsWith(`${name}=`))
}

function contentsOf(messages: JsonValue | undefined): Set<Content> {
  const found = new Set<Content>()
  let left = MAX_PARTS
  for (const message of Array.isArray(messages) ? messages.slice(-MAX_PARTS) : []) {
    if (!isObject(message)) continue
    const { content, role } = message
    if (typeof content === 'string') found.add('string')
    for (const part of typeof content === 'string'
      ? [content]
      : Array.isArray(content)
        ? content.slice(0, Math.max(0, left))
        : []) {
      left--
      addPart(found, part)
      if (role === 'assistant' && hasPicture(isObject(part) ? part['text'] : part)) found.add('earlier picture')
    }
  }
  return found
}

function addPart(found: Set<Content>, part: JsonValue): void {
  if (typeof part === 'string') {
    if (/^\s*https?:\/\//.test(part)) found.add('link')
    return
  }
  if (!isObject(part)) return
  const { type } = part
  if (type === 'text') found.add('text part')
  if (type === 'image_url' || type === 'file_url') {
    const link = part[type]
    const url = isObject(link) ? link['url'] : link
    found.add(`${type} part`)
    if (typeof url === 'string') found.add(/^data:/i.test(url) ? 'data URI' : 'link')
  }
}

// Each try begins at a bracket and ends before the next one.
function hasPicture(text: JsonValue | undefined): boolean {
  return typeof text === 'string' && /!\[[^[\]]*\]\(\s*(?:https?:\/\/|data:image\/)/.test(text)
}

function errorCodeOf({ status, body }: Reply): string | undefined {
  if (status < 400 || typeof body !== 'string' || body.length > 20_000 || isStream(body)) return undefined
  try {
    const value: JsonValue = JSON.parse(body)
    const error = isObject(value) ? value['error'] : undefined
    const code = isObject(error) ? error['code'] : undefined
    return typeof code === 'string' && code !== '' ? code.slice(0, 64) : undefined
  } catch {
    return undefined
  }
}

// Place, code and cure, with tabs between them. The first of several with one code stands for all.
function violationsOf({ operation, violations }: RequestContext): string[] {
  const marks = new Map<string, string>()
  for (const { param, reason, message } of violations.slice(0, 1000)) {
    const code = redactText(codeOf({ param: param.slice(0, 120), reason }))
    if (marks.size < MAX_VIOLATIONS && !marks.has(code))
      marks.set(
        code,
        toMark(
          'violation',
          [operation === undefined ? '' : keyOf(operation), code, message.replaceAll(/\[\d+\]/g, '[]')].join('\t'),
        ),
      )
  }
  return [...marks.values()]
}
