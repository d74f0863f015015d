import type { Contract } from '../openapi/contract.ts'
import type { Violation } from '../openapi/violation.ts'
import type { JsonObject } from '../util/json.ts'
import type { Alternatives, Operation } from '../openapi/operation.ts'
import { sampleResponse } from '../openapi/sample.ts'
import { isMeant } from '../chat/profile.ts'
import { MAX_MODEL } from '../images/recipe.ts'
import { ApiError } from '../errors/api-error.ts'
import type { ErrorKind } from '../errors/table.ts'
import type { Reply } from '../util/reply.ts'
import { jsonReply } from '../util/reply.ts'
import { createChatCompletion } from './chat.ts'
import type { CheckedRequest } from './checked.ts'
import type { Settings } from './settings.ts'

type Behaviour = (request: CheckedRequest, settings: Settings) => Reply | Promise<Reply>

/** The operations that do more than answer their example, by operationId. */
const behaviours: ReadonlyMap<string, Behaviour> = new Map(
  Object.entries({ createChatCompletion, listModels, retrieveModel }),
)

/** What answers an Operation: its own behaviour, else the contract's example or a sample of its schema. */
export function behaviourOf(operation: Operation, packaged: Contract): Behaviour {
  const twin = packaged.operations.find(({ method, path }) => method === operation.method && path === operation.path)
  return behaviours.get(operation.operationId ?? twin?.operationId ?? '') ?? answerSample
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
  return {
    status,
    headers: mediaType === undefined ? {} : { 'content-type': mediaType, 'x-content-type-options': 'nosniff' },
    body,
  }
}

/** The models that can be asked for: by name, and as families; those of the chat operation's schema and the user's own. */
export function modelsOf({ contract, packaged, ownModels }: Settings): Alternatives {
  const chat = contract.operations.find((operation) => behaviourOf(operation, packaged) === createChatCompletion)
  const { values = [], titles = [] } = chat?.models ?? {}
  return {
    values: [...new Set([...values, ...ownModels.filter((name) => !isFamily(name))])],
    titles: [...new Set([...titles, ...ownModels.filter(isFamily)])],
  }
}

function isFamily(name: string): boolean {
  return name.endsWith('*')
}

/** Whether a fault is none because the user's own profiles name the model. */
export function isOwnModel({ param, reason, value }: Violation, { ownModels }: Settings): boolean {
  return (
    param === 'model' &&
    reason === 'value' &&
    typeof value === 'string' &&
    value.length <= MAX_MODEL &&
    ownModels.some((name) => isMeant(name, value))
  )
}

/** The one error for all that is wrong with a request; an unknown model as the only fault is an error of its own. */
export function toViolationError(faults: readonly Violation[], operation: Operation, settings: Settings): ApiError {
  const [first] = faults
  if (first === undefined) throw new RangeError('no fault')
  const hasBehaviour = behaviourOf(operation, settings.packaged) !== answerSample
  if (
    hasBehaviour &&
    faults.length === 1 &&
    first.param === 'model' &&
    first.reason === 'value' &&
    typeof first.value === 'string'
  ) {
    const { values, titles } = modelsOf(settings)
    return new ApiError('unknown_model', {
      param: 'model',
      asked: first.value.slice(0, 64),
      known: [...values, ...titles],
    })
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

/** What stands in a client's base URL behind the server's own: OpenAI's clients append two segments to it, /chat/completions. */
export function basePathOf({ contract, packaged }: Settings): string {
  const chat = packaged.operations.find(({ body }) => body !== undefined)
  const own = contract.operations.find(
    (operation) => chat !== undefined && behaviourOf(operation, packaged) === behaviourOf(chat, packaged),
  )
  return (own ?? chat)?.path.split('/').slice(0, -2).join('/') ?? ''
}
