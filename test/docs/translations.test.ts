import { existsSync, readdirSync } from 'node:fs'
import { dirname, join, relative } from 'node:path'
import { describe, expect, test } from 'vitest'
import { read, root } from './page.ts'

// A Chinese page has on each line what the English one has there: this keeps both up to date.
const FOLDER = 'docs/zh-CN'
const translated = readdirSync(join(root, FOLDER), { recursive: true, encoding: 'utf8' })
  .filter((name) => name.endsWith('.md'))
  .map((name) => [`docs/${name}`, `${FOLDER}/${name}`] as const)
const pages = [['README.md', 'README.zh-CN.md'] as const, ...translated]

/** The pages that every user needs, and that therefore exist in both languages. */
const NEEDED = ['models', 'scenarios', 'control-api', 'coverage', 'javascript-api', 'configuration', 'troubleshooting']
const NEEDED_RECIPES = ['vitest', 'playwright', 'pytest']

interface Line {
  readonly kind: string
  readonly text: string
  readonly section: string
}

function linesOf(markdown: string): Line[] {
  let [inCode, section] = [false, '']
  return markdown.split('\n').map((text) => {
    const isFence = text.startsWith('```')
    const kind = isFence ? 'fence' : inCode ? 'code' : kindOf(text)
    inCode = inCode !== isFence
    if (kind.startsWith('#')) section = text
    return { kind, text, section }
  })
}

