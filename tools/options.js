// Makes the tables of options.
// Run it after a change of src/mock/options.ts or src/cli/command-line.ts: npm run build && node tools/options.js
import { realpathSync } from 'node:fs'
import { commandOptions } from '../build/cli/command-line.js'
import { LISTEN_OPTIONS, MOCK_OPTIONS } from '../build/mock/options.js'
import { documentsWith, textsOf, toCell, toTable, writeAll } from './tables.js'

// The files with tables: their language, and which tables they have.
const FILES = {
  'README.md': { language: 'en', tables: ['most-used'] },
  'README.zh-CN.md': { language: 'zh-CN', tables: ['most-used'] },
  'docs/configuration.md': { language: 'en', tables: ['options'] },
  'docs/zh-CN/configuration.md': { language: 'zh-CN', tables: ['options'] },
}

const MOST_USED = ['port', 'pace', 'errors', 'contract', 'scenario', 'fixtures', 'spec', 'log']

/** The tables of options in a language ('en' or 'zh-CN'): `options` has all, `most-used` eight of them. */
export function optionTables(language = 'en') {
  const { helpOf, defaultOf } = textsIn(language)
  const rows = commandOptions.map((row) => {
    const { option, flag } = row
    const isInCode = option in MOCK_OPTIONS || option in LISTEN_OPTIONS
    return {
      name: flag.name,
      flag: `\`${`--${flag.name} ${flag.value}`.trim()}\``,
      env: `\`${flag.env}\``,
      code: isInCode ? `\`${option}\`` : '',
      default: defaultOf(flag.defaultsTo),
      help: toCell(helpOf(row)),
    }
  })
  const mostUsed = MOST_USED.map((name) => rows.find((row) => row.name === name))
  return {
    options: toTable(
      language,
      'options',
      rows.map((row) => [row.flag, row.env, row.code, row.default, row.help]),
    ),
    'most-used': toTable(
      language,
      'most-used',
      mostUsed.map((row) => [row.flag, row.env, row.default, row.help]),
    ),
  }
}

/** The documents with their tables, as [file, text]. */
export function optionDocuments() {
  return documentsWith(FILES, 'tools/options.js', optionTables)
}

function textsIn(language) {
  if (language === 'en') return { helpOf: ({ help }) => help, defaultOf: (text) => text }
  const texts = textsOf(
    language,
    'options',
    commandOptions.map(({ flag }) => flag.name),
  )
  const words = commandOptions.filter((row) => !isValue(row)).map(({ flag }) => flag.defaultsTo)
  const defaults = textsOf(language, 'defaults', [...new Set(words)])
  return {
    helpOf: ({ flag, type }) => texts[flag.name] + (type === 'list' ? '；可重复指定' : ''),
    defaultOf: (text) => defaults[text] ?? text,
  }
}

// Whether a default is a value that the option can have; otherwise it is described in words.
function isValue({ flag: { defaultsTo }, allowed }) {
  return /^v?[\d.]+$/.test(defaultsTo) || allowed.split(/\W+/).includes(defaultsTo)
}

if (realpathSync(process.argv[1]) === import.meta.filename) writeAll(optionDocuments())
