import { expect, test } from 'vitest'
import { toCatalogue } from '../../src/page/catalogue.ts'
import { WAYS, waysOf } from '../../src/page/script-ways.ts'

const entry = (name: string, about: string, group: string, isCustom = false) => ({
  name,
  about,
  group,
  isCustom,
  effects: [{ status: group === 'key' ? 401 : 200, code: group === 'key' ? 'invalid_api_key' : null }],
})
const ENTRIES = [
  entry('fox', 'A fox', 'fox', true),
  entry('key-banned', 'The account is banned', 'key'),
  entry('key-own', 'My own', 'key', true),
  entry('slow-start', 'Late', 'slow'),
]
const headings = { slow: 'Delays', key: 'Keys' }
const namesOf = (search: string): [string, string[]][] =>
  toCatalogue(ENTRIES, { headings, own: 'Yours', search }).map((group) => [
    group.heading,
    group.entries.map(({ name }) => name),
  ])

test('the catalogue has the groups in the order of the headings, and own scenarios first', () => {
  expect(namesOf('')).toEqual([
    ['Yours', ['fox', 'key-own']],
    ['Delays', ['slow-start']],
    ['Keys', ['key-banned']],
  ])
})

test.each([
  ['KEY', ['key-own', 'key-banned']],
  ['401  banned', ['key-banned']],
  ['invalid_API', ['key-own', 'key-banned']],
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
