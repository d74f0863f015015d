import { isMeant } from '../../chat/profile.ts'
import { ApiError } from '../../errors/api-error.ts'
import type { ErrorKind } from '../../errors/table.ts'
import { MAX_MODEL } from '../../images/recipe.ts'
import type { Contract } from '../../openapi/contract.ts'
import type { Alternatives, Operation } from '../../openapi/operation.ts'
import { nameOf } from '../../journal/coverage-keys.ts'
import type { ScriptedOperations } from '../../scenarios/choose.ts'
import type { Validation } from '../../openapi/validate-request.ts'
import type { Violation } from '../../openapi/violation.ts'
import type { JsonObject } from '../../util/json.ts'
import { type Reply, jsonReply } from '../../util/reply.ts'
import type { AppContext } from '../context.ts'
import type { Settings } from '../settings.ts'
import { createChatCompletion } from './chat.ts'
import { gatewayModel, gatewayModels } from './gateway-models.ts'
import { respondWithSample } from './samples.ts'

/** Responds to a valid request for an operation. */
export type Behaviour = (c: AppContext) => Reply | Promise<Reply>

/** The custom behaviours, by the names of the packaged contract's operations. */
const behaviours = new Map<string, Behaviour>(Object.entries({ createChatCompletion, listModels, retrieveModel }))

/**
 * The Behaviour of an Operation: the custom one that its document names (`x-chat-image-mock`), or that the operation
 * with its method and path has in the packaged contract. Otherwise the contract's example or a sample of its schema. In
 * a contract without chat, `/v1/models` may be models of cars.
 */
export function behaviourOf(operation: Operation, packaged: Contract, contract: Contract = packaged): Behaviour {
  const name = operation.behaviour ?? twinOf(operation, packaged)
  const behaviour = behaviours.get(name ?? '')
  if (behaviour === undefined) return respondWithSample
  const isNamed = operation.behaviour !== undefined || behaviour === createChatCompletion
  return isNamed || contract.operations.some((one) => isChat(one, packaged)) ? behaviour : respondWithSample
}

function twinOf({ method, path }: Operation, packaged: Contract): string | undefined {
  return packaged.operations.find((one) => one.method === method && one.path === path)?.operationId
}

/** Whether an Operation's requests are chat requests. */
export function isChat(operation: Operation, packaged: Contract): boolean {
  return behaviours.get(operation.behaviour ?? twinOf(operation, packaged) ?? '') === createChatCompletion
}

/** The operations that scripts and `when` apply to: those for chat, or all if the contract has none. */
export function scriptedOperations(contract: Contract, packaged: Contract): ScriptedOperations {
  const chat = contract.operations.filter((operation) => isChat(operation, packaged))
  const scripted = chat.length > 0 ? chat : contract.operations
  const names = scripted.flatMap((operation) => [nameOf(operation), operation.operationId ?? []].flat())
  return { hasChat: chat.length > 0, names }
}

/** The chat operation of the contract. Undefined if it has none. */
export function chatOperationOf({
  contract,
  packaged,
}: Pick<Settings, 'contract' | 'packaged'>): Operation | undefined {
  return contract.operations.find((one) => isChat(one, packaged))
}

/** Whether an Operation lists models, or describes one. */
export function isModels(operation: Operation, packaged: Settings['packaged']): boolean {
  const behaviour = behaviourOf(operation, packaged)
  return behaviour === listModels || behaviour === retrieveModel
}

function listModels(c: AppContext): Reply {
  const { gateway } = c.get('mock')
  const { values } = modelsOf(c.get('mock'))
  return gateway === undefined
    ? jsonReply({ object: 'list', data: values.map(toModel) })
    : gatewayModels(values, gateway)
}

function retrieveModel(c: AppContext): Reply {
  const context = c.get('context')
  const parameter = context.operation?.parameters[0]
  const name = context.params[parameter?.name ?? ''] ?? ''
  const { gateway } = c.get('mock')
  return gateway === undefined ? jsonReply(toModel(name)) : gatewayModel(name, gateway)
}

