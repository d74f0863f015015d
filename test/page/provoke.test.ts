import { expect, test } from 'vitest'
import { toCatalogue } from '../../src/page/catalogue.ts'
import { WAYS, waysOf } from '../../src/page/script-ways.ts'

const ENTRIES = [
  { name: 'fox', about: 'A fox' },
  { name: 'key-banned', about: '401 (banned)' },
  { name: 'keyless', about: 'My own' },
  { name: 'slow-start', about: 'Late' },
]
const headings = { slow: 'Delays', key: 'Keys' }
const namesOf = (search: string): [string, string[]][] =>
  toCatalogue(ENTRIES, { headings, own: 'Yours', search }).map((group) => [
    group.heading,
    group.entries.map(({ name }) => name),
  ])

test('the catalogue has the groups in the order of the headings, and own scenarios first', () => {
  expect(namesOf('')).toEqual([
    ['Yours', ['fox', 'keyless']],
    ['Delays', ['slow-start']],
    ['Keys', ['key-banned']],
  ])
})

test.each([
  ['KEY', ['keyless', 'key-banned']],
  ['401  key', ['key-banned']],
  ['delays', ['slow-start']],
  ['fox 401', []],
])('the search %j finds names, texts and headings', (search, names) => {
  expect(namesOf(search).flatMap(([, found]) => found)).toEqual(names)
})

test('a scenario is requested once, for requests without a session', () => {
  const ways = waysOf('slow-start', { session: '', times: undefined, root: 'http://127.0.0.1:4010/' })
  expect(Object.keys(ways)).toEqual([...WAYS])
  expect(ways).toEqual({
    header: 'x-mock-scenario: slow-start',
    prompt: '/mock slow-start',
    script: `curl http://127.0.0.1:4010/__mock/script -H 'Content-Type: application/json' -d '{"scenario":"slow-start"}'`,
    test: "await mock.script('slow-start')",
  })
})

test('a scenario is requested several times, for a session whose name has quotes', () => {
  const session = String.raw`o'\x`
  expect(waysOf('fox', { session, times: 3, root: 'http://a/' })).toMatchObject({
    script: String.raw`curl http://a/__mock/script -H 'Content-Type: application/json' -H 'x-mock-session: o'\''\x' -d '{"scenario":"fox","times":3}'`,
    test: String.raw`await mock.session('o\'\\x').script('fox', { times: 3 })`,
  })
})
