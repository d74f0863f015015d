import { expect, test } from 'vitest'
import { serve } from './served.ts'

const ORDER = { type: 'object', properties: { state: { type: 'string' }, lines: { type: 'array' } } }
const content = (example: unknown): any => ({ description: 'One', content: { 'application/json': { example } } })
const paths = {
  '/orders/{id}': {
    parameters: [{ name: 'id', in: 'path', required: true, schema: { type: 'integer' } }],
    get: { operationId: 'getOrder', responses: { '200': content({ id: 1 }) } },
  },
  '/orders': {
    post: {
      operationId: 'createOrder',
      requestBody: { content: { 'application/json': { schema: ORDER } } },
      responses: { '201': content({ id: 2 }) },
    },
  },
}

test('a script answers the operations of a contract without chat', async () => {
  const { mock, send } = await serve({ paths })
  await mock.script('limit-rate', { when: { operation: 'GET /orders/{id}' } })
  await mock.script({ then: { sequence: [{ status: 503 }, { status: 409 }] } }, { when: { operation: 'createOrder' } })
  const post = async (): Promise<number> => (await send('POST', '/orders', { body: {} })).status
  expect([await post(), await post(), await post()]).toEqual([503, 409, 201])
  expect((await send('GET', '/orders/x')).status).toBe(400) // a violation does not use the script
  expect(await mock.pending()).toHaveLength(1)
  expect((await send('GET', '/orders/1')).status).toBe(429)
  expect((await send('GET', '/orders/1')).status).toBe(200)
  expect(await mock.pending()).toEqual([])
})

test.each<
  [string, any, [method: string, path: string, body?: unknown], [method: string, path: string, body?: unknown]]
>([
  ['path', { path: '/orders/*' }, ['GET', '/orders/1'], ['POST', '/orders', {}]],
  ['operation', { operation: ['getOrder', 'POST /orders'] }, ['POST', '/orders', {}], ['GET', '/elsewhere']],
  [
    'query',
    { query: { page: '2', sort: '*' } },
    ['GET', '/orders/1?page=2&sort=x'],
    ['GET', '/orders/1?page=3&sort=x'],
  ],
  [
    'body',
    { body: { state: 'paid', lines: [1] } },
    ['POST', '/orders', { state: 'paid', lines: [1], more: 1 }],
    ['POST', '/orders', { state: 'paid', lines: [1, 2] }],
  ],
  ['nth', { nth: 2 }, ['GET', '/orders/2'], ['GET', '/orders/1']],
])('when has the condition %s', async (_, when, matching, other) => {
  const { mock, send } = await serve({ paths })
  await mock.script('limit-rate', { when })
  const statusOf = async ([method, path, body]: readonly [string, string, unknown?]): Promise<number> =>
    (await send(method, path, { body })).status
  expect(await statusOf(other)).not.toBe(429)
  expect(await statusOf(matching)).toBe(429)
})

test.each<[any, string]>([
  [{ model: 'flux' }, 'when.model is only for chat requests, and the contract has no chat operation'],
  [
    { operation: 'getOrders' },
    "when.operation: 'getOrders' is not an operation of the contract. Did you mean getOrder?",
  ],
])('a script that no request can match is rejected: %j', async (when, message) => {
  const { mock } = await serve({ paths })
  await expect(mock.script('limit-rate', { when })).rejects.toThrow(message)
  expect(await mock.pending()).toEqual([])
})

test('on a contract with chat, a script is for chat requests', async () => {
  const chat = { post: { requestBody: { content: { 'application/json': { schema: {} } } }, responses: {} } }
  const { mock, send } = await serve({ paths: { ...paths, '/v1/chat/completions': chat } })
  await mock.script('limit-rate')
  expect((await send('GET', '/orders/1')).status).toBe(200)
  const body = { model: 'gpt-4o-image', messages: [{ role: 'user', content: 'A cat' }] }
  expect((await send('POST', '/v1/chat/completions', { body })).status).toBe(429)
  await expect(mock.script('limit-rate', { when: { operation: 'getOrder' } })).rejects.toThrow(
    'is not a chat operation',
  )
})

test('--scenario applies to all operations of a contract without chat, and the journal and coverage have them', async () => {
  const { mock, send } = await serve({ paths }, { scenario: 'limit-rate' })
  expect((await send('GET', '/orders/1')).status).toBe(429)
  const [exchange] = await mock.exchanges()
  expect(exchange).toMatchObject({ operation: { id: 'getOrder' }, scenario: { name: 'limit-rate' }, chat: null })
  expect((await mock.coverage()).operations).toMatchObject({ covered: 1, total: 2 })
})
