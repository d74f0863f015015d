// Makes fixtures/scenario.schema.json and the tables of scenarios and of their keys. Run it after a change of
// fixtures/scenarios/ or src/scenarios/scenario-schema.ts: npm run build && node tools/scenarios.js
import { realpathSync } from 'node:fs'
import { loadScenarios } from '../build/scenarios/load-fixtures.js'
import { ORIGINS } from '../build/scenarios/scenario.js'
import { scenarioSchema } from '../build/scenarios/scenario-schema.js'
import { documentsWith, pathOf, textsOf, toCell, toTable, writeAll } from './tables.js'

// The files with tables: their language, and which tables they have.
const FILES = {
  'docs/scenarios.md': { language: 'en', tables: ['when', 'then', 'places', 'scenarios'] },
  'docs/zh-CN/scenarios.md': { language: 'zh-CN', tables: ['when', 'then', 'places', 'scenarios'] },
}

/** The text of fixtures/scenario.schema.json. */
export function schemaText(schema = scenarioSchema()) {
  return `${JSON.stringify(schema, null, 2)}\n`
}

/** The tables in a language ('en' or 'zh-CN'), by name: `scenarios`, `when`, `then`, `places`. */
export function scenarioTables(scenarios, language = 'en', schema = scenarioSchema()) {
  const { when, then } = schema.properties
  return {
    scenarios: catalogue([...scenarios.values()], language),
    when: keyTable('when', when, language),
    then: keyTable('then', then, language),
    places: keyTable('place', then.properties.stream.items, language),
  }
}

/** The documents with their tables, as [file, text]. */
export async function scenarioDocuments() {
  const scenarios = await loadScenarios(pathOf('fixtures/scenarios'))
  return documentsWith(FILES, 'tools/scenarios.js', (language) => scenarioTables(scenarios, language))
}

// A heading and a table for each prefix of the names.
function catalogue(scenarios, language) {
  const names = scenarios.map(({ name }) => name)
  const english = Object.fromEntries(scenarios.map(({ name, about }) => [name, about]))
  const texts = language === 'en' ? english : textsOf(language, 'scenarios', names)
  const prefixOf = (name) => name.split('-')[0]
  const prefixes = [...new Set(names.map(prefixOf))]
  const headings = textsOf(language, 'groups', prefixes)
  const origins = textsOf(language, 'origins', ORIGINS)
  const rowsOf = (prefix) =>
    scenarios
      .filter(({ name }) => prefixOf(name) === prefix)
      .map(({ name, from }) => [`\`${name}\``, origins[from], toCell(texts[name])])
  return Object.keys(textsOf('en', 'groups', prefixes))
    .map((prefix) => `**${headings[prefix]}**\n\n${toTable(language, 'scenarios', rowsOf(prefix))}`)
    .join('\n')
}

// The keys of one mapping of the schema.
function keyTable(section, { properties }, language) {
  const keys = Object.keys(properties)
  const english = Object.fromEntries(keys.map((key) => [key, properties[key].description]))
  const texts = language === 'en' ? english : textsOf(language, `keys.${section}`, keys)
  const rows = keys.map((key) => [`\`${key}\``, toCell(texts[key])])
  return toTable(language, 'keys', rows)
}

if (realpathSync(process.argv[1]) === import.meta.filename)
  writeAll([['fixtures/scenario.schema.json', schemaText()], ...(await scenarioDocuments())])
