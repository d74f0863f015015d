import { nameOf } from '../../journal/coverage-keys.ts'
import { type ScenarioRequest, chooseScenario } from '../../scenarios/choose.ts'
import { readPreference } from '../../openapi/preference.ts'
import { responseFor } from '../../openapi/sample.ts'
import type { Route } from '../contract-routes.ts'
import type { AppHandler, MockContext, RequestContext } from '../context.ts'

/**
 * Chooses the scenario of a request: by header, prompt, script, its own `when`, option, or chance. If the contract
 * documents what a client prefers (`Prefer`), that is not a scenario.
 */
export function scenario({ isSampled }: Route): AppHandler {
  return async (c, next) => {
    const context = c.get('context')
    const mock = c.get('mock')
    if (context.operation === undefined) return next() // the path does not match this route's template
    const prefer = c.req.header('prefer')
    const isDocumented = isSampled && prefer !== undefined && usePreference(context, prefer)
    const { choice, nearMisses, notes, generation } = await chooseScenario(
      {
        session: context.session,
        subject: subjectOf(context, mock),
        header: c.req.header('x-mock-scenario'),
        prefer: isDocumented ? undefined : prefer,
      },
      mock,
    )
    context.choice = choice
    context.nearMisses = nearMisses
    context.generation = generation
    context.notes.push(...notes)
    await next()
  }
}

// With a contract that has a chat operation, scripts and `when` are for the chat requests that could be read. Otherwise
// they are for all valid requests.
function subjectOf(
  { chat, operation, path, query, body, rejection }: RequestContext,
  { scripted }: MockContext,
): ScenarioRequest['subject'] {
  if (scripted.hasChat ? chat === undefined : rejection !== undefined || operation === undefined) return undefined
  const name = operation === undefined ? undefined : { name: nameOf(operation), id: operation.operationId }
  return { chat, operation: name, path, query, body }
}

// Whether the preference is for a documented status, or for an example.
function usePreference(context: RequestContext, prefer: string): boolean {
  const preference = readPreference(prefer)
  const { code, example, dynamic } = preference
  const isKnown =
    code !== undefined && context.operation !== undefined && responseFor(context.operation, code) !== undefined
  context.preference = { ...preference, code: isKnown ? code : undefined }
  return isKnown || (code === undefined && (example !== undefined || dynamic))
}
