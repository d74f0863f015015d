import { expect, test } from 'vitest'
import { ApiError, errorReply } from '../../src/errors/api-error.ts'
import { type ErrorKind, ERRORS } from '../../src/errors/table.ts'
import { toSettings } from '../../src/mock/to-settings.ts'
import { read } from './page.ts'

/** The cells of the table of a page that has this head. */
function cellsBelow(page: string, head: string): string[][] {
  const [, table = ''] = read(page).split(`\n${head}\n`)
  const [, ...rows] = table.slice(0, table.indexOf('\n\n')).split('\n')
  return rows.map((row) => row.slice(2, -2).split(' | '))
}

test('docs/models.md describes every key of a model in profiles.yaml', async () => {
  const { profiles } = await toSettings({})
  const keys = [...profiles.values()].flatMap((profile) => Object.keys(profile))
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
