import { resolve } from 'node:path'
import { describe, expect, test } from 'vitest'
import { parse } from 'yaml'
import { styles } from '../../src/chat/styles/styles.ts'
import { commandOptions } from '../../src/cli/command-line.ts'
import { LISTEN_OPTIONS, MOCK_OPTIONS } from '../../src/mock/options.ts'
import { loadScenarios } from '../../src/scenarios/load-fixtures.ts'
import type { Scenarios } from '../../src/scenarios/scenario.ts'
import { scenarioSchema } from '../../src/scenarios/scenario-schema.ts'
import { ApiError, errorReply } from '../../src/errors/api-error.ts'
import { type ErrorKind, ERRORS } from '../../src/errors/table.ts'
import { toSettings } from '../../src/mock/to-settings.ts'
import { read, root } from './page.ts'

const tool = async (name: string): Promise<any> => import(new URL(`../../tools/${name}`, import.meta.url).href)
const { scenarioDocuments, scenarioTables } = await tool('scenarios.js')
const { modelTable, profileDocuments, styleTable } = await tool('profiles.js')
const { optionDocuments, optionTables } = await tool('options.js')
const { textsOf, withTable } = await tool('tables.js')

const scenarios = await loadScenarios(resolve(root, 'fixtures/scenarios'))
const [profiles, contract] = [read('fixtures/profiles.yaml'), read('openapi.yaml')]
const hasHan = (text: string): boolean => /\p{Script=Han}/u.test(text)

type Document = readonly [file: string, text: string]
const made: Document[] = [...(await scenarioDocuments()), ...profileDocuments(), ...optionDocuments()]

test.each(made)(
  '%s has the tables that the tools make from the data: after a change, node tools/(scenarios|profiles|options).js',
  (file, text) => {
    expect(read(file)).toBe(text)
  },
)

test('a document without the comments around a table is an error', () => {
  expect(withTable('<!-- x: made by y -->\n\nold\n\n<!-- end of x -->\n', 'x', 'y', 'new\n')).toBe(
    '<!-- x: made by y -->\n\nnew\n\n<!-- end of x -->\n',
  )
  expect(() => withTable('old\n', 'x', 'y', 'new\n')).toThrow(
    "the lines '<!-- x: made by y -->' and '<!-- end of x -->'",
  )
})

