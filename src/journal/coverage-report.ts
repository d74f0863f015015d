import type { Coverage, Item, Section, ViolationCount } from './coverage.ts'
import { type SectionName, SECTIONS } from './coverage-thresholds.ts'

const TITLES: Readonly<Record<SectionName, string>> = {
  operations: 'Operations',
  models: 'Models',
  parameters: 'Parameters',
  contents: 'Content',
  forms: 'Whole and streamed responses',
  statuses: 'Statuses',
  codes: 'Error codes',
  scenarios: 'Scenarios',
}

/** Writes a Coverage as Markdown, for example for the summary of a CI run. */
export function toMarkdown(coverage: Coverage): string {
  const sections = SECTIONS.map((name) => ({ name, title: TITLES[name], section: coverage[name] }))
  const summary = table(
    ['', 'covered', 'total', '%'],
    sections
      .filter(({ section }) => section.total > 0)
      .map(({ title, section }) => [title, section.covered, section.total, section.percent]),
  )
  const blocks = sections
    .filter(({ section }) => section.items.length > 0)
    .flatMap(({ name, title, section }) => [`## ${title}`, ...sectionBlocks(name, section)])
  const { violations, unknownFields } = coverage
  const notCounted = coverage.notCounted === 0 ? [] : [toLine(coverage.notCounted)]
  const found = [...violationBlocks('Violations', violations), ...violationBlocks('Unknown fields', unknownFields)]
  return `${['# Contract coverage', summary, ...notCounted, ...found, ...blocks].join('\n\n')}\n`
}

function toLine(notCounted: number): string {
  return `Not counted: ${notCounted} uses of other items, because there are too many different ones.`
}

function violationBlocks(title: string, violations: readonly ViolationCount[]): string[] {
  if (violations.length === 0) return []
  const columns = ['code', 'requests', 'operation', 'message', 'location in the contract']
  const rows = violations.map((one) => [one.code, one.count, one.operation, one.hint, one.pointer ?? ''])
  return [`## ${title}`, table(columns, rows)]
}

// The contract has no list of error codes.
function sectionBlocks(section: SectionName, { items }: Section): string[] {
  const done = items.filter(({ count }) => count > 0)
  const open = items.filter(({ count }) => count === 0)
  const notCovered = open.map(({ name }) => escapeMarkdown(name)).join(', ')
  const rows = done.map(({ name, count, known }) => [
    known || section === 'codes' ? name : `${name} (not in the contract)`,
    count,
  ])
  return [
    ...(done.length === 0 ? [] : [foldIfLong(done.length, 'covered', table(['covered', 'requests'], rows))]),
    ...(open.length === 0 ? [] : [foldIfLong(open.length, 'not covered', `Not covered: ${notCovered}`)]),
  ]
}

const LONG = 10

// GitHub shows only the summary until a reader opens it. The empty lines make it read the text as Markdown.
function foldIfLong(count: number, what: string, text: string): string {
  return count <= LONG ? text : `<details>\n<summary>${count} ${what}</summary>\n\n${text}\n\n</details>`
}

type Cells = readonly (string | number)[]

function table(head: Cells, rows: readonly Cells[]): string {
  return [row(head), `|${head.map(() => '---').join('|')}|`, ...rows.map(row)].join('\n')
}

function row(cells: Cells): string {
  return `| ${cells.map((cell) => escapeMarkdown(String(cell))).join(' | ')} |`
}

// Text from a client must not create a table cell, a tag, a link or a picture.
function escapeMarkdown(text: string): string {
  return text.replaceAll(/[\s\p{Cc}]+/gu, ' ').replaceAll(/[\\`*_[\]<>|~&#!@]/g, '\\$&')
}

/**
 * Writes a Coverage as JUnit XML: a testcase per item, skipped if it is not covered, a skipped one per unknown field,
 * and a failure per violation.
 */
export function toJUnit(coverage: Coverage): string {
  const cases = SECTIONS.flatMap((name) => coverage[name].items.map((item) => itemCase(name, item)))
  const unknown = coverage.unknownFields.map(unknownCase)
  const failures = coverage.violations.map(violationCase)
  const notCovered = SECTIONS.flatMap((name) => coverage[name].items).filter(({ count }) => count === 0)
  const skipped = notCovered.length + unknown.length
  const counts = `tests="${cases.length + unknown.length + failures.length}" failures="${failures.length}" errors="0" skipped="${skipped}"`
  const { notCounted } = coverage
  const properties =
    notCounted === 0 ? [] : [`<properties><property name="notCounted" value="${notCounted}"/></properties>`]
  return `<?xml version="1.0" encoding="UTF-8"?>
<testsuites name="contract coverage" ${counts}>
<testsuite name="contract coverage" ${counts} time="0">
${[...properties, ...cases, ...unknown, ...failures].join('\n')}
</testsuite>
</testsuites>
`
}

function itemCase(section: SectionName, { name, count }: Item): string {
  const head = `<testcase classname="${section}" name="${escapeXml(name)}" time="0"`
  return count > 0 ? `${head}/>` : `${head}><skipped message="not covered"/></testcase>`
}

function violationCase(violation: ViolationCount): string {
  const { code, operation, pointer } = violation
  return `<testcase classname="violations" name="${escapeXml(`${operation} ${code}`)}" time="0"><failure type="${escapeXml(code)}" message="${messageOf(violation)}">${escapeXml(pointer ?? '')}</failure></testcase>`
}

function unknownCase(field: ViolationCount): string {
  const name = escapeXml(`${field.operation} ${field.code}`)
  return `<testcase classname="unknownFields" name="${name}" time="0"><skipped message="${messageOf(field)}"/></testcase>`
}

function messageOf({ hint, count }: ViolationCount): string {
  return escapeXml(`${hint} (${count} ${count === 1 ? 'request' : 'requests'})`)
}

const ENTITIES: Readonly<Record<string, string>> = { '&': 'amp', '<': 'lt', '>': 'gt', '"': 'quot', "'": 'apos' }

// XML forbids most control characters and lone surrogates, even when they are escaped.
function escapeXml(text: string): string {
  return text
    .toWellFormed()
    .replaceAll(/[^\t\n\r\x20-\ud7ff\ue000-\ufffd\u{10000}-\u{10ffff}]/gu, '\u{fffd}')
    .replaceAll(/[\t\n\r]/g, ' ')
    .replaceAll(/[&<>"']/g, (character) => `&${ENTITIES[character]};`)
}
