import { joinFirst, toWords } from '../chat/zod-helpers.ts'
import { ApiError } from '../errors/api-error.ts'
import { suggestNames } from '../util/suggest.ts'
import { StoreFull } from '../store/store.ts'
import type { Choosing } from './choose.ts'
import { findScenario } from './find-scenario.ts'
import type { ScriptEntry } from './scenario.ts'
import { script } from './scenario-schema.ts'

/** Appends entries to the script of a session and returns their number. Throws an ApiError if one is not valid. */
export async function addScript(
  value: unknown,
  session: string,
  { scenarios, store }: Pick<Choosing, 'scenarios' | 'store'>,
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
