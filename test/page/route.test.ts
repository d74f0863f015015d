import { expect, test } from 'vitest'
import { hrefOf, readRoute } from '../../src/page/route.ts'

test.each([
  ['journal', '12', { q: 'model:flux status:4xx "a fox"' }],
  ['contract', '/paths/~1v1~1models/get', {}],
  ['models', '画图/50%', {}],
  ['try', '', { a: '1', b: '2' }],
] as const)('a link leads to the place that it names: %s %s', (view, id, query) => {
  const route = readRoute(hrefOf(view, id, query))
  expect({ ...route, query: Object.fromEntries(route.query) }).toEqual({ view, id, query })
})

test.each(['', '#', '#/', '#/nowhere/1', '#nonsense'])('any other fragment is the journal: %j', (hash) => {
  expect(readRoute(hash)).toMatchObject({ view: 'journal', id: '' })
})

test('a broken escape does not break the page', () => {
  expect(readRoute('#/models/50%').id).toBe('50%')
})
