import { expect, test } from 'vitest'
import { createMock } from '../../src/index.ts'
import { serve } from './served.ts'

const answering = (example: unknown): any => ({
  responses: { '200': { description: 'One', content: { 'application/json': { example } } } },
})

test.each<[string, any, string[]]>([
  ['of a URL', { servers: [{ url: 'https://api.example.com/v1/' }] }, ['/orders', '/v1/orders']],
  ['that is relative', { servers: [{ url: '/v2' }, { url: '/v3' }] }, ['/orders', '/v2/orders', '/v3/orders']],
  [
    'with a variable',
    {
      servers: [
        { url: 'https://{host}/{version}', variables: { host: { default: 'a.example' }, version: { default: 'v4' } } },
      ],
    },
    ['/orders', '/v4/orders'],
  ],
  ['without a path', { servers: [{ url: 'https://api.example.com' }] }, ['/orders']],
])('paths below the base path of a server %s are answered too', async (_, parts, paths) => {
  const { send } = await serve({ ...parts, paths: { '/orders': { get: answering('all') } } })
  for (const path of paths) expect([path, (await send('GET', path)).json]).toEqual([path, 'all'])
  expect((await send('GET', '/v9/orders')).status).toBe(404)
})

test('the servers of an operation override those of its path and of the document', async () => {
  const servers = (path: string): any => [{ url: `https://a.example${path}` }]
  const { send } = await serve({
    servers: servers('/v1'),
    paths: {
      '/a/{id}': {
        parameters: [{ name: 'id', in: 'path', required: true, schema: { type: 'integer' } }],
        servers: servers('/v2'),
        get: { ...answering('got'), servers: servers('/v3') },
        put: answering('put'),
      },
    },
  })
  expect((await send('GET', '/v3/a/1')).json).toBe('got')
  expect((await send('GET', '/v3/a/x')).status).toBe(400)
  expect((await send('PUT', '/v2/a/1')).json).toBe('put')
  expect((await send('GET', '/v1/a/1')).status).toBe(404)
})

test('the suggestion for a wrong path has the base path that was requested', async () => {
  const { send } = await serve({ servers: [{ url: '/v1' }], paths: { '/orders': { get: answering([]) } } })
  expect((await send('GET', '/v1/ordrs')).json.error.message).toContain('GET /v1/orders')
  expect((await send('GET', '/ordrs')).json.error.message).toContain('GET /orders')
})

const securitySchemes = {
  key: { type: 'apiKey', in: 'header', name: 'X-Key' },
  inQuery: { type: 'apiKey', in: 'query', name: 'token' },
  inCookie: { type: 'apiKey', in: 'cookie', name: 'sid' },
  basic: { type: 'http', scheme: 'basic' },
  bearer: { type: 'http', scheme: 'bearer' },
  oauth: { type: 'oauth2', flows: {} },
  mtls: { type: 'mutualTLS' },
}

test.each<[unknown, headers: Record<string, string>, query: string, status: number]>([
  [[{ key: [] }], {}, '', 401],
  [[{ key: [] }], { 'x-key': 'a' }, '', 200],
  [[{ inQuery: [] }], {}, '?token=a', 200],
  [[{ inQuery: [] }], {}, '', 401],
  [[{ inCookie: [] }], { cookie: 'a=b; sid=1' }, '', 200],
  [[{ inCookie: [] }], { cookie: 'a=b' }, '', 401],
  [[{ basic: [] }], { authorization: 'Basic eDp5' }, '', 200],
  [[{ basic: [] }], { authorization: 'Bearer x' }, '', 401],
  [[{ bearer: [] }, { key: [] }], { 'x-key': 'a' }, '', 200],
  [[{ bearer: [], key: [] }], { 'x-key': 'a' }, '', 401],
  [[{ oauth: ['read'] }], { authorization: 'Bearer x' }, '', 200],
  [[{ mtls: [] }], {}, '', 200],
  [[{ bearer: [] }, {}], {}, '', 200],
  [[], {}, '', 200],
])('security %j with %j%s is a %i', async (security, headers, query, status) => {
  const { send } = await serve({
    components: { securitySchemes },
    security: [{ bearer: [] }],
    paths: { '/one': { get: { ...answering(1), security } }, '/two': { get: answering(2) } },
  })
  expect((await send('GET', `/one${query}`, { headers })).status).toBe(status)
  expect((await send('GET', '/two')).status).toBe(401) // the document requires it
})

test('a missing credential is named, and comes before a violation', async () => {
  const parameters = [{ name: 'id', in: 'query', required: true, schema: {} }]
  const security = [{ bearer: [] }, { key: [], inQuery: [] }]
  const { send } = await serve({
    components: { securitySchemes },
    paths: { '/one': { get: { ...answering(1), parameters, security } } },
  })
  const { status, json, headers } = await send('GET', '/one')
  expect([status, headers.get('www-authenticate')]).toEqual([401, 'Bearer'])
  expect(json.error.message).toBe(
    "The contract requires the header 'Authorization: Bearer …', or the header 'X-Key' and the query parameter 'token'.",
  )
})

test.each([
  ['https://example.com/openapi.yaml', /nothing is fetched from the network; download the document and use its path/],
  ['HTTP://example.com/openapi.yaml', /nothing is fetched/],
])('--spec %s is rejected', async (spec, message) => {
  await expect(createMock({ spec })).rejects.toThrow(message)
})

test.each(['3.2.0', '2.0', '4.0.0'])('version %s is rejected', async (openapi) => {
  await expect(serve({ openapi, paths: {} })).rejects.toThrow(`"${openapi}" is not supported; use OpenAPI 3.0 or 3.1`)
})
