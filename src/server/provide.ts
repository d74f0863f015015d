import type { Operation } from '../contract/operation.ts'
import type { Trace } from '../journal/trace.ts'
import { ApiError } from '../reply/error.ts'
import { withNotes } from '../reply/note.ts'
import type { Reply } from '../reply/reply.ts'
import { replyOf } from '../scenario/apply.ts'
import { readAsked } from './asked.ts'
import { createChatCompletion } from './chat.ts'
import type { Matched } from './check.ts'
import { toChecked } from './check.ts'
import type { Answer, Endpoint } from './endpoint.ts'
import { behaviourOf } from './operations.ts'

/** Characters of a violation that a header tells. */
const MAX_VIOLATION = 150

type Given = Pick<Matched, 'settings' | 'gallery' | 'prefix'>

/** An Endpoint for each path of the contract. */
export function operationEndpoints(given: Given): Endpoint[] {
  const { operations } = given.settings.contract
  const templates = [...new Set(operations.map(({ path }) => path))]
  return templates.map((template) => ({
    template,
    answers: Object.fromEntries(operations.filter(({ path }) => path === template).map((operation) => [operation.method, toAnswer(operation, given)])),
  }))
}

// Checks a request and answers it, unless its headers ask for an answer of another kind.
function toAnswer(operation: Operation, given: Given): Answer {
  const { settings } = given
  const behave = behaviourOf(operation, settings.packaged)
  return async (request, path, trace) => {
    trace.operation = operation
    const { chosen, headers, notes } = await readAsked(request, trace, settings)
    if (chosen !== undefined) trace.choice = chosen
    const early = chosen === undefined ? undefined : replyOf(chosen.then, { dialect: settings.errors, requestId: trace.requestId })
    const usual = async (): Promise<Reply> => behave(await toChecked(request, { operation, path, trace, asked: chosen, ...given }), settings)
    const reply = early === undefined ? await usual() : await insteadOf(usual, early, behave === createChatCompletion)
    return withNotes({ ...reply, headers: { ...reply.headers, ...headers } }, [...choiceOf(trace), ...notes, ...violationsOf(trace)])
  }
}

// They stand last and in short: a header has an end, and the journal tells them whole.
// What is asked for in a header is answered whatever is wrong with the request; what that is, is learnt all the same.
async function insteadOf(usual: () => Promise<Reply>, early: Reply, isChat: boolean): Promise<Reply> {
  try {
    const reply = await usual()
    return isChat ? reply : early // of a chat request it is the same, and names its model
  } catch (error) {
    if (error instanceof ApiError) return early
    throw error
  }
}

function violationsOf({ faults }: Trace): string[] {
  return faults.slice(0, 5).map(({ message }) => `violation: ${message.length <= MAX_VIOLATION ? message : `${message.slice(0, MAX_VIOLATION)}...`}`)
}

function choiceOf({ choice }: Trace): string[] {
  return choice === undefined ? [] : [`scenario ${choice.name} (${choice.why})`]
}
