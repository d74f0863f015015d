import type { Combination, Coverage } from '../journal/coverage.ts'

/** The groups of columns of the matrix. */
export const GROUPS = ['form', 'contents', 'status', 'scenario'] as const
export type Group = (typeof GROUPS)[number]

/** One column: how often each model was used with this value. */
export interface Column {
  readonly group: Group
  /** For example `stream`, `429`, or a scenario; null for no scenario. */
  readonly value: string | null
}

/** One row: a model, and the number of requests in each column. */
export interface Row {
  /** Null for models that the contract does not name. */
  readonly model: string | null
  readonly counts: readonly number[]
}

/** The matrix of a Coverage. */
export interface Matrix {
  readonly columns: readonly Column[]
  readonly rows: readonly Row[]
}

/** Counts the combinations by model and column. All models, forms and contents are listed, so that gaps are seen. */
export function toMatrix({ combinations, models, contents }: Coverage): Matrix {
  const names = models.items.filter(({ known }) => known).map(({ name }) => name)
  const hasUnknown = combinations.some(({ model }) => model === null)
  const listed: Readonly<Record<Group, readonly (string | null)[]>> = {
    form: ['whole', 'stream'],
    contents: contents.items.map(({ name }) => name),
    status: [...new Set(combinations.map(({ status }) => String(status)))].toSorted(),
    scenario: [...new Set(combinations.map(({ scenario }) => scenario))].toSorted(byName),
  }
  const columns = GROUPS.flatMap((group) => listed[group].map((value) => ({ group, value })))
  const rows = [...names, ...(hasUnknown ? [null] : [])].map((model) => {
    const own = combinations.filter((one) => one.model === model)
    return { model, counts: columns.map((column) => sum(own.filter((one) => isIn(one, column)))) }
  })
  return { columns, rows }
}

function isIn(combination: Combination, { group, value }: Column): boolean {
  if (group === 'contents') return combination.contents.some((content) => content === value)
  return group === 'status' ? String(combination.status) === value : combination[group] === value
}

function sum(combinations: readonly Combination[]): number {
  return combinations.reduce((total, { count }) => total + count, 0)
}

function byName(a: string | null, b: string | null): number {
  return (a ?? '').localeCompare(b ?? '')
}