describe('the table of models', () => {
  const rows: string[] = modelTable(profiles, contract).trimEnd().split('\n').slice(2)

  test('has each model and family once, and a tag in each cell', () => {
    const names = rows.flatMap((row) => [...(row.split('|')[1] ?? '').matchAll(/`(.+?)`/g)].map(([, name]) => name))
    const models: string[] = parse(contract).components.schemas.Model.anyOf[0].enum
    expect(names).toHaveLength(16)
    expect(new Set(names)).toEqual(new Set([...models, 'flux-*', 'flux-kontext-*', 'flux-kontext-dev']))
    const cellsOf = (row: string): string[] => row.split('|').slice(2, -1)
    expect(rows.filter((row) => cellsOf(row).length !== 4)).toEqual([])
    expect(rows.flatMap(cellsOf).filter((cell) => !/\[[SMRG]\]/.test(cell))).toEqual([])
  })

  test('resolves anchors and families', () => {
    expect(rows.find((row) => row.startsWith('| `flux`'))).toContain('| `flux`, `flux-*` | `prompt-json` [S]')
    const kontext = rows.find((row) => row.startsWith('| `flux-kontext-pro`, `flux-kontext-*` |'))
    expect(kontext).toMatch(/ `optional` \[S\]; sets the ratio \[S\] \|$/)
    const dev = rows.find((row) => row.startsWith('| `flux-kontext-dev` |'))
    expect(dev).toMatch(/ `required` \[S\] [^|]+; sets the ratio \[S\] \|$/)
    expect(dev?.split('|').slice(2, 5)).toEqual(kontext?.split('|').slice(2, 5))
  })

  test('needs a tag for each value: without one, the error names the line', () => {
    const lines = profiles.split('\n')
    const facts = lines.flatMap((line, i) => (/^  [a-z]+:/.test(line) ? [i] : []))
    expect(facts.length).toBeGreaterThan(60)
    for (const i of facts) {
      expect(lines[i], `line ${i + 1}`).toMatch(/# \[[SMRG]\]/)
      const without = lines.with(i, lines[i]?.replace(/ *#.*/, '') ?? '').join('\n')
      expect(() => modelTable(without, contract), lines[i]).toThrow(`fixtures/profiles.yaml:${i + 1} `)
    }
  })

  test('has Chinese words for all English ones, and the same names, values and tags', () => {
    const chinese: string[] = modelTable(profiles, contract, 'zh-CN').trimEnd().split('\n').slice(2)
    const partsOf = (row: string): string[] => row.match(/`[^`]+`|\d+x\d+|\[[SMRG]\]|\b(?:png|jpg|webp)\b/g) ?? []
    expect(chinese.map(partsOf)).toEqual(rows.map(partsOf))
    const changed = profiles.replace('# [S] for its family\n', '# [S] for nobody\n')
    expect(() => modelTable(changed, contract, 'zh-CN')).toThrow(
      "tools/zh-CN.yaml: profiles has no text for 'for nobody'. Add it.",
    )
  })
})

test('the table of styles has every style', () => {
  for (const language of ['en', 'zh-CN']) {
    const rows = [...styleTable(language).matchAll(/^\| `([\w-]+)` \| \S.* \|$/gm)]
    expect(rows.map(([, name]) => name)).toEqual(Object.keys(styles))
  }
})

describe('the tables of scenarios and of their keys', () => {
  const NAMES = ['scenarios', 'when', 'then', 'places']
  const [english, chinese]: Record<string, string>[] = ['en', 'zh-CN'].map((language) =>
    scenarioTables(scenarios, language),
  )
  const { when, then } = (scenarioSchema() as { properties: Record<string, any> }).properties
  const mappings: Record<string, any> = { when, then, places: then.properties.stream.items }
  const rowsIn = (table = ''): string[][] =>
    table
      .split('\n')
      .filter((line) => line.startsWith('| `'))
      .map((line) => line.split(/(?<!\\)\|/).slice(1, -1))
  const spansOf = (row: readonly string[]): string[] => row.flatMap((cell) => cell.match(/`[^`]+`/g) ?? []).toSorted()

  test('have a row for each scenario and each key', () => {
    const namesIn = (name: string): string[] =>
      rowsIn(english?.[name]).map(([code = '']) => code.replaceAll(/[` ]/g, ''))
    expect(namesIn('scenarios').toSorted()).toEqual([...scenarios.keys()].toSorted())
    for (const [name, { properties }] of Object.entries(mappings))
      expect(namesIn(name)).toEqual(Object.keys(properties))
  })

  test('name the values of each key that has at most eight', () => {
    const unnamed = Object.values(mappings).flatMap(({ properties }) =>
      Object.entries<any>(properties).flatMap(([key, { description, enum: values = [] }]) =>
        values.length > 8 ? [] : values.filter((value: string) => !description.includes(`\`${value}\``)).map(() => key),
      ),
    )
    expect(unnamed).toEqual([])
  })

  test('have the same rows in Chinese, with the same code', () => {
    for (const name of NAMES) {
      expect(rowsIn(chinese?.[name]).map(spansOf)).toEqual(rowsIn(english?.[name]).map(spansOf))
      for (const [, text = ''] of rowsIn(chinese?.[name])) expect(text).toSatisfy(hasHan)
    }
    expect(chinese?.['scenarios']?.match(/^\*\*.*\*\*$/gm)).toHaveLength(
      english?.['scenarios']?.match(/^\*\*.*\*\*$/gm)?.length ?? 0,
    )
  })

  test('need a Chinese text for each name, and no other: the error names both', () => {
    const without = new Map([...scenarios].filter(([name]) => name !== 'limit-rate'))
    const withMore: Scenarios = new Map([...scenarios, ['limit-x', { name: 'limit-x', about: 'x', then: {} }]])
    const withGroup: Scenarios = new Map([...scenarios, ['new-x', { name: 'new-x', about: 'x', then: {} }]])
    expect(() => scenarioTables(without, 'zh-CN')).toThrow(
      "tools/zh-CN.yaml: scenarios: 'limit-rate' does not exist. Remove it.",
    )
    expect(() => scenarioTables(withMore, 'zh-CN')).toThrow(
      "tools/zh-CN.yaml: scenarios has no text for 'limit-x'. Add it.",
    )
    expect(() => scenarioTables(withGroup)).toThrow("tools/en.yaml: groups has no text for 'new'. Add it.")
    expect(() => textsOf('zh-CN', 'keys.when', ['model'])).toThrow(
      "tools/zh-CN.yaml: keys.when: 'prompt' does not exist. Remove it.",
    )
  })
})

/** The cells of the table of a page that has this head. */
function cellsBelow(page: string, head: string): string[][] {
  const [, table = ''] = read(page).split(`\n${head}\n`)
  const [, ...rows] = table.slice(0, table.indexOf('\n\n')).split('\n')
  return rows.map((row) => row.slice(2, -2).split(' | '))
}

describe('the table of options', () => {
  const rowsOf = (language: string, name: string): string[][] =>
    (optionTables(language)[name] as string)
      .trimEnd()
      .split('\n')
      .slice(2)
      .map((row: string) => row.slice(2, -2).split(' | '))

  test('has each flag once, and each option of the code that has a flag', () => {
    const rows = rowsOf('en', 'options')
    expect(rows[0]?.slice(0, 4)).toEqual(['`--port N`', '`PORT`', '`port`', '4010'])
    expect(rows.map(([flag = '']) => /--[\w-]+/.exec(flag)?.[0])).toEqual(
      commandOptions.map(({ flag }) => `--${flag.name}`),
    )
    const inCode = rows.flatMap(([, , code = '']) => (code === '' ? [] : [code.slice(1, -1)]))
    const withoutFlag = ['timer', 'processMetrics', 'onExchange', 'onFault']
    expect(new Set([...inCode, ...withoutFlag])).toEqual(
      new Set([...Object.keys(LISTEN_OPTIONS), ...Object.keys(MOCK_OPTIONS)]),
    )
  })

  test('has the same flags, variables, names and values in Chinese, and described defaults in Chinese', () => {
    const [english, chinese] = ['en', 'zh-CN'].map((language) => rowsOf(language, 'options'))
    expect(chinese?.map((row) => row.slice(0, 3))).toEqual(english?.map((row) => row.slice(0, 3)))
    for (const [i, { flag, allowed }] of commandOptions.entries()) {
      const isValue = /^v?[\d.]+$/.test(flag.defaultsTo) || allowed.split(/\W+/).includes(flag.defaultsTo)
      expect(chinese?.[i]?.[3]).toSatisfy((text: string) => (isValue ? text === flag.defaultsTo : hasHan(text)))
      expect(chinese?.[i]?.[4]).toSatisfy(hasHan)
    }
  })

  test('of README.md has eight of them', () => {
    expect(rowsOf('en', 'most-used')).toHaveLength(8)
  })
})

test('docs/models.md describes every key of a model in profiles.yaml', async () => {
  const settings = await toSettings({})
  const keys = [...settings.profiles.values()].flatMap((profile) => Object.keys(profile))
  const described = cellsBelow('docs/models.md', '| key | value |').map(([key = '']) => key)
  expect(described.toSorted()).toEqual([...new Set(keys)].map((key) => `\`${key}\``).toSorted())
})

test('docs/scenarios.md names every error below its status in both formats', () => {
  const statusIn = (dialect: 'openai' | 'gateway', kind: ErrorKind): number =>
    errorReply(new ApiError(kind), { dialect, requestId: '' }).status
  const named = cellsBelow('docs/scenarios.md', '| status | with `--errors gateway` | names |').flatMap(
    ([status, other, names = '']) => names.split(', ').map((name) => [name, status, other].join(' ')),
  )
  const kinds = Object.keys(ERRORS) as ErrorKind[]
  const expected = kinds.map((kind) => `\`${kind}\` ${statusIn('openai', kind)} ${statusIn('gateway', kind)}`)
  expect(named.toSorted()).toEqual(expected.toSorted())
})
