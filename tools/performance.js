// Makes the tables of performance in README.md and README.zh-CN.md from bench/figures.json.
// Run by hand after `npm run bench -- --peers --save`: node tools/performance.js
import { readFileSync, realpathSync, writeFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'

const BEGIN = '<!-- made by tools/performance.js -->\n\n'
const END = '\n<!-- end of performance -->\n'

// The figures of a table, each by its name in the bench, and how each README calls it.
const FIGURES = [
  ['JSON answers/s, 16 connections; floor A', 'JSON answers a second', '每秒 JSON 回答数'],
  ['JSON answers/s, no prompt asked twice; floor A', 'the same, no prompt asked twice', '同上，提示词各不相同'],
  [
    'SSE streams/s, 16 in flight; floor A, event by event',
    'streams a second, beside a floor that writes event by event',
    '每秒流数，基准逐个事件写出',
  ],
  [
    'SSE streams/s, 16 in flight; floor B, one buffer',
    'streams a second, beside a floor that writes one buffer',
    '每秒流数，基准一次写出整个缓冲区',
  ],
  [
    'bodies of 300 KB with a data URI/s; floor A',
    'requests of 300 KB with a reference picture',
    '带参考图的 300 KB 请求',
  ],
  ['bodies of 3 MB with a data URI/s; floor A', 'requests of 3 MB with a reference picture', '带参考图的 3 MB 请求'],
  ['kept PNGs/s, 16 connections; floor: a buffer', 'pictures that were drawn before', '已绘制过的图片'],
  [
    'p99 of JSON answers at 64 connections, ms; floor A',
    'time of the slowest of a hundred answers, 64 connections',
    '64 个连接时百个回答中最慢者的耗时',
  ],
  [
    'cold start to the first answer, ms; floor: bare Node',
    'time from the start to the first answer',
    '从启动到首个回答的耗时',
  ],
  ['memory after the first answer, MB; floor: bare Node', 'memory after the first answer', '首个回答后的内存'],
]
const PEERS = [
  ['JSON answers/s; floor A', 'JSON answers a second', '每秒 JSON 回答数'],
  ['SSE streams/s; floor A, event by event', 'streams a second', '每秒流数'],
  ['cold start, ms; floor: bare Node', 'time to the first answer', '到首个回答的耗时'],
]
const READMES = {
  'README.md': {
    column: 1,
    head: ['beside bare `node:http`'],
    on: (node) => `on Node ${node}`,
    measured: (text) => `Measured on ${text}.`,
    server: 'server',
    beside: 'Beside other mock servers, in rounds of their own; – is what a server does not do:',
  },
  'README.zh-CN.md': {
    column: 2,
    head: ['与裸 `node:http` 之比'],
    on: (node) => `在 Node ${node} 上`,
    measured: (text) => `测量于 ${text}。`,
    server: '服务器',
    beside: '与其他 mock 服务器相比，在单独的轮次中测量；– 表示该服务器做不到：',
  },
}

/** The tables of one of the READMEs, from what `npm run bench -- --save` has written. */
export function performanceTables(saved, readme = 'README.md') {
  const { column, head, measured, on, server, beside } = READMES[readme]
  const runs = Object.values(saved)
  const own = toTable(
    [...head, ...runs.map(({ node }) => on(node))],
    FIGURES.map((row) => [row[column], ...runs.map(({ ratios }) => toCell(ratios[row[0]]))]),
  )
  const compared = runs.find(({ ratios }) => namesOf(ratios).length > 0)
  const names = compared === undefined ? [] : namesOf(compared.ratios)
  const peers = toTable(
    [server, ...PEERS.map((row) => row[column])],
    names.map((name) => [name, ...PEERS.map(([figure]) => toCell(compared.ratios[`${figure}: ${name}`]))]),
  )
  const places = runs.map(({ node, date, machine }) => `${date}, ${machine}, Node ${node}`)
  return `${measured(places.join('; '))}\n\n${own}${names.length === 0 ? '' : `\n${beside}\n\n${peers}`}`
}

/** A README with the tables between its two marks. */
export function withTables(readme, tables) {
  const [begin, end] = [readme.indexOf(BEGIN), readme.indexOf(END)]
  if (begin < 0 || end < begin)
    throw new Error(`the tables stand between the lines ${BEGIN.trim()} and ${END.trim()}, with an empty line at each`)
  return readme.slice(0, begin) + BEGIN + tables + readme.slice(end)
}

function namesOf(ratios) {
  const [[figure]] = PEERS
  return Object.keys(ratios).flatMap((name) => (name.startsWith(`${figure}: `) ? [name.slice(figure.length + 2)] : []))
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
