import { expect, test } from 'vitest'
import { serve } from './served.ts'

const answering = (example: unknown): any => ({
  responses: { '200': { description: 'One', content: { 'application/json': { example } } } },
})
const id = (name: string): any => ({ name, in: 'path', required: true, schema: { type: 'string' } })

test('paths that differ only in the names of their parameters are one path with all their methods', async () => {
  const { send } = await serve({
    paths: {
      '/things/{id}': { parameters: [id('id')], get: answering('got') },
      '/things/{name}': { parameters: [id('name')], delete: answering('deleted') },
    },
  })
  expect((await send('GET', '/things/1')).json).toBe('got')
  expect((await send('DELETE', '/things/1')).json).toBe('deleted')
  const wrong = await send('PUT', '/things/1')
  expect([wrong.status, wrong.headers.get('allow')]).toEqual([405, 'GET, DELETE, HEAD, OPTIONS'])
})

const CHAT = 'createChatCompletion'
const chat = { model: 'gpt-4o-image', messages: [{ role: 'user', content: 'A cat' }] }

test('an operation has custom behaviour by its method and path, or because its document names it', async () => {
  const body = { requestBody: { content: { 'application/json': { schema: { type: 'object' } } } } }
  const { send } = await serve({
    paths: {
      '/v1/chat/completions': { post: { ...body, ...answering('own'), operationId: 'other' } },
      '/images': { post: { ...body, ...answering('own'), 'x-chat-image-mock': CHAT } },
      '/cars': {
        post: { ...body, ...answering('a car'), operationId: CHAT },
        get: { ...answering([]), operationId: 'listModels' },
      },
      '/v1/models': { get: answering('own') },
    },
  })
  const choicesOf = async (path: string): Promise<unknown> =>
    (await send('POST', path, { body: chat })).json.choices?.length
  expect([await choicesOf('/v1/chat/completions'), await choicesOf('/images')]).toEqual([1, 1])
  expect((await send('POST', '/cars', { body: chat })).json).toBe('a car')
  expect((await send('GET', '/cars')).json).toEqual([])
  expect((await send('GET', '/v1/models')).json.object).toBe('list')
})

test('without a chat operation, /v1/models has its own example', async () => {
  const { send } = await serve({
    paths: { '/v1/models': { get: { ...answering(['Beetle']), operationId: 'listModels' } } },
  })
  expect((await send('GET', '/v1/models')).json).toEqual(['Beetle'])
})
