import { expect, test } from 'vitest'
import type { Filter } from '../../src/journal/filter.ts'
import { selectExchanges } from '../../src/journal/filter.ts'
import { toTable } from '../../src/journal/failure-table.ts'
import { chatOf, record } from './record.ts'

const recorded = [
  await record({ body: chatOf('a fox', { model: 'flux-pro' }), facts: { session: 'alice' } }),
  await record({
    body: chatOf('画只猫，戴着一顶红色的帽子，坐在窗台上'.repeat(5), { stream: true }),
    facts: { session: 'bob', choice: { name: 'slow', why: 'x-mock-scenario' } },
  }),
  await record({ operationId: 'retrieveModel', path: '/v1/models/flux' }),
  await record({ body: { model: 'flux', messages: [] } }),
]
const exchanges = recorded.map(({ exchange }, i) => ({ ...exchange, id: String(i + 8) }))
const stored = recorded.map((one, i) => ({ ...one.stored, id: String(i + 8) }))

test.each<[Filter, string[]]>([
  [{}, ['8', '9', '10', '11']],
  [{ session: 'alice' }, ['8']],
  [{ model: 'flux-*' }, ['8']],
  [{ model: 'nano-banana' }, ['9']],
  [{ status: 400 }, ['11']],
  [{ status: '2xx' }, ['8', '9', '10']],
  [{ operation: 'retrieveModel' }, ['10']],
  [{ operation: 'POST /v1/chat/completions' }, ['8', '9', '11']],
  [{ scenario: 'slow' }, ['9']],
  [{ stream: true }, ['9']],
  [{ stream: false, operation: '/v1/chat/completions' }, ['8', '11']],
  [{ path: '/v1/models/*' }, ['10']],
  [{ since: '9' }, ['10', '11']],
  [{ limit: 2 }, ['10', '11']],
  [{ limit: 0 }, []],
  [{ status: 200, limit: 1 }, ['10']],
])('filter %j selects the exchanges %j', (filter, ids) => {
  expect(selectExchanges(exchanges, filter).map(({ id }) => id)).toEqual(ids)
})

test('the table lists the scripted responses that no request used, and the requests received', () => {
  const scripted = [
    { id: '1', json: '{"scenario":"rate-limited","when":{"model":["flux"]}}', left: 2 },
    { id: '2', json: '{"then":{"status":503,"body":"busy"}}', left: 1 },
  ]
  expect(toTable(stored.slice(0, 3), scripted)).toBe(`\
Scripted responses that no request has used (2):
  times  response                 when
  2      rate-limited             model: ["flux"]
  1      status: 503, body: busy  always

Requests received (3):
  id  request                    model        status      scenario  detail
  8   POST /v1/chat/completions  flux-pro     200                   a fox
  9   POST /v1/chat/completions  nano-banana  200 stream  slow      画只猫，戴着一顶红色的帽子，坐在窗台上画只猫，戴着…
  10  GET /v1/models/flux                     200`)
  expect(toTable([])).toBe('No requests received.')
})

test('no line is wider than 120 columns, and omitted rows are counted', () => {
  const scripted = Array.from({ length: 50 }, (_, i) => ({
    id: String(i),
    json: `{"then":{"say":"${i} ${'word '.repeat(100)}"},"when":{"prompt":"${'x'.repeat(500)}"}}`,
    left: 1,
  }))
  const table = toTable(
    Array.from({ length: 30 }, () => stored[3]!),
    scripted,
  )
  expect(Math.max(...table.split('\n').map((line) => line.length))).toBe(120)
  expect(table).toContain('\n  … and 30 more\n')
  expect(table).toMatch(/\n {2}… and 10 earlier$/)
})

test('the table reads only the exchanges that it shows', () => {
  const unreadable = { id: '1', session: '', bytes: Buffer.from('not an exchange'), ending: undefined }
  const table = toTable([
    ...Array.from({ length: 30 }, () => unreadable),
    ...Array.from({ length: 20 }, () => stored[0]!),
  ])
  expect(table).toMatch(/^Requests received \(50\):\n[^]*\n {2}… and 30 earlier$/)
})
