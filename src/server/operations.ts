import type { Alternatives } from '../contract/alternatives.ts'
import { alternativesOf } from '../contract/alternatives.ts'
import type { Contract } from '../contract/contract.ts'
import type { Fault } from '../contract/fault.ts'
import type { JsonObject, JsonValue } from '../contract/json.ts'
import { isObject } from '../contract/json.ts'
import type { Operation } from '../contract/operation.ts'
import { isJsonType } from '../contract/operation.ts'
import { escapePointer } from '../contract/pointer.ts'
import { sampleResponse } from '../contract/sample.ts'
import { toAnswer } from '../chat/answer.ts'
import { durationOf, toCompletion } from '../chat/completion.ts'
import { isMeant, profileOf } from '../chat/profile.ts'
import { readChatRequest } from '../chat/request.ts'
import { toFrames } from '../chat/sse.ts'
import { styles } from '../chat/style/style.ts'
import type { Recipe } from '../image/recipe.ts'
import { ApiError } from '../reply/error.ts'
import type { ErrorKind } from '../reply/errors.ts'
import { toNote } from '../reply/note.ts'
import type { Reply } from '../reply/reply.ts'
import { JSON_HEADERS, jsonReply } from '../reply/reply.ts'
import type { Settings } from './settings.ts'

/** A request that its contract has checked. */
export interface CheckedRequest {
  readonly operation: Operation
  readonly path: Readonly<Record<string, string>>
  readonly body: JsonValue | undefined
  /** What links begin with. */
  readonly base: string
  readonly pace: number
  /** Draws a picture, unless who asked is gone. */
  readonly render: (recipe: Recipe) => Promise<Uint8Array>
}

type Behaviour = (request: CheckedRequest, settings: Settings) => Reply | Promise<Reply>

/** The operations that do more than answer their example, by operationId. */
const behaviours: ReadonlyMap<string, Behaviour> = new Map(Object.entries({ createChatCompletion, listModels, retrieveModel }))

/** What answers an Operation: its own behaviour, else the contract's example or a sample of its schema. */
export function behaviourOf(operation: Operation, packaged: Contract): Behaviour {
  const twin = packaged.operations.find(({ method, path }) => method === operation.method && path === operation.path)
  return behaviours.get(operation.operationId ?? twin?.operationId ?? '') ?? answerSample
}

const EVENT_STREAM = { 'content-type': 'text/event-stream', 'cache-control': 'no-cache', 'x-accel-buffering': 'no', 'x-content-type-options': 'nosniff' }

async function createChatCompletion({ body, base, pace, render }: CheckedRequest, settings: Settings): Promise<Reply> {
  if (!isObject(body)) throw new ApiError('invalid_body', { reason: 'The request body must be a JSON object.' })
  const profile = profileOf(settings.profiles, typeof body['model'] === 'string' ? body['model'] : '')
  const request = await readChatRequest(body, { profile, base, seed: settings.seed })
  const { style, task, prose } = profile
  const answer = await toAnswer(request, { write: styles[style], task, prose, created: Math.floor(settings.clock() / 1000), render })
  const note = toNote(request.notes)
  if (request.wantsStream) return { status: 200, headers: { ...EVENT_STREAM, ...note }, body: toFrames(answer, { pace, wantsUsage: request.wantsUsage }) }
  return { status: 200, headers: { ...JSON_HEADERS, ...note }, body: toCompletion(answer), wait: durationOf(answer) * pace }
}

function listModels(_request: CheckedRequest, settings: Settings): Reply {
  return jsonReply({ object: 'list', data: modelsOf(settings).values.map(toModel) })
}

function retrieveModel({ path, operation }: CheckedRequest): Reply {
  const [parameter] = operation.parameters
  return jsonReply(toModel(path[parameter?.name ?? ''] ?? ''))
}

function toModel(id: string): JsonObject {
  return { id, object: 'model', created: 1_677_652_288, owned_by: 'chat-image-mock' }
}

async function answerSample({ operation }: CheckedRequest, { contract }: Settings): Promise<Reply> {
  const { status, mediaType, body } = await sampleResponse(contract, operation)
  return { status, headers: mediaType === undefined ? {} : { 'content-type': mediaType, 'x-content-type-options': 'nosniff' }, body }
}

/** The models that can be asked for: by name, and as families; those of the chat operation's schema and the user's own. */
export function modelsOf({ contract, packaged, ownModels }: Settings): Alternatives {
  const body = contract.operations.find((operation) => behaviourOf(operation, packaged) === createChatCompletion)?.body
  const mediaType = body?.mediaTypes.find(isJsonType)
  const { values, titles } =
    body === undefined || mediaType === undefined ? { values: [], titles: [] } : alternativesOf(contract.document, `${body.pointer}/${escapePointer(mediaType)}/schema`, 'model')
  return { values: [...new Set([...values, ...ownModels.filter((name) => !isFamily(name))])], titles: [...new Set([...titles, ...ownModels.filter(isFamily)])] }
}

function isFamily(name: string): boolean {
  return name.endsWith('*')
}

/** Whether a fault is none because the user's own profiles name the model. */
export function isOwnModel({ param, reason, value }: Fault, { ownModels }: Settings): boolean {
  return param === 'model' && reason === 'value' && typeof value === 'string' && ownModels.some((name) => isMeant(name, value))
}

/** The one error for all that is wrong with a request; an unknown model as the only fault is an error of its own. */
export function toFaultError(faults: readonly Fault[], operation: Operation, settings: Settings): ApiError {
  const [first] = faults
  if (first === undefined) throw new RangeError('no fault')
  const hasBehaviour = behaviourOf(operation, settings.packaged) !== answerSample
  if (hasBehaviour && faults.length === 1 && first.param === 'model' && first.reason === 'value' && typeof first.value === 'string') {
    const { values, titles } = modelsOf(settings)
    return new ApiError('unknown_model', { param: 'model', asked: first.value.slice(0, 64), known: [...values, ...titles] })
  }
  const kind = (hasBehaviour ? KINDS_BY_PARAM[`${first.param} ${first.reason}`] : undefined) ?? KINDS[first.reason]
  const told = faults.slice(0, MAX_FAULTS).map(({ message }) => message)
  const rest = faults.length - told.length
  return new ApiError(kind, { param: first.param, reason: `${told.join(' ')}${rest > 0 ? ` And ${rest} more.` : ''}` })
}

const KINDS = { missing: 'missing_parameter', type: 'invalid_type', value: 'invalid_value' } as const
/** What the gateway has words of its own for: a list of messages that is empty is missing to it. */
const KINDS_BY_PARAM: Readonly<Record<string, ErrorKind>> = {
  'model missing': 'missing_model',
  'messages missing': 'missing_messages',
  'messages value': 'empty_messages',
  'max_tokens value': 'invalid_max_tokens',
}

/** How many faults an error tells. */
const MAX_FAULTS = 20
