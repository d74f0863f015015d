import { didYouMean } from '../util/suggest.ts'
import type { Coverage } from './coverage.ts'

/** The sections of a Coverage, in the order of its reports. */
export const SECTIONS = [
  'operations',
  'models',
  'parameters',
  'contents',
  'forms',
  'statuses',
  'codes',
  'scenarios',
] as const
export type SectionName = (typeof SECTIONS)[number]

type MeasuredSection = Exclude<SectionName, 'codes'>

/** The sections that can have a threshold. The contract has no list of error codes, so `codes` has no percentage. */
export const MEASURED = SECTIONS.filter((name): name is MeasuredSection => name !== 'codes')

/**
 * The lowest allowed percentage of sections, 0 to 100 each.
 * @example
 * const thresholds: CoverageThresholds = { operations: 100, parameters: 60 }
 */
export type CoverageThresholds = { readonly [name in MeasuredSection]?: number }

/**
 * One line for each section that is below its threshold. Throws a RangeError for an unknown section or an invalid
 * number.
 * @example
 * const missed = missedThresholds(await mock.total(), { operations: 100, parameters: 60 })
 * if (missed.length > 0) throw new Error(missed.join('\n'))
 */
export function missedThresholds(coverage: Coverage, thresholds: CoverageThresholds): string[] {
  return Object.entries(thresholds).flatMap(([name, least]) => {
    if (!isMeasured(name))
      throw new RangeError(
        `missedThresholds: unknown section '${name.slice(0, 64)}'.${didYouMean(name, MEASURED)} The sections are ${MEASURED.join(', ')}.`,
      )
    if (!(typeof least === 'number' && least >= 0 && least <= 100))
      throw new RangeError(`missedThresholds: ${name}: '${String(least)}' is not valid. Use a number from 0 to 100.`)
    const { covered, total, percent } = coverage[name]
    if (100 * covered >= least * total) return []
    return [`coverage of ${name} is ${percent} % (${covered} of ${total}), below the threshold of ${least} %`]
  })
}

/** Whether a text names a section that can have a threshold. */
export function isMeasured(name: string): name is MeasuredSection {
  return MEASURED.some((known) => known === name)
}
