import { expect, test } from 'vitest'
import type { RequestLogEntry } from '../../src/app/settings.ts'
import { ask, mockWith } from '../ask.ts'

test.each([
  [
    'a missing reference picture',
    { model: 'flux-kontext-dev' },
    "The model 'flux-kontext-dev' needs a reference picture.",
  ],
  ['an invalid pace', { model: 'flux', headers: { 'x-mock-pace': 'fast' } }, "Invalid value for 'x-mock-pace'"],
  ['an unknown scenario', { model: 'flux', headers: { 'x-mock-scenario': 'no-such' } }, "Unknown scenario 'no-such'."],
  ['an unknown model', { model: 'no-such-model' }, "The model 'no-such-model' does not exist"],
  ['a violation', { model: 'flux', body: { n: 'two' } }, "Invalid type for 'n': expected an integer"],
])('shows model, prompt and error of a rejected request: %s', async (_why, request, message) => {
  const entries: RequestLogEntry[] = []
  await using mock = await mockWith({ onExchange: (entry) => entries.push(entry) })
  expect((await ask(mock, { text: 'a red fox', ...request })).status).toBeGreaterThanOrEqual(400)
  expect(entries).toMatchObject([
    { model: request.model, prompt: 'a red fox', error: expect.stringContaining(message) },
  ])
  const row = (await mock.table()).split('\n').at(-1)
  expect(row).toMatch(new RegExp(` ${request.model} +4\\d\\d +`))
  expect(row).toContain(message.slice(0, 28))
  expect(await mock.exchanges({ model: request.model })).toHaveLength(1)
})
