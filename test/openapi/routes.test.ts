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
