import { expect, test } from 'vitest'
import { toSettings } from '../../src/mock/to-settings.ts'
import { read } from './page.ts'

/** The code in the cells of a column of the table with this head; the first column is 0. */
function codeIn(page: string, head: string, column = 0): string[][] {
  const [, table = ''] = read(page).split(`\n${head}\n`)
  const [, ...rows] = table.slice(0, table.indexOf('\n\n')).split('\n')
  return rows.map((row) =>
    Array.from(row.split('|')[column + 1]?.matchAll(/`([^`]+)`/g) ?? [], ([, code = '']) => code),
  )
}

test('docs/models.md describes every key of a model in profiles.yaml', async () => {
  const { profiles } = await toSettings({})
  const keys = [...profiles.values()].flatMap((profile) => Object.keys(profile))
  expect(new Set(codeIn('docs/models.md', '| key | value |').flat())).toEqual(new Set(keys))
})
