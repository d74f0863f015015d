// Makes the tables of models and of styles.
// Run it after a change of fixtures/profiles.yaml, of the models in openapi.yaml or of the styles:
// npm run build && node tools/profiles.js
import { readFileSync, realpathSync } from 'node:fs'
import { parse } from 'yaml'
import { profileOf } from '../build/chat/profile.js'
import { styles } from '../build/chat/styles/styles.js'
import { readBlocks } from './profile-facts.js'
import { documentsWith, pathOf, textsOf, toCell, toTable, writeAll } from './tables.js'

// The files with tables: their language, and which tables they have.
const FILES = {
  'docs/models.md': { language: 'en', tables: ['models', 'styles'] },
  'docs/zh-CN/models.md': { language: 'zh-CN', tables: ['models', 'styles'] },
}

const PROFILES = 'fixtures/profiles.yaml'

/**
 * The table of models in a language ('en' or 'zh-CN'), from the texts of fixtures/profiles.yaml and openapi.yaml.
 * Throws if a value has no tag, with its line.
 */
export function modelTable(profiles, contract, language = 'en') {
  const blocks = readBlocks(profiles)
  const models = parse(contract).components.schemas.Model.anyOf[0].enum
  const names = new Set([...models, ...blocks.keys()].filter((name) => name !== '*'))
  // Models that share a block share a row, and the rows are in the order of the blocks.
  const rows = [...new Set(blocks.values())].flatMap((block) => {
    const sharing = [...names].filter((name) => profileOf(blocks, name) === block)
    return sharing.length === 0 ? [] : [[sharing.map(toCode).join(', '), ...cellsOf(block)]]
  })
  return toTable(language, 'models', language === 'en' ? rows : translate(rows, language))
}

/** The table of styles in a language. */
export function styleTable(language = 'en') {
  const names = Object.keys(styles)
  const texts = textsOf(language, 'styles', names)
  return toTable(
    language,
    'styles',
    names.map((name) => [toCode(name), toCell(texts[name])]),
  )
}

/** The documents with their tables, as [file, text]. */
export function profileDocuments() {
  const read = (name) => readFileSync(pathOf(name), 'utf8')
  return documentsWith(FILES, 'tools/profiles.js', (language) => ({
    models: modelTable(read(PROFILES), read('openapi.yaml'), language),
    styles: styleTable(language),
  }))
}

// The words of a cell are what follows a tag or a semicolon, as in: `none` [S] for its family, [G] wording; sets the
// size [S]
const WORDS = /(\[[SMRG]\] |; )([^[;]+?)(?=, \[|;| \[|$)/g

function translate(rows, language) {
  const words = rows.flatMap((cells) => cells.flatMap((cell) => [...cell.matchAll(WORDS)].map(([, , word]) => word)))
  const texts = textsOf(language, 'profiles', [...new Set(words)])
  return rows.map((cells) =>
    cells.map((cell) =>
      cell
        .replaceAll(WORDS, (_all, before, word) => before + texts[word])
        .replaceAll(/, (?=\[)/g, '，')
        .replaceAll('; ', '；'),
    ),
  )
}

function cellsOf({ name, line, facts }) {
  const cell = (fact, write) => {
    const known = facts.get(fact)
    if (known === undefined) throw new Error(`${PROFILES}:${line} ${name} has no ${fact}. Add it.`)
    return `${write(known.value)} ${toCell(known.tag)}`
  }
  const list = ([first, ...rest]) => [`**${first}**`, ...rest].join(' ')
  const follows = facts.has('follows') ? [cell('follows', (value) => `sets the ${value}`)] : []
  const reference = [cell('references', toCode), ...follows].join('; ')
  return [cell('style', toCode), cell('sizes', list), cell('formats', list), reference]
}

function toCode(value) {
  return `\`${value}\``
}

if (realpathSync(process.argv[1]) === import.meta.filename) writeAll(profileDocuments())
