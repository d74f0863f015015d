import { profiles } from '#prepared'
import { profileOf } from '../../src/chat/profile.ts'
import { readChatRequest } from '../../src/chat/chat-request.ts'
import { checkRequest } from '../../src/openapi/validate-request.ts'
import type { Exchange } from '../../src/journal/exchange.ts'
import { readExchange, toExchange } from '../../src/journal/exchange.ts'
import type { CoverageTargets } from '../../src/journal/coverage-keys.ts'
import { coverageKeysOf } from '../../src/journal/coverage-keys.ts'
import type { Trace } from '../../src/journal/request-context.ts'
import { createTrace } from '../../src/journal/request-context.ts'
import { errorReply } from '../../src/errors/api-error.ts'
import type { Reply } from '../../src/util/reply.ts'
import { createRecall } from '../../src/app/recall.ts'
import { behaviourOf, modelsOf, toViolationError } from '../../src/app/operations.ts'
import { toSettings } from '../../src/mock/options.ts'
import { MemoryStore } from '../../src/store/memory-store.ts'

const settings = await toSettings({})
const { contract } = settings

const { values, titles } = modelsOf(settings)

/** What the packaged contract and a few Scenarios offer. */
export const known: CoverageTargets = {
  contract,
  models: values,
  families: titles,
  scenarios: ['rate-limited', 'slow'],
}

/** A request in short; it is a chat request unless it says otherwise. */
export interface Asked {
  readonly body?: any
  readonly headers?: Record<string, string>
  readonly query?: string
  readonly operationId?: string
  readonly path?: string
  readonly trace?: Partial<Trace>
  /** In place of the operation's own. */
  readonly reply?: Reply
}

/** What is known of one request when it has been answered. */
export interface Remembered {
  readonly exchange: Exchange
  /** The bytes that a Store keeps, as text. */
  readonly kept: string
  readonly marks: readonly string[]
}

export const TIME = Date.UTC(2026, 0, 2, 3, 4, 5)

/** A chat request's body. */
export function chatOf(content: any, rest: object = {}): any {
  return { model: 'nano-banana', messages: [{ role: 'user', content }], ...rest }
}

/** Has a request checked, read and answered as the server does, and gives what the journal keeps of it. */
export async function tell(asked: Asked): Promise<Remembered> {
  const { body, headers = {}, query = '', operationId = 'createChatCompletion', path } = asked
  const operation = contract.operations.find((one) => one.operationId === operationId)!
  const request = { method: operation.method, path: path ?? operation.path, query, headers }
  const checkable = {
    path: { model: 'flux' },
    query: new URLSearchParams(query),
    header: (name: string) => headers[name],
    body: body === undefined ? undefined : { value: body, mediaType: 'application/json' },
  }
  const faults = checkRequest(contract, operation, checkable)
  const trace: Trace = { ...createTrace('1'), operation, faults, body }
  const reply = asked.reply ?? (await answer(trace, checkable.path))
  Object.assign(trace, asked.trace)
  const store = new MemoryStore()
  const json = toExchange(trace, { request, reply, time: TIME })
  await store.record('', { size: json.length, toBytes: () => json })
  const [kept] = await store.records()
  return {
    exchange: readExchange(kept!),
    kept: Buffer.from(json).toString('utf8'),
    marks: coverageKeysOf(trace, { request, reply }, known),
  }
}

async function answer(trace: Trace, path: Record<string, string>): Promise<Reply> {
  const { body, faults, operation } = trace
  if (operation === undefined || faults.length > 0)
    return errorReply(toViolationError(faults, operation!, settings), { dialect: 'openai', requestId: '1' })
  const base = 'http://mock.invalid'
  if (body !== undefined)
    trace.chat = await readChatRequest(body as any, {
      profile: profileOf(profiles, (body as any).model),
      base,
      seed: '0',
    })
  return behaviourOf(operation, contract)(
    {
      operation,
      path,
      body,
      key: undefined,
      recalled: undefined,
      recall: createRecall(),
      base,
      pace: 0,
      render: async () => new Uint8Array(64),
      trace,
      asked: undefined,
    },
    settings,
  )
}
