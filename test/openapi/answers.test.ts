import { readPlaceholder } from '../../src/index.ts'
import { expect, test } from 'vitest'
import { serve } from './served.ts'

const json = (example: unknown): any => ({ 'application/json': { example } })
const one = (content: unknown, more: object = {}): any => ({
  paths: { '/one': { get: { responses: { '200': { description: 'One', content, ...more } } } } },
})

test.each<[accept: string, status: number, type?: string]>([
  ['application/json', 200, 'application/json'],
  ['text/plain', 200, 'text/plain'],
  ['text/*', 200, 'text/plain'],
  ['*/*', 200, 'application/json'],
  ['text/html, */*;q=0.8', 200, 'application/json'],
  ['text/plain;q=0.9, application/json;q=0.5', 200, 'text/plain'],
  ['application/json;q=0, */*', 200, 'text/plain'],
  ['', 200, 'application/json'],
  ['image/png', 406],
  ['application/json;q=0', 406],
])('Accept: %j is a %i %s', async (accept, status, type) => {
  const { send } = await serve(one({ 'text/plain': { example: 'text' }, ...json(1) }))
  const reply = await send('GET', '/one', { headers: { accept } })
  expect(reply.status).toBe(status)
  if (type !== undefined) expect(reply.headers.get('content-type')).toBe(type)
  else
    expect(reply.json.error.message).toMatch(
      /^No response matches the header Accept: .* Accept one of these: text\/plain, application\/json\.$/,
    )
})

const PET = {
  type: 'object',
  xml: { name: 'pet', prefix: 'p', namespace: 'https://pets.example' },
  properties: {
    id: { type: 'integer', xml: { attribute: true } },
    name: { type: 'string', example: 'Mi & Mo', xml: { name: 'title' } },
    tags: { type: 'array', xml: { wrapped: true }, items: { type: 'string', xml: { name: 'tag' } } },
    toys: { type: 'array', items: { type: 'string', xml: { name: 'toy' } } },
  },
}

test('XML has the names, attributes, namespaces and lists of the hints', async () => {
  const { send } = await serve(one({ 'application/xml': { schema: PET } }))
  const { headers, text } = await send('GET', '/one')
  expect(headers.get('content-type')).toBe('application/xml')
  expect(text.replaceAll(/\n\s*/g, '')).toBe(
    '<?xml version="1.0" encoding="UTF-8"?><p:pet xmlns:p="https://pets.example" id="0"><title>Mi &amp; Mo</title><tags><tag>string</tag></tags><toy>string</toy></p:pet>',
  )
})

test('names in XML cannot be markup', async () => {
  const text = { type: 'string', example: 'x' }
  const list = { type: 'array', items: text, xml: { wrapped: true } }
  const properties = {
    '<k>': text,
    a: { ...text, xml: { name: `a><b x="` } },
    b: { ...text, xml: { attribute: true, name: 'c="1" d' } },
    '?e': text,
    '#text': text,
    '@f': text,
    '1': text,
    'l>': list,
    猫: text,
  }
  const xml = { name: 'r/>', prefix: 'p q', namespace: '"><z/>' }
  const { send } = await serve(one({ 'application/xml': { schema: { type: 'object', xml, properties } } }))
  const reply = await send('GET', '/one', { headers: { accept: 'application/xml' } })
  expect(reply.text.replaceAll(/\n */g, '')).toBe(
    '<?xml version="1.0" encoding="UTF-8"?><p_q:r__ xmlns:p_q="&quot;&gt;&lt;z/&gt;" c__1__d="x"><_1>x</_1><_k_>x</_k_><a__b_x__>x</a__b_x__><_e>x</_e><_text>x</_text><_f>x</_f><l_><l_>x</l_></l_><猫>x</猫></p_q:r__>',
  )
})

test('a list of a component has its name in XML', async () => {
  const { send } = await serve({
    ...one({ 'text/xml': { schema: { type: 'array', items: { $ref: '#/components/schemas/Cat' } } } }),
    components: {
      schemas: { Cat: { type: 'object', xml: { name: 'cat' }, properties: { age: { type: 'integer' } } } },
    },
  })
  expect((await send('GET', '/one')).text.replaceAll(/\n\s*/g, '')).toContain('<root><cat><age>0</age></cat></root>')
})

test.each<[unknown, string]>([
  [{ example: [{ a: 1 }, 'b'] }, 'data: {"a":1}\n\ndata: b\n\n'],
  [{ schema: { type: 'object', properties: { a: { type: 'integer' } } } }, 'data: {"a":0}\n\n'],
  [{ example: 'event: x\ndata: 1\n\n' }, 'event: x\ndata: 1\n\n'],
  [
    {
      itemSchema: {
        type: 'object',
        properties: { event: { const: 'added' }, data: { type: 'object', example: { a: 1 } } },
      },
    },
    'event: added\ndata: {"a":1}\n\n',
  ],
])('a text/event-stream consists of events: %j', async (media, text) => {
  const { send } = await serve(one({ 'text/event-stream': media }))
  expect(await send('GET', '/one')).toMatchObject({ text })
})

test.each(['image/png', 'image/jpeg', 'image/webp', 'image/*'])('%s is a real picture', async (type) => {
  const { mock } = await serve(one({ [type]: { schema: { type: 'string', format: 'binary' } } }))
  const response = await mock.fetch('http://mock.invalid/one')
  expect(response.headers.get('content-type')).toBe(type === 'image/*' ? 'image/png' : type)
  expect(readPlaceholder(Buffer.from(await response.arrayBuffer()))).toMatchObject({ width: 256, height: 256 })
})

