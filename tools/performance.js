// Makes the tables of docs/performance.md from bench/figures.json.
// Run it by hand after `npm run bench -- --peers --save`: node tools/performance.js
import { readFileSync, realpathSync, writeFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'

const BEGIN = '<!-- made by tools/performance.js -->\n\n'
const END = '\n<!-- end of performance -->\n'

// The rows of the first table: the name in figures.json, and the label.
const ROWS = [
  ['json-new', 'JSON responses per second, new prompts'],
  ['json-repeated', 'JSON responses per second, repeated request'],
  ['sse-new', 'SSE streams per second, new prompts'],
  ['sse-repeated', 'SSE streams per second, repeated request'],
  ['body-300k-new', 'responses per second to 300 KB requests, new images'],
  ['body-300k-repeated', 'responses per second to 300 KB requests, repeated'],
  ['png-kept', 'cached pictures per second'],
  ['p99-new', 'p99 latency, 64 connections, new prompts'],
  ['p99-repeated', 'p99 latency, 64 connections, repeated request'],
  ['cold-start', 'time from start to first response'],
  ['memory-start', 'memory after the first response'],
  ['memory-million', 'memory after 1,000,000 requests'],
]
// The columns of the second table.
const PEERS = [
  ['json-new', 'JSON, new prompts'],
  ['json-repeated', 'JSON, repeated'],
  ['sse-new', 'SSE, new prompts'],
  ['sse-repeated', 'SSE, repeated'],
  ['cold-start', 'time to first response'],
]

/** The tables, from what `npm run bench -- --save` has written. */
export function performanceTables(saved) {
  const runs = Object.values(saved)
  const own = toTable(
    ['ratio to bare `node:http`', ...runs.map(({ node }) => `on Node ${node}`)],
    ROWS.map(([name, label]) => [label, ...runs.map(({ ratios }) => toCell(ratios[name]))]),
  )
  const places = runs.map(({ node, date, machine }) => `${date}, ${machine}, Node ${node}`)
  const begin = `Measured on ${places.join('; ')}.\n\n${own}`
  const ratios = runs.map((run) => run.ratios).find((each) => namesOf(each).length > 0)
  if (ratios === undefined) return begin
  const peers = toTable(
    ['server', ...PEERS.map(([, label]) => label)],
    namesOf(ratios).map((name) => [name, ...PEERS.map(([row]) => toCell(ratios[`${row}: ${name}`]))]),
  )
  return `${begin}\nOther mock servers, from a separate run: compare only values in this table. – means not supported.\n\n${peers}`
}

/** The page with the tables between its two marks. */
export function withTables(page, tables) {
  const [begin, end] = [page.indexOf(BEGIN), page.indexOf(END)]
  if (begin < 0 || end < begin)
    throw new Error(`The tables are between the lines ${BEGIN.trim()} and ${END.trim()}, each with an empty line.`)
  return page.slice(0, begin) + BEGIN + tables + page.slice(end)
}

function namesOf(ratios) {
  const prefix = 'json-new: '
  return Object.keys(ratios).flatMap((name) => (name.startsWith(prefix) ? [name.slice(prefix.length)] : []))
}

function toTable(head, rows) {
  const [first, ...rest] = [head, ...rows].map((cells) => `| ${cells.join(' | ')} |\n`)
  return [first, `|${'---|'.repeat(head.length)}\n`, ...rest].join('')
}

function toCell(ratio) {
  return ratio === undefined ? '–' : ratio.toFixed(2)
}

if (realpathSync(process.argv[1]) === import.meta.filename) {
  const path = (name) => fileURLToPath(new URL(`../${name}`, import.meta.url))
  const saved = JSON.parse(readFileSync(path('bench/figures.json'), 'utf8'))
  const page = path('docs/performance.md')
  writeFileSync(page, withTables(readFileSync(page, 'utf8'), performanceTables(saved)))
}
