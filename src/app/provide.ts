import type { Operation } from '../openapi/operation.ts'
import type { RequestContext as Trace } from './context.ts'
import type { ErrorFormat } from '../errors/api-error.ts'
import { ApiError } from '../errors/api-error.ts'
import { withNotes } from '../util/notes.ts'
import type { Reply } from '../util/reply.ts'
import type { Chosen } from '../scenarios/choose.ts'
import { readAsked } from './asked.ts'
import { createChatCompletion } from './chat.ts'
import type { Matched } from './check.ts'
import { toChecked } from './check.ts'
import type { Answer, Endpoint } from './endpoint.ts'
import { behaviourOf } from './operations.ts'

/** Characters of a violation that a header tells. */
const MAX_VIOLATION = 150

type Given = Pick<Matched, 'settings' | 'gallery' | 'prefix' | 'recall'>

/** An Endpoint for each path of the contract. */
export function operationEndpoints(given: Given): Endpoint[] {
  const { operations } = given.settings.contract
  const templates = [...new Set(operations.map(({ path }) => path))]
  return templates.map((template) => ({
    template,
    answers: Object.fromEntries(
      operations
        .filter(({ path }) => path === template)
        .map((operation) => [operation.method, toAnswer(operation, given)]),
    ),
  }))
}

// Checks a request and answers it, unless its headers ask for an answer of another kind.
function toAnswer(operation: Operation, given: Given): Answer {
  const { settings, gallery, prefix, recall } = given
  const behave = behaviourOf(operation, settings.packaged)
  return async (request, path, trace) => {
    trace.operation = operation
    const { chosen, headers, notes } = await readAsked(request, trace, settings)
    if (chosen !== undefined) trace.choice = chosen
    const usual = async (): Promise<Reply> =>
      behave(
        await toChecked(request, { operation, path, trace, asked: chosen, settings, gallery, prefix, recall }),
        settings,
      )
    const telling = { dialect: settings.errors, requestId: trace.requestId }
    const reply =
      chosen === undefined
        ? await usual()
        : await provoked(usual, chosen, { telling, isChat: behave === createChatCompletion })
    const whole = headers === undefined ? reply : { ...reply, headers: { ...reply.headers, ...headers } }
    return trace.choice === undefined && notes.length === 0 && trace.violations.length === 0
      ? whole
      : withNotes(whole, [...choiceOf(trace), ...notes, ...violationsOf(trace)])
  }
}

// What is asked for in a header is answered whatever is wrong with the request; what that is, is learnt all the same. A chat
// request is answered so by its own behaviour, which knows its model.
async function provoked(
  usual: () => Promise<Reply>,
  { then, details }: Chosen,
  { telling, isChat }: { readonly telling: ErrorFormat; readonly isChat: boolean },
): Promise<Reply> {
  const { editReply, replyOf } = await import('../scenarios/apply.ts')
  const instead = replyOf(then, telling, details)
  try {
    const reply = await usual()
    return isChat ? reply : (instead ?? editReply(reply, then, telling))
  } catch (error) {
    if (instead === undefined || !(error instanceof ApiError)) throw error
    return instead
  }
}

// They stand last and in short: a header has an end, and the journal tells them whole.
function violationsOf({ violations }: Trace): string[] {
  return violations
    .slice(0, 5)
    .map(
      ({ message }) =>
        `violation: ${message.length <= MAX_VIOLATION ? message : `${message.slice(0, MAX_VIOLATION)}...`}`,
    )
}

function choiceOf({ choice }: Trace): string[] {
  return choice === undefined ? [] : [`scenario ${choice.name} (${choice.why})`]
}
