import { ApiError } from '../errors/api-error.ts'
import type { GatewayDialect } from '../errors/error-spec.ts'
import { type JsonValue, isObject } from '../util/json.ts'
import type { GatewayBuild } from './build.ts'
import { decodeFault } from './go-decode.ts'
import type { GatewayBody } from './read-body.ts'

/** What the gateway checks a request against. */
export interface Admission {
  readonly dialect: GatewayDialect
  readonly build: GatewayBuild
  /** Whether a channel offers a model. */
  readonly isKnown: (model: string) => boolean
  /** The models that are offered, for the note. */
  readonly known: readonly string[]
}

/** Throws an ApiError if a request is rejected. */
type Check = (body: GatewayBody, admission: Admission) => void

/** The checks of a request that chooses a channel, in the order of the gateway [M]. */
const CHANNEL_CHECKS: Readonly<Record<GatewayDialect, readonly Check[]>> = {
  gateway: [modelIsText, modelIsNamed, channelExists],
  'gateway-2025': [modelIsDecoded, modelIsNamed, channelExists],
}

/** The checks of a chat request after that. */
const CHAT_CHECKS: Readonly<Record<GatewayDialect, readonly Check[]>> = {
  gateway: [fieldsAreDecoded, tokensAreLimited('max_tokens', 'max_completion_tokens'), messagesAreSent],
  'gateway-2025': [fieldsAreDecoded, tokensAreLimited('max_tokens'), messagesAreSent],
}

/** Checks whether the gateway finds a channel for a request. Throws an ApiError. */
export function chooseChannel(body: GatewayBody, admission: Admission): void {
  for (const check of CHANNEL_CHECKS[admission.dialect]) check(body, admission)
}

/** Checks a chat request as the gateway does, before it sends it to a vendor. Throws an ApiError. */
export function admitChat(body: GatewayBody, admission: Admission): void {
  chooseChannel(body, admission)
  for (const check of CHAT_CHECKS[admission.dialect]) check(body, admission)
}

function modelIsText({ model }: GatewayBody): void {
  if (model !== undefined && model !== null && typeof model !== 'string')
    throw wrongModel('field model must be a string')
}

const MODEL_REQUEST = { request: 'ModelRequest', structs: { ModelRequest: { model: 'string' } }, from: 'middleware' }

function modelIsDecoded(body: GatewayBody): void {
  const fault = decodeFault(body, MODEL_REQUEST)
  if (fault !== undefined) throw wrongModel(fault)
}

function wrongModel(decoder: string): ApiError {
  const reason = 'The request body must be a JSON object with the name of a model.'
  return new ApiError('invalid_body', { param: 'model', reason, decoder })
}

function modelIsNamed({ model }: GatewayBody): void {
  if (model === undefined || model === null || model === '') throw new ApiError('missing_model', { param: 'model' })
}

const MAX_MODEL = 256 // characters of a model that an error repeats

function channelExists({ model }: GatewayBody, { isKnown, known }: Admission): void {
  if (typeof model === 'string' && !isKnown(model))
    throw new ApiError('unknown_model', { param: 'model', asked: model.slice(0, MAX_MODEL), known })
}

function fieldsAreDecoded(body: GatewayBody, { build }: Admission): void {
  const decoder = decodeFault(body, build)
  if (decoder !== undefined) throw new ApiError('undecodable', { decoder })
}

function tokensAreLimited(...names: readonly string[]): Check {
  return ({ value }) => {
    const param = names.find((name) => Number(memberOf(value, name) ?? 0) > MAX_TOKENS)
    if (param !== undefined)
      throw new ApiError('invalid_max_tokens', {
        param,
        reason: `Invalid value for '${param}': expected a number of at most ${MAX_TOKENS}.`,
      })
  }
}

const MAX_TOKENS = 1_073_741_823

function messagesAreSent({ value }: GatewayBody): void {
  const messages = memberOf(value, 'messages')
  if (!Array.isArray(messages) || messages.length === 0) throw new ApiError('missing_messages', { param: 'messages' })
}

function memberOf(value: JsonValue | undefined, name: string): JsonValue | undefined {
  return isObject(value) ? value[name] : undefined
}
