import { expect, test } from 'vitest'
import { connectMock, startMock } from '../../src/index.ts'
import { ask, mockWith } from '../ask.ts'

test('summaries are exchanges without headers and bodies', async () => {
  const mock = await mockWith({ pace: 1, timer: async () => {} })
  await ask(mock, { model: 'flux', text: `a fox ${'x'.repeat(500)}`, body: { stream: true, n: 2, steam: true } })
  await mock.session('alice').script('limit-rate')
  await ask(mock.session('alice'), { model: 'flux', body: { n: 'two' }, headers: { 'x-mock-scenario': 'limit-rate' } })
  const response = await mock.fetch('/__mock/summaries')
  expect(response.headers.get('content-type')).toMatch(/^application\/json/)
  const { exchanges } = await response.json()
  const [first, second] = await mock.exchanges()
  const { request, response: sent, violations, nearMisses: _omitted, chat, ...rest } = first!
  expect(exchanges).toHaveLength(2)
  expect(exchanges[0]).toEqual({
    ...rest,
    chat: { ...chat, prompt: `${chat!.prompt.slice(0, 200)}…` },
    request: { method: 'POST', path: '/v1/chat/completions' },
    response: { status: 200, stream: true, wait: sent.wait, reset: false, events: sent.events?.length },
    violations: 0,
    model: chat!.model,
  })
  expect(exchanges[0].pictures).toMatchObject([{ at: sent.wait }, { at: sent.wait }])
  expect(exchanges[1]).toMatchObject({
    id: second!.id,
    session: 'alice',
    scenario: { name: 'limit-rate' },
    response: { status: 429, events: 0 },
    violations: 1,
    model: 'flux', // also of a request that could not be read
    pictures: [],
  })
  expect(request.headers).toBeDefined()
  expect(violations).toEqual([])
})

test('summaries have the filters of exchanges, and can be read page by page', async () => {
  const mock = await mockWith()
  for (let i = 0; i < 7; i++) await ask(mock, { model: i % 2 === 0 ? 'flux' : 'nano-banana' })
  const read = async (query: string, headers = {}): Promise<{ id: string }[]> =>
    (await (await mock.fetch(`/__mock/summaries?${query}`, { headers })).json()).exchanges
  const all = (await mock.exchanges()).map(({ id }) => id)
  expect((await read('q=model:flux')).map(({ id }) => all.indexOf(id))).toEqual([0, 2, 4, 6])
  expect(await read('', { 'x-mock-session': 'nobody' })).toEqual([])
  const pages: string[][] = []
  for (let before = ''; ; before = `&before=${pages.at(-1)?.[0]}`) {
    const page = (await read(`limit=3${before}`)).map(({ id }) => id)
    if (page.length === 0) break
    pages.push(page)
  }
  expect(pages).toEqual([all.slice(4), all.slice(1, 4), all.slice(0, 1)])
})

test('a thousand summaries are small', async () => {
  const mock = await mockWith()
  for (let i = 0; i < 1000; i++) await ask(mock, { body: { stream: i % 2 === 0 } })
  const { length } = await (await mock.fetch('/__mock/summaries')).text()
  expect(length).toBeLessThan(1_000_000)
  expect((await (await mock.fetch('/__mock/exchanges')).text()).length).toBeGreaterThan(5 * length)
})

test('DELETE deletes one exchange, also the latest one, and only in its session', async () => {
  await using mock = await startMock()
  for (let i = 0; i < 4; i++) await ask(i === 0 ? mock.session('alice') : mock)
  const all = (await mock.exchanges()).map(({ id }) => id)
  const remove = async (id: string, session?: string): Promise<number> => {
    const headers = session === undefined ? {} : { 'x-mock-session': session }
    return (await mock.fetch(`/__mock/exchanges/${id}`, { method: 'DELETE', headers })).status
  }
  const remote = await connectMock(mock.url)
  expect(await remove(all[1]!, 'alice')).toBe(404)
  expect(await remove(all[1]!)).toBe(200)
  expect(await remove(all[1]!)).toBe(404)
  expect((await remote.exchanges()).map(({ id }) => id)).toEqual([all[0], all[2], all[3]])
  expect(await remove('latest')).toBe(200)
  expect(await remove('latest', 'alice')).toBe(200)
  expect((await mock.exchanges()).map(({ id }) => id)).toEqual([all[2]])
})
