import type { Operation } from '../openapi/operation.ts'
import type { Kind, CoverageTargets } from './coverage-keys.ts'
import { CONTENTS, keyOf } from './coverage-keys.ts'
import { locate } from './schema-pointer.ts'

/** One thing that can be exercised. */
export interface Item {
  readonly name: string
  /** How many requests have exercised it. */
  readonly count: number
  /** Whether the contract, or the mock, knows of it: what was met besides counts for no percentage. */
  readonly known: boolean
}

/** All things of a kind. */
export interface Section {
  /** Known ones that were exercised. */
  readonly covered: number
  /** Known ones. */
  readonly total: number
  /** Rounded down: 100 only where all were exercised. */
  readonly percent: number
  readonly items: readonly Item[]
}

/** What requests did that the contract forbids. */
export interface Offence {
  /** `type:messages[].content` */
  readonly code: string
  readonly count: number
  /** `POST /path` */
  readonly operation: string
  /** JSON pointer of the schema that forbids it; null where it is not found. */
  readonly pointer: string | null
  /** What is wrong, and what would be right. */
  readonly hint: string
}

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

/**
 * What requests have exercised of all that there is, and what not yet. Plain data: it is its own report as JSON.
 * @example
 * const { models, violations } = await mock.coverage()
 * console.log(models.percent, models.items.filter(({ count }) => count === 0).map(({ name }) => name))
 * expect(violations).toEqual([])
 */
export interface Coverage extends Readonly<Record<SectionName, Section>> {
  readonly violations: readonly Offence[]
}

/** The Coverage that the marks of a Store tell. */
export function toCoverage(marks: ReadonlyMap<string, number>, known: CoverageTargets): Coverage {
  const { contract, models, families, scenarios } = known
  const { operations } = contract
  const counts = byKind(marks)
  const section = (kind: Kind, names: readonly string[]): Section => toSection(counts.get(kind) ?? new Map(), names)
  return {
    operations: section('operation', operations.map(keyOf)),
    models: section('model', [...models, ...families]),
    parameters: section(
      'parameter',
      operations.flatMap((operation) => [
        ...operation.parameters.map(({ in: place, name }) => `${keyOf(operation)} ${place} ${name}`),
        ...operation.fields.map((name) => `${keyOf(operation)} body ${name}`),
      ]),
    ),
    contents: section('content', models.length + families.length === 0 ? [] : CONTENTS),
    forms: section('form', models.length + families.length === 0 ? [] : ['stream', 'whole']),
    statuses: toSection(asDocumented(counts.get('status') ?? new Map(), operations), operations.flatMap(statusesOf)),
    codes: section('code', []),
    scenarios: section('scenario', scenarios),
    violations: offencesOf(counts.get('violation') ?? new Map(), known),
  }
}

function byKind(marks: ReadonlyMap<string, number>): Map<string, Map<string, number>> {
  const counts = new Map<string, Map<string, number>>()
  for (const [mark, count] of marks) {
    const at = mark.indexOf(' ')
    const kind = mark.slice(0, at)
    const names = counts.get(kind) ?? new Map<string, number>()
    names.set(mark.slice(at + 1), count)
    counts.set(kind, names)
  }
  return counts
}

function toSection(counts: ReadonlyMap<string, number>, names: readonly string[]): Section {
  const all = new Set(names)
  const items = [...all].map((name): Item => ({ name, count: counts.get(name) ?? 0, known: true }))
  const others = [...counts]
    .filter(([name]) => !all.has(name))
    .map(([name, count]): Item => ({ name, count, known: false }))
  const covered = items.filter(({ count }) => count > 0).length
  return {
    covered,
    total: items.length,
    percent: items.length === 0 ? 100 : Math.floor((100 * covered) / items.length),
    items: [...items, ...others.toSorted((a, b) => (a.name < b.name ? -1 : 1))],
  }
}

// `default` is any status, and so none that could be missing.
function statusesOf(operation: Operation): string[] {
  return operation.responses
    .filter(({ status }) => status !== 'default')
    .map(({ status }) => `${keyOf(operation)} ${status.toUpperCase()}`)
}

// A status counts for the class that the contract has in its place: 404 for 4XX.
function asDocumented(counts: ReadonlyMap<string, number>, operations: readonly Operation[]): Map<string, number> {
  const documented = new Set(operations.flatMap(statusesOf))
  const result = new Map<string, number>()
  for (const [name, count] of counts) {
    const range = `${name.slice(0, -2)}XX`
    const key = !documented.has(name) && documented.has(range) ? range : name
    result.set(key, (result.get(key) ?? 0) + count)
  }
  return result
}

function offencesOf(counts: ReadonlyMap<string, number>, { contract }: CoverageTargets): Offence[] {
  const offences = new Map<string, Offence>()
  for (const [mark, count] of counts) {
    const [operation = '', code = '', hint = ''] = mark.split('\t')
    const key = `${operation}\t${code}`
    const same = offences.get(key)
    const found = contract.operations.find((one) => keyOf(one) === operation)
    const pointer =
      found === undefined ? undefined : locate(contract.document, found, code.slice(code.indexOf(':') + 1))
    offences.set(
      key,
      same === undefined
        ? { code, count, operation, pointer: pointer ?? null, hint }
        : { ...same, count: same.count + count },
    )
  }
  return [...offences.values()].toSorted((a, b) => b.count - a.count)
}