function toModel(id: string): JsonObject {
  return { id, object: 'model', created: 1_677_652_288, owned_by: 'chat-image-mock' }
}

/** The models and families that can be requested: those of the chat operation's schema and of custom profiles. */
export function modelsOf({ ownModels, ...contracts }: Settings): Alternatives {
  const { values = [], titles = [] } = chatOperationOf(contracts)?.models ?? {}
  return {
    values: [...new Set([...values, ...ownModels.filter((name) => !isFamily(name))])],
    titles: [...new Set([...titles, ...ownModels.filter(isFamily)])],
  }
}

function isFamily(name: string): boolean {
  return name.endsWith('*')
}

/** Whether a violation must be ignored, because a custom profile defines the model. */
export function isOwnModel({ param, reason, value }: Violation, { ownModels }: Pick<Settings, 'ownModels'>): boolean {
  return (
    param === 'model' &&
    reason === 'value' &&
    typeof value === 'string' &&
    value.length <= MAX_MODEL &&
    ownModels.some((name) => isMeant(name, value))
  )
}

const LINK = /^messages\[\d+\]\.content\[\d+\]\.(?:image_url|file_url)(?:\.url)?$/

/** A violation of a chat request, with a clearer message for the link of a reference picture than its pattern gives. */
export function withLinkMessage(violation: Violation): Violation {
  const { param, reason } = violation
  if (reason !== 'value' || !LINK.test(param)) return violation
  return { ...violation, message: `Invalid image in '${param}': expected an http(s) URL or a data URI.` }
}

/** One error for all violations of a request. If the only violation is an unknown model, it has a separate error. */
export function toViolationError(validation: Validation, operation: Operation, settings: Settings): ApiError {
  const { violations } = validation
  const [first] = violations
  if (first === undefined) throw new RangeError('no violation')
  const { param, reason, value } = first
  const isSample = behaviourOf(operation, settings.packaged, settings.contract) === respondWithSample
  if (!isSample && violations.length === 1 && param === 'model' && reason === 'value' && typeof value === 'string') {
    const { values, titles } = modelsOf(settings)
    return new ApiError('unknown_model', { param, asked: value.slice(0, 64), known: [...values, ...titles] })
  }
  const kind = (isSample ? undefined : KINDS_BY_PARAM[`${param} ${reason}`]) ?? KINDS[reason]
  const messages = violations.slice(0, MAX_LISTED).map(({ message }) => message)
  return new ApiError(kind, { param, reason: messages.join(' ') + restOf(validation) })
}

// How many violations are not listed.
function restOf({ violations, isComplete }: Validation): string {
  const rest = violations.length - MAX_LISTED
  if (rest > 0) return ` And ${isComplete ? '' : 'at least '}${rest} more.`
  return isComplete ? '' : ' There may be more.'
}

const KINDS = {
  missing: 'missing_parameter',
  type: 'invalid_type',
  value: 'invalid_value',
  unknown: 'unknown_parameter',
} as const
/** Violations for which the gateway has its own message. It treats an empty list of messages as a missing one. */
const KINDS_BY_PARAM: Readonly<Record<string, ErrorKind>> = {
  'model missing': 'missing_model',
  'messages missing': 'missing_messages',
  'messages value': 'empty_messages',
  'max_tokens value': 'invalid_max_tokens',
}

const MAX_LISTED = 20 // violations in one error, at most

/** The path of a client's base URL. OpenAI's clients append two segments to it: /chat/completions. */
export function basePathOf({ contract, packaged }: Pick<Settings, 'contract' | 'packaged'>): string {
  const chat = packaged.operations.find((one) => isChat(one, packaged))
  return (chatOperationOf({ contract, packaged }) ?? chat)?.path.split('/').slice(0, -2).join('/') ?? ''
}
