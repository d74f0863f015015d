// Makes the tables of performance in README.md and README.zh-CN.md from bench/figures.json.
// Run it by hand after `npm run bench -- --peers --save`: node tools/performance.js
import { readFileSync, realpathSync, writeFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'

const BEGIN = '<!-- made by tools/performance.js -->\n\n'
const END = '\n<!-- end of performance -->\n'

// The rows of a table: the name in figures.json, and the label in each README.
const ROWS = [
  ['json-new', 'JSON responses per second, new prompts', '每秒 JSON 响应数，提示词各不相同'],
  ['json-repeated', 'JSON responses per second, repeated request', '每秒 JSON 响应数，重复同一请求'],
  ['sse-new', 'SSE streams per second, new prompts', '每秒 SSE 流数，提示词各不相同'],
  ['sse-repeated', 'SSE streams per second, repeated request', '每秒 SSE 流数，重复同一请求'],
  [
    'body-300k-new',
    'responses per second to 300 KB requests, new images',
    '每秒对 300 KB 请求的响应数，参考图各不相同',
  ],
  [
    'body-300k-repeated',
    'responses per second to 300 KB requests, repeated',
    '每秒对 300 KB 请求的响应数，重复同一请求',
  ],
  ['png-kept', 'cached images per second', '每秒已缓存图片数'],
  ['p99-new', 'p99 latency, 64 connections, new prompts', 'p99 延迟，64 个连接，提示词各不相同'],
  ['p99-repeated', 'p99 latency, 64 connections, repeated request', 'p99 延迟，64 个连接，重复同一请求'],
  ['cold-start', 'time from start to first response', '从启动到首个响应的耗时'],
  ['memory-start', 'memory after the first response', '首个响应后的内存'],
  ['memory-million', 'memory after 1,000,000 requests', '1,000,000 个请求后的内存'],
]
const PEERS = [
  ['json-new', 'JSON, new prompts', 'JSON，提示词各不相同'],
  ['json-repeated', 'JSON, repeated', 'JSON，重复请求'],
  ['sse-new', 'SSE, new prompts', 'SSE，提示词各不相同'],
  ['sse-repeated', 'SSE, repeated', 'SSE，重复请求'],
  ['cold-start', 'time to first response', '到首个响应的耗时'],
]
const READMES = {
  'README.md': {
    column: 1,
    head: 'ratio to bare `node:http`',
    on: (node) => `on Node ${node}`,
    measured: (text) => `Measured on ${text}.`,
    server: 'server',
    peers: 'Other mock servers, measured in the same rounds. – means not supported.',
  },
  'README.zh-CN.md': {
    column: 2,
    head: '与裸 `node:http` 之比',
    on: (node) => `在 Node ${node} 上`,
    measured: (text) => `测量于 ${text}。`,
    server: '服务器',
    peers: '其他 mock 服务器，在同样的轮次中测量。– 表示不支持。',
  },
}

/** The tables of one of the READMEs, from what `npm run bench -- --save` has written. */
export function performanceTables(saved, readme = 'README.md') {
  const texts = READMES[readme]
  const runs = Object.values(saved)
  const own = toTable(
    [texts.head, ...runs.map(({ node }) => texts.on(node))],
    ROWS.map((row) => [row[texts.column], ...runs.map(({ ratios }) => toCell(ratios[row[0]]))]),
  )
  const places = runs.map(({ node, date, machine }) => `${date}, ${machine}, Node ${node}`)
  const begin = `${texts.measured(places.join('; '))}\n\n${own}`
  const ratios = runs.map((run) => run.ratios).find((each) => namesOf(each).length > 0)
  if (ratios === undefined) return begin
  const peers = toTable(
    [texts.server, ...PEERS.map((row) => row[texts.column])],
    namesOf(ratios).map((name) => [name, ...PEERS.map(([row]) => toCell(ratios[`${row}: ${name}`]))]),
  )
  return `${begin}\n${texts.peers}\n\n${peers}`
}

/** A README with the tables between its two marks. */
export function withTables(readme, tables) {
  const [begin, end] = [readme.indexOf(BEGIN), readme.indexOf(END)]
  if (begin < 0 || end < begin)
    throw new Error(`The tables are between the lines ${BEGIN.trim()} and ${END.trim()}, each with an empty line.`)
  return readme.slice(0, begin) + BEGIN + tables + readme.slice(end)
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
  for (const name of Object.keys(READMES))
    writeFileSync(path(name), withTables(readFileSync(path(name), 'utf8'), performanceTables(saved, name)))
}
