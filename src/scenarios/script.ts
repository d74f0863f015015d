import { joinFirst, toWords } from '../chat/zod-helpers.ts'
import { ApiError } from '../errors/api-error.ts'
import { didYouMean, suggestNames } from '../util/suggest.ts'
import { StoreFull } from '../store/store.ts'
import type { Choosing, ScriptedOperations } from './choose.ts'
import { findScenario } from './find-scenario.ts'
import { CHAT_CONDITIONS } from './match.ts'
import type { ScriptEntry, When } from './scenario.ts'
import { script } from './scenario-schema.ts'

/** Appends entries to the script of a session and returns their number. Throws an ApiError if one is not valid. */
export async function addScript(
  value: unknown,
  session: string,
  { scenarios, store, scripted }: Pick<Choosing, 'scenarios' | 'store' | 'scripted'>,
): Promise<number> {
  const result = script.safeParse(value)
  if (!result.success)
    throw new ApiError('invalid_value', {
      param: 'body',
      reason: `Invalid script: ${joinFirst(wordsOf(result.error.issues), '; ')}.`,
    })
  for (const { scenario } of result.data) {
    if (typeof scenario === 'string' && findScenario(scenarios, scenario) === undefined)
      throw new ApiError('unknown_scenario', { asked: scenario, known: suggestNames(scenario, scenarios.keys()) })
  }
  for (const { when = {} } of result.data) checkWhen(when, scripted)
  // Without `times`, a sequence is used once.
  const lengthOf = ({ scenario }: ScriptEntry): number =>
    (typeof scenario === 'string' ? findScenario(scenarios, scenario)?.then : scenario.then)?.sequence?.length ?? 1
  const entries = result.data.map((entry) => {
    const times = entry.times ?? lengthOf(entry)
    return { times, json: JSON.stringify({ ...entry, times } satisfies ScriptEntry) }
  })
  await store.script(session, entries).catch((error: unknown) => {
    throw error instanceof StoreFull
      ? new ApiError('store_full', { reason: `The script is too large: ${error.message}.` })
      : error
  })
  return entries.length
}

// An entry that no request can match would stay pending for ever.
function checkWhen(when: When, { hasChat, names }: ScriptedOperations): void {
  const chatOnly = CHAT_CONDITIONS.find((name) => when[name] !== undefined)
  if (!hasChat && chatOnly !== undefined)
    throw invalidScript(
      `when.${chatOnly} is only for chat requests, and the contract has no chat operation. Use operation, path, query, body or nth.`,
    )
  const wanted = [when.operation ?? []].flat()
  if (wanted.length === 0 || wanted.some((one) => names.includes(one))) return
  const kind = hasChat ? 'chat operation' : 'operation'
  throw invalidScript(
    `when.operation: '${String(wanted[0]).slice(0, 100)}' is not a${hasChat ? '' : 'n'} ${kind} of the contract.${didYouMean(String(wanted[0]), names)}`,
  )
}

function invalidScript(reason: string): ApiError {
  return new ApiError('invalid_value', { param: 'body', reason: `Invalid script: ${reason}` })
}

type Issue = Parameters<typeof toWords>[0]

// For a union, reports only the branch with the deepest problem.
function wordsOf(issues: readonly Issue[]): string[] {
  return issues.flatMap((issue) => {
    if (issue.code !== 'invalid_union') return [toWords(issue)]
    const branches = issue.errors.filter((branch) =>
      branch.some(({ path, code }) => path.length > 0 || code !== 'invalid_type'),
    )
    const [best] = branches.toSorted((a, b) => depthOf(b) - depthOf(a))
    return best === undefined
      ? [toWords(issue)]
      : wordsOf(best.map((inner) => ({ ...inner, path: [...issue.path, ...inner.path] })))
  })
}

function depthOf(issues: readonly Issue[]): number {
  return issues.reduce((deepest, { path }) => Math.max(deepest, path.length), 0)
}
