import { readFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { beforeAll, expect, test } from 'vitest'
import type { Mock } from '../../src/index.ts'
import { connectMock, startMock } from '../../src/index.ts'
import { MAX_QUERY, MAX_TERMS, parseQuery } from '../../src/journal/query.ts'
import { ask } from '../ask.ts'

let mock: Mock
beforeAll(async () => {
  mock = await startMock()
  const alice = mock.session('alice')
  await ask(alice, { model: 'flux', text: 'A red fox: "quoted" here' }) // 0
  await ask(alice, { model: 'nano-banana', text: 'a red cat', body: { stream: true } }) // 1
  await ask(mock, { model: 'flux-pro', text: 'the fox is red', body: { whatever: 1 } }) // 2
  await mock.fetch('/v1/models') // 3
  await ask(mock, { model: 'flux', text: 'x', headers: { 'x-mock-scenario': 'limit-rate' } }) // 4
  await mock.script({ then: { say: 'Here is your ship.' } })
  await ask(mock, { model: 'gpt-4o-image', text: 'y', body: { stream: true } }) // 5
  return async () => mock.close()
})

const term = (field: string | undefined, value: string, isNegated = false) => ({ field, value, isNegated })

test.each([
  ['', []],
  [' \n\t ', []],
  ['model:flux', [term('model', 'flux')]],
  ['MODEL:flux-*', [term('model', 'flux-*')]],
  ['-status:4xx', [term('status', '4xx', true)]],
  ['fox  -cat', [term(undefined, 'fox'), term(undefined, 'cat', true)]],
  ['"a red fox"', [term(undefined, 'a red fox')]],
  ['-"a red fox"', [term(undefined, 'a red fox', true)]],
  ['operation:"POST /v1/chat/completions" x', [term('operation', 'POST /v1/chat/completions'), term(undefined, 'x')]],
  [String.raw`"a \"quoted\" \\ word"`, [term(undefined, String.raw`a "quoted" \ word`)]],
  ['"not closed', [term(undefined, 'not closed')]],
  ['"modle:flux" 12:30', [term(undefined, 'modle:flux'), term(undefined, '12:30')]],
  ['https://host/a', [term(undefined, 'https://host/a')]],
  ['- "" a', [term(undefined, 'a')]],
])('reads the query %j', (query, terms) => {
  expect(parseQuery(query)).toEqual(terms)
})

test.each<[query: string, found: number[]]>([
  ['', [0, 1, 2, 3, 4, 5]],
  ['model:flux', [0, 4]],
  ['model:flux status:200', [0]],
  ['model:flux -status:200', [4]],
  ['session:alice', [0, 1]],
  ['-session:alice stream:false', [2, 3, 4]],
  ['scenario:limit-rate', [4]],
  ['operation:listModels', [3]],
  ['operation:"GET /v1/models"', [3]],
  ['path:/v1/chat/*', [0, 1, 2, 4, 5]],
  ['fox', [0, 2]],
  ['FOX red', [0, 2]],
  ['"red fox"', [0]],
  [String.raw`"\"quoted\""`, [0]],
  ['red -fox', [1]],
  ['"/v1/models"', [3]],
  ['"Rate limit"', [4]],
  ['"scenario limit-rate"', [4]],
  ['"your ship"', [5]],
  ['whatever', [2]],
])('the query %j selects the exchanges %j', async (q, found) => {
  const all = (await mock.exchanges()).map(({ id }) => id)
  expect((await mock.exchanges({ q })).map(({ id }) => all.indexOf(id))).toEqual(found)
})

test('a query can be combined with other filters, in a session and through connectMock', async () => {
  const all = (await mock.exchanges()).map(({ id }) => id)
  const remote = await connectMock(mock.url)
  for (const one of [mock, remote]) {
    const found = async (list: Promise<readonly { readonly id: string }[]>): Promise<number[]> =>
      (await list).map(({ id }) => all.indexOf(id))
    expect(await found(one.session('alice').exchanges({ q: 'red', model: 'flux' }))).toEqual([0])
    expect(await found(one.exchanges({ q: 'red', limit: 2 }))).toEqual([1, 2])
    expect(await found(one.exchanges({ q: `since:${all[1]} before:${all[4]}` }))).toEqual([2, 3])
    expect(await one.table({ q: 'scenario:limit-rate' })).toContain('Requests received (1)')
    await expect(one.exchanges({ q: 'modle:flux' })).rejects.toThrow(
      "filter: q: unknown field 'modle'. Did you mean model? Use session, model, status, operation, scenario, stream, path, since, before, or put quotes around a text with a colon.",
    )
  }
})

test('text that a stream splits into several events is found', async () => {
  const { text } = await ask(mock, { model: 'gpt-4o-image', text: 'a very long ship', body: { stream: true } })
  expect(text).not.toContain('a very long ship')
  const [{ chat } = {}] = await mock.exchanges({ q: '"a very long ship" stream:true path:/v1/chat/completions' })
  expect(chat?.prompt).toBe('a very long ship')
  await mock.session('split').script({ then: { style: 'task-log' } })
  await ask(mock.session('split'), { model: 'gpt-4o-image', text: 'tall trees', body: { stream: true } })
  const quoted = '"prompt\\": \\"tall trees"'
  expect(await mock.session('split').exchanges({ q: `"${quoted.slice(1, -1)}"` })).toHaveLength(1)
})

test.each([
  ['modle:flux', "unknown field 'modle'. Did you mean model?"],
  ['limit:5', "unknown field 'limit'"],
  ['-constructor:a', "unknown field 'constructor'"],
  ['status:many', "'many' is not a valid status. Use a status such as 429"],
  ['stream:yes', "'yes' is not a valid stream. Use true or false."],
  ['model:', "'' is not a valid model. Use the name of a model"],
  ['x'.repeat(MAX_QUERY + 1), 'Use at most 500 characters, not 501.'],
  ['x '.repeat(MAX_TERMS + 1), 'Use at most 20 terms.'],
])('rejects the query %j', async (q, message) => {
  await expect(mock.exchanges({ q })).rejects.toThrow(`filter: q: ${message}`)
  const response = await mock.fetch(`/__mock/exchanges?${new URLSearchParams({ q })}`)
  expect(response.status).toBe(400)
  expect((await response.json()).error).toMatchObject({
    param: 'q',
    message: expect.stringContaining(`q: ${message}`),
  })
})

test('a query of the maximum size is read, and takes linear time', () => {
  expect(parseQuery('x '.repeat(MAX_TERMS))).toHaveLength(MAX_TERMS)
  const started = performance.now()
  for (const part of ['\\', '"', '-', 'a:"', '"\\', ' '])
    for (let i = 0; i < 100; i++) {
      try {
        parseQuery(part.repeat(MAX_QUERY / part.length))
      } catch (error) {
        expect(error).toBeInstanceOf(RangeError)
      }
    }
  expect(performance.now() - started).toBeLessThan(1000)
})

test('the parser and the filters import nothing of Node, so that a browser can use them', () => {
  const seen = new Set<string>()
  const follow = (file: string): void => {
    if (seen.has(file)) return
    seen.add(file)
    for (const [, clause = '', from = ''] of readFileSync(file, 'utf8').matchAll(
      /^import ([^']*?) ?from '([^']+)'/gm,
    )) {
      const names = clause.replaceAll(/[{}\s]/g, ' ').split(',')
      if (clause.startsWith('type ') || names.every((name) => name.trim().startsWith('type ') || name.trim() === ''))
        continue
      expect(from, file).toMatch(/^\.\.?\//)
      follow(join(dirname(file), from))
    }
  }
  follow('src/journal/query.ts')
  follow('src/journal/filter.ts')
  expect(seen.size).toBeGreaterThan(5)
})
