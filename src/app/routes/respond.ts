import { redactCut } from '../../journal/credentials.ts'
import type { Choice } from '../../scenarios/choose.ts'
import type { Reply } from '../../util/reply.ts'
import type { AppContext, AppHandler } from '../context.ts'
import type { Route } from '../contract-routes.ts'
import { formatOf } from '../error-format.ts'
import { send } from '../send.ts'
import { chatSubject } from './chat.ts'
import type { Behaviour } from './operations.ts'

/** Responds to a request as its Operation does, or as the chosen scenario says. */
export function respond({ operation, behaviour }: Route): AppHandler {
  return async (c, next) => {
    const context = c.get('context')
    if (context.operation !== operation) return next()
    const { choice, rejection, notes, violations, unknownFields, preference } = context
    if (choice === undefined && rejection !== undefined && preference.code === undefined) throw rejection
    const reply = choice === undefined ? await behaviour(c) : await applyChoice(c, choice, behaviour)
    if (choice !== undefined) notes.unshift(toNote(choice))
    notes.push(...violations.slice(0, MAX_VIOLATIONS).map(({ message }) => `violation: ${cut(message)}`))
    notes.push(...unknownFields.slice(0, MAX_VIOLATIONS).map(({ message }) => cut(message)))
    return send(c, reply)
  }
}

function toNote({ name, why, step }: Choice): string {
  return `scenario ${name} (${why})${step === undefined ? '' : `, ${step}`}`
}

async function applyChoice(c: AppContext, choice: Choice, behaviour: Behaviour): Promise<Reply> {
  const { applyScenario } = await import('../../scenarios/apply.ts')
  const { rejection } = c.get('context')
  return applyScenario(choice, {
    format: formatOf(c),
    rejection,
    chat: chatSubject(c),
    respond: async () => behaviour(c),
  })
}

/** Maximum number of violations and of unknown fields in the notes, and of characters of each. */
const MAX_VIOLATIONS = 5
const MAX_VIOLATION = 150

function cut(message: string): string {
  return redactCut(message.length <= MAX_VIOLATION ? message : `${message.slice(0, MAX_VIOLATION)}...`)
}
