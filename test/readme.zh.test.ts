import { readFileSync } from 'node:fs'
import { resolve } from 'node:path'
import { expect, test } from 'vitest'
import { commandOptions } from '../src/cli/command-line.ts'

// The Chinese README has on each line what the English one has there: this is how it is kept up to date.
const [readme, chinese] = ['README.md', 'README.zh-CN.md'].map((name) =>
  linesOf(readFileSync(resolve(import.meta.dirname, '..', name), 'utf8')),
) as [Line[], Line[]]
const LANGUAGES = 2 // the line that names the other README is not the same
const pairs = readme
  .slice(0, chinese.length)
  .flatMap((en, i): Pair[] =>
    chinese[i] === undefined || i === LANGUAGES
      ? []
      : [{ at: `line ${i + 1}, below '${en.section}'`, en, zh: chinese[i] }],
  )
const rows = pairs.flatMap(({ at, en, zh }) =>
  en.kind === 'row' && zh.kind === 'row' ? [{ at, cells: cellsOf(en.text), translated: cellsOf(zh.text) }] : [],
)

interface Line {
  readonly kind: string
  readonly text: string
  readonly section: string
}

interface Pair {
  readonly at: string
  readonly en: Line
  readonly zh: Line
}

function linesOf(text: string): Line[] {
  let [inCode, section] = [false, '']
  return text.split('\n').map((line) => {
    const isFence = line.startsWith('```')
    const isCode = inCode || isFence
    inCode = inCode !== isFence
    const kind = isCode ? 'code' : kindOf(line)
    if (kind.startsWith('#')) section = line
    return { kind, text: line, section }
  })
}

function kindOf(line: string): string {
  if (line === '') return 'empty line'
  if (line.startsWith('<!-- ')) return 'comment'
  if (line.startsWith('|')) return 'row'
  return /^(?:#+|-|\d+\.)(?= )/.exec(line)?.[0] ?? 'paragraph'
}

function cellsOf(row: string): string[] {
  return row
    .split(/(?<!\\)\|/)
    .slice(1, -1)
    .map((cell) => cell.trim())
}

const spansOf = (text: string): string => (text.match(/`[^`]+`/g) ?? []).toSorted().join(' ')
const linksOf = (text: string): string =>
  Array.from(text.replaceAll(/`[^`]+`/g, '').matchAll(/\]\(([^)]+)\)/g), ([, target]) => target).join(' ')
/** What of a text is prose. */
const proseOf = (text: string): string => text.replaceAll(/`[^`]+`|\]\([^)]+\)/g, '')
const hasHan = (text: string): boolean => /\p{Script=Han}/u.test(text)
/** A fact of the table of models: its words are those of fixtures/profiles.yaml in both. */
const isFact = (cell: string): boolean => /\[[SMRG]\]/.test(cell)

/** Where the two are not the same by what `read` gives for a line. */
function differences(read: (line: Line) => string): string[] {
  return pairs
    .filter(({ en, zh }) => read(en) !== read(zh))
    .map(({ at, en, zh }) => `${at}: README.md has ${read(en) || 'none'}, README.zh-CN.md has ${read(zh) || 'none'}`)
}

test('each README names the other below its title', () => {
  expect([readme, chinese].map((lines) => lines[LANGUAGES]?.text)).toEqual([
    '[简体中文](README.zh-CN.md)',
    '[English](README.md)',
  ])
})

test('each line of the Chinese README is of the same kind as in the English one: a heading of the same level, a row, an item, a paragraph', () => {
  expect(differences(({ kind }) => kind).slice(0, 1)).toEqual([]) // what follows the first is only its consequence
  expect(chinese.length, 'lines of README.zh-CN.md').toBe(readme.length)
})

test('its code blocks are the same', () => {
  expect(differences(({ kind, text }) => (kind === 'code' ? text : ''))).toEqual([])
})

test('its tables have the same columns, and each cell the same code', () => {
  expect(rows.length).toBeGreaterThan(90)
  expect(differences(({ kind, text }) => (kind === 'row' ? cellsOf(text).map(spansOf).join(' | ') : ''))).toEqual([])
})

test('its table of options has the same flags, variables, names and values', () => {
  const isValue = ({ flag: { defaultsTo }, allowed }: (typeof commandOptions)[number]): boolean =>
    /^[\d.]+$/.test(defaultsTo) || allowed.split(/\W+/).includes(defaultsTo)
  const options = commandOptions.map((option) => ({
    option,
    row: rows.find(({ cells }) => cells[0] === `\`${`--${option.flag.name} ${option.flag.value}`.trim()}\``),
  }))
  const wrong = options.filter(({ option, row }) => {
    const [same, fallback = ''] = [
      row?.cells.slice(0, 3).join() === row?.translated.slice(0, 3).join(),
      row?.translated[3],
    ]
    return row === undefined || !same || (isValue(option) ? fallback !== option.flag.defaultsTo : !hasHan(fallback))
  })
  expect(
    wrong.map(({ option, row }) => `${row?.at}: --${option.flag.name}: ${row?.translated.slice(0, 4).join(' | ')}`),
  ).toEqual([])
})

test('its links lead to the same places in the same order', () => {
  expect(differences(({ kind, text }) => (kind === 'code' ? '' : linksOf(text)))).toEqual([])
})

test('what it says in prose names the same code', () => {
  expect(differences(({ kind, text }) => (['code', 'row'].includes(kind) ? '' : spansOf(text)))).toEqual([])
})

test('it leaves nothing in English', () => {
  const prose = pairs
    .filter(({ en, zh }) => !['#', 'code', 'row', 'comment', 'empty line'].includes(zh.kind) && en.kind === zh.kind)
    .map(({ at, zh }) => ({ at, text: zh.text }))
  const cells = rows.flatMap(({ at, cells: english, translated }) =>
    translated.flatMap((text, i) => {
      const cell = english[i] ?? ''
      const isProse = i === english.length - 1 ? /[a-z]/.test(cell) : / [a-z]/.test(proseOf(cell))
      return isProse && !isFact(cell) ? [{ at, text }] : []
    }),
  )
  const english = [...prose, ...cells].filter(
    ({ text }) => !hasHan(text) || /(?:\b[A-Za-z]+\b[,;:.]? ){5}/.test(proseOf(text)),
  )
  expect(english.map(({ at, text }) => `${at}: ${text}`)).toEqual([])
})
