import { access, constants, writeFile } from 'node:fs/promises'
import { dirname, resolve } from 'node:path'
import type { Coverage } from '../../journal/coverage.ts'
import type { CoverageScope } from '../../journal/coverage-scope.ts'
import { type CoverageThresholds, missedThresholds } from '../../journal/coverage-thresholds.ts'
import type { Mock } from '../../mock/session.ts'
import { OptionError } from '../../util/option-error.ts'
import { type Command, type Options, readThresholds } from '../command-line.ts'
import { printable } from '../printable.ts'

/** What the options require of the coverage, and where it is written. */
export interface CoverageGoals {
  readonly files: readonly string[]
  readonly scope: CoverageScope
  readonly thresholds: CoverageThresholds
  readonly failOnViolation: boolean
}

interface Goals {
  readonly goals: CoverageGoals
  readonly others: Omit<
    Options,
    'coverage' | 'coverageModels' | 'coverageScenarios' | 'coverageMin' | 'failOnViolation'
  >
}

/**
 * Separates the goals from the other options. Throws an Error if they cannot be met, such as a file in a folder that
 * does not exist.
 */
export async function readGoals(options: Options, nameOf: Command['nameOf']): Promise<Goals> {
  const { coverage: files = [], coverageModels: models = [], coverageScenarios: scenarios = [], ...rest } = options
  const { coverageMin = [], failOnViolation = false, ...others } = rest
  for (const file of files) await checkFolder(dirname(resolve(file)), nameOf('coverage'))
  const scope = { models, scenarios }
  const thresholds = Object.assign({}, ...coverageMin.map(readThresholds))
  // Without names, no model and no scenario can be missing: the threshold would always be reached.
  const empty = (['models', 'scenarios'] as const).find((name) => name in thresholds && scope[name].length === 0)
  if (empty !== undefined)
    throw new Error(`${nameOf('coverageMin')}: ${empty} needs names of ${empty}. Add --coverage-${empty} NAME.`)
  return { goals: { files, scope, thresholds, failOnViolation }, others }
}

const FLAGS: Readonly<Record<string, string>> = { models: 'coverageModels', scenarios: 'coverageScenarios' }

/** Closes the mock and throws an Error if a name in the scope is unknown. */
export async function checkScope(mock: Mock, { scope }: CoverageGoals, nameOf: Command['nameOf']): Promise<void> {
  if (scope.models?.length === 0 && scope.scenarios?.length === 0) return
  try {
    await mock.total(scope)
  } catch (error) {
    if (!(error instanceof OptionError)) return // a store that cannot be reached yet
    await mock.close()
    throw new Error(
      error.describe((name) => nameOf(FLAGS[name] ?? name)),
      { cause: error },
    )
  }
}

/** Writes the coverage to its files, and passes each goal that is not met to `report`. Returns the exit code. */
export async function finish(mock: Mock, goals: CoverageGoals, report: (line: string) => void): Promise<number> {
  const { files, scope, thresholds, failOnViolation } = goals
  if (files.length === 0 && !failOnViolation && Object.keys(thresholds).length === 0) return 0
  const coverage = await mock.total(scope)
  for (const file of files) await writeFile(file, await toReport(coverage, file))
  const missed = missedThresholds(coverage, thresholds)
  const violations = failOnViolation ? coverage.violations : []
  if (violations.length > 0) {
    const lines = violations.map(({ code, count, hint }) => printable(`  ${code} (${count}): ${hint}`))
    missed.push(['requests violated the contract:', ...lines].join('\n'))
  }
  // A violation may be among those.
  if (failOnViolation && coverage.notCounted > 0)
    missed.push(`the coverage is incomplete: ${coverage.notCounted} uses of other items are not counted`)
  for (const line of missed) report(line)
  return missed.length === 0 ? 0 : 1
}

async function checkFolder(folder: string, option: string): Promise<void> {
  await access(folder, constants.W_OK).catch(() => {
    throw new Error(`${option}: the folder '${folder}' does not exist or is not writable.`)
  })
}

async function toReport(coverage: Coverage, file: string): Promise<string> {
  const { toJUnit, toMarkdown } = await import('../../journal/coverage-report.ts')
  if (file.endsWith('.md')) return toMarkdown(coverage)
  return file.endsWith('.xml') ? toJUnit(coverage) : `${JSON.stringify(coverage, null, 2)}\n`
}
