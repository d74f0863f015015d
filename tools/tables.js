// What tools/profiles.js and tools/scenarios.js share: the texts of tables in each language, and the documents with
// them.
import { readFileSync, writeFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { parse } from 'yaml'

const TEXTS = new Map(
  ['en', 'zh-CN'].map((language) => [
    language,
    parse(readFileSync(new URL(`${language}.yaml`, import.meta.url), 'utf8')),
  ]),
)

/**
 * The texts of a section of tools/LANGUAGE.yaml, by name. Throws if one of `names` has no text, or a text has none of
 * them.
 */
export function textsOf(language, section, names) {
  const texts = section.split('.').reduce((within, key) => within?.[key], TEXTS.get(language)) ?? {}
  const missing = names.find((name) => !Object.hasOwn(texts, name))
  const extra = Object.keys(texts).find((name) => !names.includes(name))
  if (missing !== undefined) throw new Error(`tools/${language}.yaml: ${section} has no text for '${missing}'. Add it.`)
  if (extra !== undefined) throw new Error(`tools/${language}.yaml: ${section}: '${extra}' does not exist. Remove it.`)
  return texts
}

/** A Markdown table of rows of cells; `name` is its key below `heads`. */
export function toTable(language, name, rows) {
  const head = TEXTS.get(language).heads[name]
  const lines = [head, head.map(() => '---'), ...rows].map((cells) => `| ${cells.join(' | ')} |\n`)
  return lines.join('').replace(/^\|[- |]+\|$/m, (line) => line.replaceAll(' ', ''))
}

/** A text as a cell of a table. */
export function toCell(text) {
  return text.replaceAll('|', String.raw`\|`)
}

/** A document with a table between the two comments that name it. */
export function withTable(text, name, tool, table) {
  const [start, end] = [`<!-- ${name}: made by ${tool} -->\n\n`, `\n<!-- end of ${name} -->\n`]
  const [from, to] = [text.indexOf(start), text.indexOf(end)]
  if (from < 0 || to < from)
    throw new Error(
      `The document needs the lines '${start.trim()}' and '${end.trim()}', with an empty line between them and the table.`,
    )
  return text.slice(0, from) + start + table + text.slice(to)
}

/**
 * Each file with its tables, as [file, text]. `files` has the language and the names of tables of each file;
 * `tablesIn` makes all tables of a language, by name.
 */
export function documentsWith(files, tool, tablesIn) {
  return Object.entries(files).map(([file, { language, tables }]) => {
    const made = tablesIn(language)
    const text = readFileSync(pathOf(file), 'utf8')
    return [file, tables.reduce((document, name) => withTable(document, name, tool, made[name]), text)]
  })
}

/** Writes files, given as [file, text]. */
export function writeAll(documents) {
  for (const [file, text] of documents) writeFileSync(pathOf(file), text)
}

/** The path of a file of the project. */
export function pathOf(file) {
  return fileURLToPath(new URL(`../${file}`, import.meta.url))
}
