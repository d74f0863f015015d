import { isMeant } from '../chat/profile.ts'
import type { Contract } from '../openapi/contract.ts'
import type { Operation } from '../openapi/operation.ts'
import type { Violation } from '../openapi/violation.ts'
import { type JsonValue, isObject, parseJson } from '../util/json.ts'
import { type Reply, isStream } from '../util/reply.ts'
import { redactCut, redactRepeated } from './credentials.ts'
import { type RequestFacts } from './exchange.ts'
import { type Answered, type RequestHead, codeOf } from './write-exchange.ts'

/** Everything that requests can cover. */
export interface CoverageTargets {
  readonly contract: Contract
  readonly models: readonly string[]
  /** Families of models, written as `name-*`. */
  readonly families: readonly string[]
  readonly scenarios: readonly string[]
  /** What `all` stands for in a CoverageScope: for a custom contract only the custom scenarios. */
  readonly allScenarios: readonly string[]
}

/** The first word of a coverage key. A space and a name follow. */
export type Kind =
  | 'operation'
  | 'model'
  | 'parameter'
  | 'content'
  | 'form'
  | 'status'
  | 'code'
  | 'scenario'
  | 'combination'
  | 'violation'
  | 'unknown'

/** The kinds of content in a chat request. */
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

/** Maximum length of a coverage key, in characters. */
export const MAX_KEY = 300
const MAX_VIOLATIONS = 20
const MAX_PARTS = 1000

/** The coverage keys of one request, without duplicates. A Store counts them; `toCoverage` reads the counts. */
export function coverageKeysOf(
  facts: RequestFacts,
  { request, reply }: Pick<Answered, 'request' | 'reply'>,
  targets: CoverageTargets,
): readonly string[] {
  const { operation, chat, choice, body } = facts
  const name = operation === undefined ? '' : nameOf(operation)
  const keys = new Set<string>()
  const add = (kind: Kind, text: string): void => void keys.add(toKey(kind, text))
  add('status', operation === undefined ? String(reply.status) : `${name} ${reply.status}`)
  if (operation !== undefined) {
    const known = keysOf(operation)
    keys.add(known.operation)
    for (const { in: place, name: parameter } of operation.parameters)
      if (place === 'path' || isSent(place, parameter, request)) add('parameter', `${name} ${place} ${parameter}`)
    if (isObject(body)) for (const [field, key] of known.fields) if (Object.hasOwn(body, field)) keys.add(key)
  }
  if (chat !== undefined) {
    const model = modelOf(chat.model, targets)
    const form = chat.wantsStream ? 'stream' : 'whole'
    const contents = contentsOf(isObject(body) ? body['messages'] : undefined)
    add('model', model ?? redactRepeated(chat.model).slice(0, 64))
    keys.add(`form ${form}`)
    for (const content of contents) keys.add(`content ${content}`)
    // Without the names of unknown models, of which clients can invent any number.
    add('combination', [model ?? '', form, reply.status, choice?.name ?? '', [...contents].join()].join('\t'))
  }
  const errorCode = errorCodeOf(reply)
  if (errorCode !== undefined) add('code', errorCode)
  if (choice !== undefined) add('scenario', choice.name)
  for (const [code, message] of codesOf(facts.violations, operation)) add('violation', `${name}\t${code}\t${message}`)
  for (const [code, message] of codesOf(facts.unknownFields, operation)) add('unknown', `${name}\t${code}\t${message}`)
  return [...keys]
}

interface OperationKeys {
  readonly operation: string
  readonly fields: readonly (readonly [field: string, key: string])[]
}

const operationKeys = new WeakMap<Operation, OperationKeys>()

// Cached: an operation's keys are the same in every request.
function keysOf(operation: Operation): OperationKeys {
  const known = operationKeys.get(operation)
  if (known !== undefined) return known
  const name = nameOf(operation)
  const fields = operation.fields.map((field) => [field, toKey('parameter', `${name} body ${field}`)] as const)
  const keys = { operation: toKey('operation', name), fields }
  operationKeys.set(operation, keys)
  return keys
}

/** An Operation's name in coverage keys and reports: `POST /path`. */
export function nameOf({ method, path }: Pick<Operation, 'method' | 'path'>): string {
  return `${method} ${path}`
}

function toKey(kind: Kind, text: string): string {
  const key = redactRepeated(`${kind} ${text}`)
  return key.length <= MAX_KEY ? key.toWellFormed() : `${key.slice(0, MAX_KEY - 1).toWellFormed()}…`
}

/** The name under which a model counts: its own, or its family with the longest prefix. Undefined if unknown. */
export function modelOf(model: string, { models, families }: CoverageTargets): string | undefined {
  if (models.includes(model)) return model
  return families.filter((family) => isMeant(family, model)).toSorted((a, b) => b.length - a.length)[0]
}

function isSent(place: string, name: string, { query, headers }: RequestHead): boolean {
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
    const parts = Array.isArray(content) ? content.slice(0, left) : typeof content === 'string' ? [content] : []
    left = Math.max(0, left - parts.length)
    for (const part of parts) {
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

// Each match attempt starts at a bracket and ends before the next one, so the search takes linear time.
function hasPicture(text: JsonValue | undefined): boolean {
  return typeof text === 'string' && /!\[[^[\]]*\]\(\s*(?:https?:\/\/|data:(?:image|application)\/)/i.test(text)
}

function errorCodeOf({ status, body }: Reply): string | undefined {
  if (status < 400 || isStream(body) || body.length > 20_000) return undefined
  const value = parseJson(Buffer.from(body).toString())
  const error = isObject(value) ? value['error'] : undefined
  const code = isObject(error) ? error['code'] : undefined
  return typeof code === 'string' && code !== '' ? code.slice(0, 64) : undefined
}

// Clients can invent any number of paths. One key counts them all, so it does not name them.
const UNKNOWN_OPERATION =
  'The contract has no operation with this method and path. The requests are in the log and in the journal.'

// Maps each violation's code to the message of its first occurrence.
function codesOf(violations: readonly Violation[], operation: Operation | undefined): Map<string, string> {
  const found = new Map<string, string>()
  for (const { param, reason, message } of violations.slice(0, 1000)) {
    const code = redactCut(codeOf({ param: param.slice(0, 120).replaceAll('\t', ' '), reason }))
    if (found.size < MAX_VIOLATIONS && !found.has(code))
      found.set(code, operation === undefined ? UNKNOWN_OPERATION : redactCut(message).replaceAll(/\[\d+\]/g, '[]'))
  }
  return found
}
