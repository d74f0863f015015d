// Makes fixtures/scenario.schema.json, the tables of docs/scenarios.md and the README's table of what a scenario can answer.
// Run by hand after a scenario or src/scenarios/scenario-schema.ts has changed: npm run build && node tools/scenarios.js
import { readFileSync, realpathSync, writeFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { loadScenarios } from '../build/scenarios/load-fixtures.js'
import { scenarioSchema } from '../build/scenarios/scenario-schema.js'

// What the scenarios of a prefix have in common.
const GROUPS = {
  key: 'Keys and accounts',
  quota: 'Money',
  limit: 'Too many requests',
  model: 'The model',
  request: 'The request',
  refused: 'Content that is refused',
  upstream: 'Behind the gateway',
  proxy: 'In front of the gateway',
  failed: 'Failures told in words, as an answer',
  stream: 'The stream',
  slow: 'Time',
  answer: 'What the answer says',
  picture: 'The picture behind the link',
  retry: 'Right after a while',
}

/** The text of fixtures/scenario.schema.json. */
export function schemaText(schema = scenarioSchema()) {
  return `${JSON.stringify(schema, null, 2)}\n`
}

/** The tables of all scenarios, one for each prefix of their names. A prefix that is new is an error. */
export function catalogueTables(scenarios) {
  const rowsOf = (prefix) =>
    [...scenarios.values()]
      .filter(({ name }) => name.startsWith(`${prefix}-`))
      .map(({ name, about }) => `| \`${name}\` | ${escape(about)} |\n`)
  const strange = [...scenarios.keys()]
    .map((name) => name.split('-')[0])
    .filter((prefix) => !Object.hasOwn(GROUPS, prefix))
  if (strange.length > 0)
    throw new Error(`tools/scenarios.js: say in GROUPS what the scenarios of '${strange[0]}' have in common`)
  return Object.entries(GROUPS)
    .map(([prefix, title]) => `**${title}**\n\n| name | what a client meets |\n|---|---|\n${rowsOf(prefix).join('')}`)
    .join('\n')
}

/** The table of the keys of a mapping of the schema: `then`, `when`, or what happens at a place of a stream. */
export function keyTable({ properties }) {
  return `| key | |\n|---|---|\n${Object.entries(properties)
    .map(([key, value]) => `| \`${key}\` | ${escape(value.description)}${valuesOf(value)} |\n`)
    .join('')}`
}

/** The three mappings of the schema that are told as tables. */
export function mappingsOf(schema) {
  const { when, then } = schema.properties
  return { when, then, place: then.properties.stream.items }
}

/** A text with a table between the two marks of its name. */
export function withTable(text, name, table) {
  const [start, end] = [`<!-- ${name}: made by tools/scenarios.js -->\n\n`, `\n<!-- end of ${name} -->\n`]
  const [from, to] = [text.indexOf(start), text.indexOf(end)]
  if (from < 0 || to < from)
    throw new Error(`the table stands between the lines ${start.trim()} and ${end.trim()}, with an empty line at each`)
  return text.slice(0, from) + start + table + text.slice(to)
}

function escape(text) {
  return text.replaceAll('|', String.raw`\|`)
}

function valuesOf({ enum: values = [] }) {
  return values.length < 2 || values.length > 8 ? '' : ` (${values.map((value) => `\`${value}\``).join(', ')})`
}

if (realpathSync(process.argv[1]) === import.meta.filename) {
  const path = (name) => fileURLToPath(new URL(`../${name}`, import.meta.url))
  const edit = (name, tables) => {
    const text = Object.entries(tables).reduce(
      (made, [mark, table]) => withTable(made, mark, table),
      readFileSync(path(name), 'utf8'),
    )
    writeFileSync(path(name), text)
  }
  const { when, then, place } = mappingsOf(scenarioSchema())
  writeFileSync(path('fixtures/scenario.schema.json'), schemaText())
  edit('README.md', { then: keyTable(then) })
  edit('docs/scenarios.md', {
    scenarios: catalogueTables(await loadScenarios(path('fixtures/scenarios'))),
    when: keyTable(when),
    places: keyTable(place),
  })
}