function kindOf(line: string): string {
  if (line === '') return 'empty line'
  if (/^\[(?:简体中文|English)\]\(/.test(line)) return 'link to the other language'
  if (/^<\S/.test(line)) return 'HTML'
  if (line.startsWith('|')) return 'table row'
  return /^(?:#+| *-| *\d+\.|>)(?= )/.exec(line)?.[0] ?? 'paragraph'
}

const cellsOf = (row: string): string[] =>
  row
    .split(/(?<!\\)\|/)
    .slice(1, -1)
    .map((cell) => cell.trim())
const spansOf = (text: string): string => (text.match(/`[^`]+`/g) ?? []).toSorted().join(' ')
/** Where links lead: a Chinese page links to Chinese pages where there are any. */
const linksOf = (text: string, isNamed: (target: string) => string): string =>
  Array.from(text.replaceAll(/`[^`]+`/g, '').matchAll(/\]\(([^)#]+)(?:#[^)]*)?\)/g), ([, target = '']) =>
    isNamed(target),
  ).join(' ')
const proseOf = (text: string): string => text.replaceAll(/`[^`]+`|\]\([^)]+\)/g, '')
/** A comment for people: not one that a program reads, and not the name of the file. */
const isComment = (line: string): boolean => /(?:^|\s)(?:#|\/\/) (?!yaml-language-server:|[\w./-]+$)[A-Za-z]/.test(line)
const hasHan = (text: string): boolean => /\p{Script=Han}/u.test(text)
/** A line of code without its comment, which is translated. */
const codeOf = (line: string): string =>
  line.replace(/(^|\s)(?:#|\/\/)\s.*$|\/\*\*?\s.*\*\/|^\s*""".*"""$/, '$1').trimEnd()
/** A fact of the table of models: its words are those of fixtures/profiles.yaml in both languages. */
const isFact = (cell: string): boolean => /\[[SMRG]\]/.test(cell)

test('every page that users need is in Chinese too', () => {
  const needed = [
    ...NEEDED.map((name) => `${FOLDER}/${name}.md`),
    ...NEEDED_RECIPES.map((name) => `${FOLDER}/recipes/${name}.md`),
  ]
  expect(needed.filter((name) => !existsSync(join(root, name)))).toEqual([])
})

describe.each(pages)('%s in Chinese', (name, chineseName) => {
  const [lines, chinese] = [name, chineseName].map((page) => linesOf(read(page))) as [Line[], Line[]]
  const pairs = lines.flatMap((en, i) => {
    const zh = chinese[i]
    return zh === undefined ? [] : [{ at: `line ${i + 1}, below '${en.section}'`, en, zh }]
  })
  const rows = pairs.flatMap(({ at, en, zh }) =>
    en.kind === 'table row' && zh.kind === en.kind
      ? [{ at, cells: cellsOf(en.text), translated: cellsOf(zh.text) }]
      : [],
  )
  /** Where the two differ in what `of` gives for a line. */
  const differences = (of: (line: Line, page: string) => string): string[] =>
    pairs
      .filter(({ en, zh }) => of(en, name) !== of(zh, chineseName))
      .map(({ at, en, zh }) => `${at}: '${of(en, name)}' in ${name}, '${of(zh, chineseName)}' in ${chineseName}`)

  test('each page names the other below its title', () => {
    const target = (from: string, to: string): string => relative(dirname(from), to)
    expect([lines[2]?.text, chinese[2]?.text]).toEqual([
      `[简体中文](${target(name, chineseName)})`,
      `[English](${target(chineseName, name)})`,
    ])
  })

  test('each line is of the same kind: a heading of the same level, a row, an item, a paragraph', () => {
    expect(differences(({ kind }) => kind).slice(0, 1)).toEqual([]) // the others follow from the first one
    expect(chinese.length, `lines of ${chineseName}`).toBe(lines.length)
  })

  test('the blocks are the same, except for their comments', () => {
    expect(differences(({ kind, text }) => (kind === 'fence' ? text : kind === 'code' ? codeOf(text) : ''))).toEqual([])
  })

  test('the tables have the same columns, and each cell the same code', () => {
    expect(
      differences(({ kind, text }) => (kind === 'table row' ? cellsOf(text).map(spansOf).join(' | ') : '')),
    ).toEqual([])
  })

  test('the links lead to the same places in the same order', () => {
    expect(
      differences(({ kind, text }, page) =>
        ['code', 'link to the other language'].includes(kind) ? '' : linksOf(text, (target) => placeOf(target, page)),
      ),
    ).toEqual([])
  })

  test('a link to a heading leads to a heading', () => {
    const targets = [name, chineseName].flatMap((page) =>
      linesOf(read(page)).flatMap(({ kind, text }) =>
        kind === 'code'
          ? []
          : Array.from(text.matchAll(/\]\(([\w./-]*)#([^)]+)\)/g), ([link = '', path = '', heading = '']) => ({
              at: `${page}: ${link}`,
              file: path === '' ? page : join(page, '..', path),
              heading,
            })),
      ),
    )
    const broken = targets.filter(
      ({ file, heading }) => existsSync(join(root, file)) && !anchorsOf(read(file)).includes(heading),
    )
    expect(broken.map(({ at }) => at)).toEqual([])
  })

  test('the prose names the same code', () => {
    expect(
      differences(({ kind, text }) => (['code', 'fence', 'table row'].includes(kind) ? '' : spansOf(text))),
    ).toEqual([])
  })

  test('nothing is left in English', () => {
    const prose = pairs
      .filter(({ en, zh }) => /^(?:paragraph| *-| *\d+\.|>|##+)$/.test(zh.kind) && / /.test(proseOf(en.text)))
      .map(({ at, zh }) => ({ at, text: zh.text }))
    const cells = rows.flatMap(({ at, cells: english, translated: own }) =>
      own.flatMap((text, i) => (/[a-z]+ [a-z]/.test(proseOf(english[i] ?? '')) && !isFact(text) ? [{ at, text }] : [])),
    )
    const comments = pairs.flatMap(({ at, en, zh }) =>
      zh.kind === 'code' && isComment(en.text) && en.text === zh.text ? [{ at, text: zh.text }] : [],
    )
    const english = [
      ...[...prose, ...cells].filter(({ text }) => !hasHan(text) || /(?:\b[A-Za-z]+\b[,;:.]? ){5}/.test(proseOf(text))),
      ...comments,
    ]
    expect(english.map(({ at, text }) => `${at}: ${text}`)).toEqual([])
  })
})

/** What links to the headings of a page have behind their `#`, as GitHub makes it. */
function anchorsOf(markdown: string): string[] {
  return linesOf(markdown)
    .filter(({ kind }) => kind.startsWith('#'))
    .map(({ text }) =>
      text
        .replace(/^#+ /, '')
        .toLowerCase()
        .replaceAll(/[^\p{L}\p{N}_ -]/gu, '')
        .replaceAll(' ', '-'),
    )
}

/** The file of the package to which a link of a page leads, in English where both languages have it. */
function placeOf(target: string, page: string): string {
  if (/^https?:/.test(target)) return target
  const path = join(page, '..', target)
  return path === 'README.zh-CN.md' ? 'README.md' : path.replace(`${FOLDER}/`, 'docs/')
}
