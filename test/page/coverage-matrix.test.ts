import { expect, test } from 'vitest'
import { createMock } from '../../src/index.ts'
import { toMatrix } from '../../src/page/coverage-matrix.ts'

test('the matrix lists all models, and counts each request in one column of form, status and scenario', async () => {
  await using mock = await createMock({ contract: 'report' })
  const send = async (model: string, rest: object = {}, headers: Record<string, string> = {}): Promise<unknown> => {
    const body = JSON.stringify({ model, messages: [{ role: 'user', content: 'a fox' }], ...rest })
    const init = { method: 'POST', body, headers: { 'content-type': 'application/json', ...headers } }
    return (await mock.fetch(`${mock.url}/v1/chat/completions`, init)).text()
  }
  await send('flux')
  await send('flux', { stream: true })
  await send('flux', {}, { 'x-mock-scenario': 'limit-rate' })
  await send('unheard-of')
  const { columns, rows } = toMatrix(await mock.coverage({ models: 'all' }))
  const used = (model: string | null): string[] =>
    columns
      .map(({ group, value }, i) => `${group} ${value}: ${rows.find((row) => row.model === model)?.counts[i]}`)
      .filter((cell) => !cell.endsWith(': 0'))
  expect(used('flux')).toEqual([
    'form whole: 2',
    'form stream: 1',
    'contents string: 3',
    'status 200: 2',
    'status 429: 1',
    'scenario null: 2',
    'scenario limit-rate: 1',
  ])
  expect(used('dall-e-3')).toEqual([])
  expect(used(null)).toContain('form whole: 1')
})
