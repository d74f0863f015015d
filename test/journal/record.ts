import { profiles } from '#prepared'
import { profileOf } from '../../src/chat/profile.ts'
import { readChatRequest } from '../../src/chat/chat-request.ts'
import { validateRequest } from '../../src/openapi/validate-request.ts'
import { type Exchange, type RequestFacts, readExchange } from '../../src/journal/exchange.ts'
import { toExchange } from '../../src/journal/write-exchange.ts'
import { type CoverageTargets, coverageKeysOf } from '../../src/journal/coverage-keys.ts'
import { errorReply } from '../../src/errors/api-error.ts'
import type { Reply } from '../../src/util/reply.ts'
import { modelsOf, toViolationError } from '../../src/app/routes/operations.ts'
import { toAnswer } from '../../src/chat/answer.ts'
import { toReply } from '../../src/chat/reply.ts'
import { styles } from '../../src/chat/styles/styles.ts'
import { appWith } from '../app/unlistened.ts'
import { toSettings } from '../../src/mock/to-settings.ts'
import { MemoryStore } from '../../src/store/memory-store.ts'
import type { StoredExchange } from '../../src/store/store.ts'

type Writable<T> = { -readonly [K in keyof T]: T[K] }

const settings = await toSettings({})
const { app } = await appWith()
const { contract } = settings

const { values, titles } = modelsOf(settings)

/** The packaged contract and models, with two scenarios. */
export const targets: CoverageTargets = {
  contract,
  models: values,
  families: titles,
  scenarios: ['rate-limited', 'slow'],
  allScenarios: ['rate-limited', 'slow'],
}

/** The parts of a request that a test sets. A chat request by default. */
export interface RequestSpec {
  readonly body?: any
  readonly headers?: Record<string, string>
  readonly query?: string
  readonly operationId?: string
  readonly path?: string
  readonly facts?: Partial<RequestFacts>
  /** Replaces the operation's own Reply. */
  readonly reply?: Reply
}

/** The record of one request. */
export interface Recorded {
  readonly exchange: Exchange
  readonly stored: StoredExchange
  /** The bytes in the Store, as text. */
  readonly kept: string
  readonly keys: readonly string[]
}

/** The facts of a request that was not read. */
export const NO_FACTS: RequestFacts = {
  session: '',
  generation: undefined,
  operation: undefined,
  size: 0,
  body: undefined,
  violations: [],
  unknownFields: [],
  chat: undefined,
  choice: undefined,
  nearMisses: [],
  notes: [],
}

/** What the mock of these records adds to them. */
export const WRITING = { contract, prefix: '' }

export const TIME = Date.UTC(2026, 0, 2, 3, 4, 5)

/** The body of a chat request. */
export function chatOf(content: any, rest: object = {}): any {
  return { model: 'nano-banana', messages: [{ role: 'user', content }], ...rest }
}

/** Validates, reads, answers and records a request as the server does. */
export async function record(spec: RequestSpec): Promise<Recorded> {
  const { body, headers = {}, query = '', operationId = 'createChatCompletion', path } = spec
  const operation = contract.operations.find((one) => one.operationId === operationId)!
  const request = { method: operation.method, path: path ?? operation.path, query, headers }
  const checkable = {
    path: { model: 'flux' },
    query,
    header: (name: string) => headers[name],
    body: body === undefined ? undefined : { value: body, mediaType: 'application/json' },
  }
  const { violations } = validateRequest(contract, operation, checkable)
  const facts: Writable<RequestFacts> = { ...NO_FACTS, operation, violations, body }
  const reply = spec.reply ?? (await replyTo(facts, { ...request, path: request.path.replace('{model}', 'flux') }))
  Object.assign(facts, spec.facts)
  const store = new MemoryStore()
  const json = toExchange(facts, { request, reply, time: TIME }, WRITING)
  await store.record('', { size: json.length, toBytes: () => json })
  const [stored] = await store.records()
  return {
    exchange: readExchange(stored!),
    stored: stored!,
    kept: Buffer.from(json).toString('utf8'),
    keys: coverageKeysOf(facts, { request, reply }, targets),
  }
}

async function replyTo(facts: Writable<RequestFacts>, request: { path: string; query: string }): Promise<Reply> {
  const { body, violations, operation } = facts
  if (operation === undefined || violations.length > 0)
    return errorReply(toViolationError({ violations, isComplete: true }, operation!, settings), {
      dialect: 'openai',
      requestId: '1',
    })
  if (body === undefined) {
    const response = await app.request(`${request.path}?${request.query}`)
    const names = ['content-type', 'x-content-type-options']
    const headers = Object.fromEntries(names.map((name) => [name, response.headers.get(name) ?? '']))
    return { status: response.status, headers, body: await response.text() }
  }
  const profile = profileOf(profiles, (body as any).model)
  facts.chat = await readChatRequest(body as any, {
    profile,
    base: 'http://mock.invalid',
    seed: '0',
    dialect: 'openai',
  })
  const { style, task, prose } = profile
  const render = async (): Promise<Uint8Array> => new Uint8Array(64)
  return toReply(facts.chat, await toAnswer(facts.chat, { write: styles[style], task, prose, created: 1, render }), 0)
}