test.each(['application/octet-stream', 'application/pdf', 'audio/mpeg'])('%s is bytes', async (type) => {
  const { mock } = await serve(one({ [type]: { schema: { type: 'string', format: 'binary' } } }))
  const response = await mock.fetch('http://mock.invalid/one')
  expect(response.headers.get('content-type')).toBe(type)
  expect([...new Uint8Array(await response.arrayBuffer())].slice(0, 4)).toEqual([0, 1, 2, 3])
})

test('documented headers are sent, except those of the server', async () => {
  const headers = {
    'X-Total': { schema: { type: 'integer', example: 42 } },
    Location: { required: true, schema: { type: 'string', format: 'uri' } },
    'X-Ids': { example: [1, 2], schema: { type: 'array', items: { type: 'integer' } } },
    'X-Ref': { $ref: '#/components/headers/Ref' },
    'X-Unsafe': { example: 'a\r\nb: c' },
    'Content-Length': { example: 1 },
    'X-Mock-Note': { example: 'no' },
  }
  const { send } = await serve({
    ...one(json(1), { headers }),
    components: { headers: { Ref: { schema: { const: 'here' } } } },
  })
  const reply = await send('GET', '/one')
  const sent = (name: string): string | null => reply.headers.get(name)
  expect(['x-total', 'location', 'x-ids', 'x-ref', 'x-unsafe', 'x-mock-note'].map(sent)).toEqual([
    '42',
    'https://example.com/4',
    '1,2',
    'here',
    null,
    null,
  ])
  expect(reply.json).toBe(1)
})

const ERROR = { type: 'object', required: ['reason'], properties: { reason: { type: 'string' } } }
const documented = (status: string, media: object): any => ({
  [status]: { description: 'Wrong', content: { 'application/problem+json': media } },
})
const withId = { parameters: [{ name: 'id', in: 'query', required: true, schema: { type: 'integer' } }] }

test.each<[string, any, number, unknown]>([
  ['400', documented('400', { example: { reason: 'bad' } }), 400, { reason: 'bad' }],
  ['422', documented('422', { schema: ERROR }), 422, { reason: 'string' }],
  ['4XX', documented('4XX', { schema: ERROR }), 400, { reason: 'string' }],
  ['default', documented('default', { schema: ERROR }), 400, { reason: 'string' }],
])('a rejection has the form that the contract documents for %s', async (_, responses, status, body) => {
  const { send } = await serve({
    paths: {
      '/one': { get: { ...withId, responses: { '200': { description: 'One', content: json(1) }, ...responses } } },
    },
  })
  const reply = await send('GET', '/one?id=x')
  expect(reply).toMatchObject({ status, json: body })
  expect(reply.headers.get('content-type')).toBe('application/problem+json')
  expect(reply.note).toContain("Invalid type for 'id': expected an integer, but got a string instead.")
  expect((await send('GET', '/one?id=1')).status).toBe(200)
})

test('a missing credential has the documented form too; an undocumented error has the usual one', async () => {
  const { send } = await serve({
    components: { securitySchemes: { key: { type: 'http', scheme: 'bearer' } } },
    security: [{ key: [] }],
    paths: {
      '/one': {
        get: { responses: { '200': { description: 'One' }, ...documented('401', { example: { reason: 'who?' } }) } },
      },
      '/two': { get: { responses: { '200': { description: 'Two' } } } },
    },
  })
  const reply = await send('GET', '/one')
  expect(reply).toMatchObject({ status: 401, json: { reason: 'who?' } })
  expect(reply.headers.get('www-authenticate')).toBe('Bearer')
  expect((await send('GET', '/two')).json.error.code).toBe('missing_credentials')
})

const CHOICES = {
  paths: {
    '/one': {
      get: {
        ...withId,
        responses: {
          '200': {
            description: 'One',
            content: {
              'application/json': {
                schema: { type: 'integer', example: 7 },
                examples: { small: { value: 1 }, large: { value: 100 } },
              },
            },
          },
          '404': { description: 'None', content: json({ reason: 'gone' }) },
          '204': { description: 'Empty' },
        },
      },
    },
  },
}

test.each<[string, string, number, unknown, string | null]>([
  ['code=404', '?id=1', 404, { reason: 'gone' }, 'code=404'],
  ['code=404', '', 404, { reason: 'gone' }, 'code=404'], // before validation
  ['code=204', '?id=1', 204, undefined, 'code=204'],
  ['example=large', '?id=1', 200, 100, 'example=large'],
  ['code=200, example="large"', '?id=1', 200, 100, 'code=200, example=large'],
  ['dynamic=true', '?id=1', 200, 0, 'dynamic=true'],
  ['example=none', '?id=1', 200, 1, null],
])('Prefer: %s with %j is a %i', async (prefer, query, status, body, applied) => {
  const { send } = await serve(CHOICES)
  const reply = await send('GET', `/one${query}`, { headers: { prefer } })
  expect([reply.status, reply.json, reply.headers.get('preference-applied')]).toEqual([status, body, applied])
})

test('Prefer with an undocumented status is the usual error, and needs a valid request for an example', async () => {
  const { send } = await serve(CHOICES)
  const teapot = await send('GET', '/one?id=1', { headers: { prefer: 'code=418' } })
  expect([teapot.status, teapot.headers.get('preference-applied')]).toEqual([418, 'code=418'])
  expect((await send('GET', '/one', { headers: { prefer: 'example=large' } })).status).toBe(400)
})
