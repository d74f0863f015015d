import { describe, expect, test } from 'vitest'
import { serve } from './served.ts'

const responses = { '204': { description: 'None' } }
const INTEGER = { type: 'integer' }
const FORM = 'application/x-www-form-urlencoded'

const taking = (content: unknown, required = true): any => ({
  paths: { '/one': { post: { requestBody: { required, content }, responses } } },
})

const CARD = { type: 'object', required: ['number'], properties: { number: { type: 'string' }, year: INTEGER } }
const PAYMENT = {
  type: 'object',
  required: ['amount'],
  properties: {
    amount: INTEGER,
    live: { type: 'boolean' },
    card: CARD,
    ids: { type: 'array', items: INTEGER },
    items: { type: 'array', items: { type: 'object', required: ['price'], properties: { price: INTEGER } } },
    metadata: {
      anyOf: [
        { type: 'object', additionalProperties: { type: 'string' } },
        { enum: [''], type: 'string' },
      ],
    },
  },
}

test.each<[string, number, string?]>([
  ['amount=5&live=true', 204],
  ['amount=5&card[number]=42&card[year]=2030', 204],
  ['amount=5&ids[]=1&ids[]=2', 204],
  ['amount=5&ids[0]=1&ids[1]=2', 204],
  ['amount=5&ids=1&ids=2', 204],
  ['amount=5&ids=1', 204],
  ['amount=5&items[0][price]=1&items[1][price]=2', 204],
  ['amount=5&metadata[a]=1&metadata[b]=x+y%26', 204],
  ['amount=5&metadata=', 204],
  ['live=true', 400, 'amount'],
  ['amount=five', 400, 'amount'],
  ['amount=5&card[year]=2030', 400, 'card.number'],
  ['amount=5&card[number]=1&card[year]=x', 400, 'card.year'],
  ['amount=5&ids[]=1&ids[]=x', 400, 'ids[1]'],
  ['amount=5&items[0][price]=x', 400, 'items[0].price'],
  ['amount=5&live=yes', 400, 'live'],
  ['amount=5&__proto__[amount]=1', 204],
])('the form %s', async (body, status, param) => {
  const { send } = await serve(taking({ [FORM]: { schema: PAYMENT } }))
  const reply = await send('POST', '/one', { body, headers: { 'content-type': FORM } })
  expect([reply.status, reply.json?.error.param]).toEqual([status, param])
})

test('encoding says which fields are JSON, and which are separated by commas', async () => {
  const schema = {
    type: 'object',
    properties: { ids: { type: 'array', items: INTEGER }, card: CARD },
  }
  const encoding = { ids: { style: 'form', explode: false }, card: { contentType: 'application/json' } }
  const { send } = await serve(taking({ [FORM]: { schema, encoding } }))
  const statusOf = async (body: string): Promise<number> =>
    (await send('POST', '/one', { body, headers: { 'content-type': FORM } })).status
  expect(await statusOf(`ids=1,2&card=${encodeURIComponent('{"number":"1"}')}`)).toBe(204)
  expect(await statusOf('ids=1,x')).toBe(400)
  expect(await statusOf(`card=${encodeURIComponent('{"year":1}')}`)).toBe(400)
})

const UPLOAD = {
  type: 'object',
  required: ['file', 'title'],
  properties: {
    file: { type: 'string', format: 'binary' },
    title: { type: 'string', minLength: 2 },
    size: INTEGER,
    tags: { type: 'array', items: { type: 'string', maxLength: 3 } },
    more: CARD,
  },
}

test.each<[string, [string, string | Blob][], number, string?]>([
  [
    'with a file',
    [
      ['file', new Blob(['\0\u0001'])],
      ['title', 'Cat'],
      ['size', '5'],
    ],
    204,
  ],
  [
    'with a list',
    [
      ['file', new Blob(['x'])],
      ['title', 'Cat'],
      ['tags', 'a'],
      ['tags', 'b'],
    ],
    204,
  ],
  [
    'with JSON in a part',
    [
      ['file', new Blob(['x'])],
      ['title', 'Cat'],
      ['more', '{"number":"1"}'],
    ],
    204,
  ],
  ['without the file', [['title', 'Cat']], 400, 'file'],
  [
    'with a short title',
    [
      ['file', new Blob(['x'])],
      ['title', 'C'],
    ],
    400,
    'title',
  ],
  [
    'with a wrong number',
    [
      ['file', new Blob(['x'])],
      ['title', 'Cat'],
      ['size', 'x'],
    ],
    400,
    'size',
  ],
  [
    'with a wrong item',
    [
      ['file', new Blob(['x'])],
      ['title', 'Cat'],
      ['tags', 'a'],
      ['tags', 'long'],
    ],
    400,
    'tags[1]',
  ],
  [
    'with wrong JSON in a part',
    [
      ['file', new Blob(['x'])],
      ['title', 'Cat'],
      ['more', '{}'],
    ],
    400,
    'more.number',
  ],
])('multipart/form-data %s', async (_, fields, status, param) => {
  const { send } = await serve(taking({ 'multipart/form-data': { schema: UPLOAD } }))
  const body = new FormData()
  for (const [name, value] of fields) body.append(name, value)
  const reply = await send('POST', '/one', { body })
  expect([reply.status, reply.json?.error.param]).toEqual([status, param])
})

test('a form that cannot be read is a 400', async () => {
  const { send } = await serve(taking({ 'multipart/form-data': { schema: UPLOAD } }))
  for (const type of ['multipart/form-data', 'multipart/form-data; boundary=x']) {
    const reply = await send('POST', '/one', { body: 'no form', headers: { 'content-type': type } })
    expect(reply.status).toBe(400)
    expect(reply.json.error.message).toContain('not valid multipart/form-data')
  }
})

test('a form has a maximum number of fields', async () => {
  const { send } = await serve(taking({ [FORM]: { schema: { type: 'object' } } }))
  const body = Array.from({ length: 10_001 }, (_, i) => `a${i}=1`).join('&')
  const reply = await send('POST', '/one', { body, headers: { 'content-type': FORM } })
  expect(reply.json.error.message).toContain('more than 10000 fields')
})

test('text is compared with its schema', async () => {
  const { send } = await serve(taking({ 'text/plain': { schema: { type: 'string', pattern: '^[a-z]+$' } } }))
  expect((await send('POST', '/one', { body: 'abc' })).status).toBe(204)
  expect((await send('POST', '/one', { body: 'ABC' })).status).toBe(400)
})

test('XML is accepted, and not compared with its schema', async () => {
  const { send } = await serve(taking({ 'application/xml': { schema: PAYMENT } }))
  const headers = { 'content-type': 'application/xml' }
  expect((await send('POST', '/one', { body: '<payment/>', headers })).status).toBe(204)
})

test('without a body, the media type matters only if a body is required', async () => {
  const content = { 'application/json': { schema: { type: 'object' } } }
  const headers = { 'content-type': 'text/plain' }
  const optional = await serve(taking(content, false))
  expect((await optional.send('POST', '/one', { headers })).status).toBe(204)
  expect((await optional.send('POST', '/one', { headers, body: 'text' })).status).toBe(415)
  const required = await serve(taking(content))
  expect((await required.send('POST', '/one', { headers })).status).toBe(415)
})

test('names that are nested in schemas that contain each other take little time', async () => {
  const both = { anyOf: [{ $ref: '#/components/schemas/A' }, { $ref: '#/components/schemas/B' }] }
  const nested = (more: object): any => ({ type: 'object', properties: { a: both, ...more }, required: ['end'] })
  const { send } = await serve({
    ...taking({ [FORM]: { schema: both } }),
    components: { schemas: { A: nested({ b: INTEGER }), B: nested({ c: INTEGER }) } },
  })
  const started = performance.now()
  const body = `a${'[a]'.repeat(60)}=x`
  expect((await send('POST', '/one', { body, headers: { 'content-type': FORM } })).status).toBe(400)
  expect(performance.now() - started).toBeLessThan(8000)
})

/** The milliseconds of CPU that a request takes. Other tests run in other processes. */
async function cpuOf(request: () => Promise<unknown>): Promise<number> {
  const started = process.cpuUsage()
  await request()
  const { user, system } = process.cpuUsage(started)
  return (user + system) / 1000
}

describe('a schema that contains itself', () => {
  const TREE = { $ref: '#/components/schemas/Tree' }
  const additionalProperties = { anyOf: [TREE, { type: 'array', items: TREE }, { type: ['integer', 'string'] }] }
  const LIST = { $ref: '#/components/schemas/List' }
  const components = {
    schemas: { Tree: { type: 'object', additionalProperties }, List: { type: 'array', items: LIST } },
  }
  const nested = (key: string): string => `[${key}]`.repeat(60)

  test.each<[string, unknown, string, number]>([
    ['names that are nested in objects', TREE, `a${nested('b')}=1`, 204],
    ['names that can be positions in lists', TREE, `a${nested('0')}=1`, 204],
    ['a text for a list of such lists', { type: 'object', properties: { a: LIST } }, 'a=1', 400],
  ])('reads %s of a form in little time', async (_, schema, body, status) => {
    const { send } = await serve({ ...taking({ [FORM]: { schema } }), components })
    const headers = { 'content-type': FORM }
    await send('POST', '/one', { body: 'a=1', headers })
    const time = await cpuOf(async () => {
      expect((await send('POST', '/one', { body, headers })).status).toBe(status)
    })
    expect(time).toBeLessThan(8000)
  })

  test.each(['b', '0'])('reads a query with the name [%s] in little time', async (key) => {
    const parameters = [{ name: 'f', in: 'query', style: 'deepObject', explode: true, schema: TREE }]
    const { send } = await serve({ paths: { '/one': { get: { parameters, responses } } }, components })
    await send('GET', '/one?f[a]=1')
    const time = await cpuOf(async () => {
      expect((await send('GET', `/one?f${nested(key)}=1`)).status).toBe(204)
    })
    expect(time).toBeLessThan(8000)
  })
})

describe('a large form', () => {
  const MULTIPART = 'multipart/form-data; boundary=limit'
  const begin = (more = ''): string => `--limit\r\nContent-Disposition: form-data; name="k"${more}\r\n`
  const close = '\r\n1\r\n--limit--\r\n'
  const FIELDS = 'more than 10000 fields'
  const PART = 'The headers of a part of the form are too long. The limit is 16384 bytes.'
  const LINES = 'A part of the form has too many headers. The limit is 16 lines.'
  const ALL = 'The headers of all parts of the form are too long. The limit is 4194304 bytes.'
  const item = `${begin()}x: ${'y'.repeat(16_000)}\r\n\r\n1\r\n`

  test.each<[what: string, type: string, body: () => string, message: string]>([
    ['many pairs', FORM, () => 'a=&'.repeat(11_000_000), FIELDS],
    ['many empty pairs', FORM, () => '&'.repeat(33_000_000), FIELDS],
    ['many items in a field', FORM, () => `ids=${'1,'.repeat(16_000_000)}`, FIELDS],
    ['many items in some fields', FORM, () => `ids=${'1,'.repeat(4000)}&`.repeat(3), FIELDS],
    ['many parts', MULTIPART, () => `${begin('; filename="x"')}\r\n1\r\n`.repeat(100_000) + close, FIELDS],
    ['a long header', MULTIPART, () => `${begin()}x: ${'y'.repeat(33_000_000)}\r\n${close}`, PART],
    ['a long name', MULTIPART, () => `${begin(`; x="${'%22'.repeat(10_000_000)}"`)}${close}`, PART],
    ['many short headers', MULTIPART, () => begin() + 'x: y\r\n'.repeat(5_000_000) + close, PART],
    ['many lines', MULTIPART, () => begin() + 'x: y\r\n'.repeat(16) + close, LINES],
    ['long headers in many parts', MULTIPART, () => item.repeat(300) + close, ALL],
  ])('%s: a 400 before the form is read', async (_, contentType, content, message) => {
    const schema = { type: 'object', properties: { ids: { type: 'array', items: INTEGER } } }
    const forms = { [FORM]: { schema, encoding: { ids: { explode: false } } }, 'multipart/form-data': { schema } }
    const { send } = await serve(taking(forms))
    const headers = { 'content-type': contentType }
    await send('POST', '/one', { body: 'a=1', headers })
    const body = Buffer.from(content(), 'latin1')
    const time = await cpuOf(async () => {
      const reply = await send('POST', '/one', { body, headers })
      expect([reply.status, reply.json.error.message]).toEqual([400, expect.stringContaining(message)])
    })
    expect(time).toBeLessThan(1500)
  })

  test.each([
    ['+', ' '],
    ['%41', 'A'],
    ['%ff+', '\uFFFD '],
    ['%zz', '%zz'],
    ['画', '画'],
  ])('is decoded in one pass: %s', async (sent, read) => {
    const properties = { a: { type: 'string', pattern: `^(?:${read})+$` }, b: { const: read } }
    const { send } = await serve(taking({ [FORM]: { schema: { type: 'object', properties, required: ['b'] } } }))
    const headers = { 'content-type': FORM }
    expect((await send('POST', '/one', { body: `a=${sent}&b=${sent}`, headers })).status).toBe(204)
    const body = Buffer.from(`c=${sent.repeat(33_000_000 / Buffer.byteLength(sent))}&b=${sent}`)
    const time = await cpuOf(async () => {
      expect((await send('POST', '/one', { body, headers })).status).toBe(204)
    })
    expect(time).toBeLessThan(2500)
  })

  test('with 10,000 fields is read', async () => {
    const { send } = await serve(taking({ [FORM]: { schema: {} }, 'multipart/form-data': { schema: {} } }))
    const pairs = 'a=1&'.repeat(10_000)
    expect((await send('POST', '/one', { body: pairs, headers: { 'content-type': FORM } })).status).toBe(204)
    const parts = `${begin()}${'x: y\r\n'.repeat(15)}\r\n1\r\n`.repeat(10_000)
    const body = `${parts}--limit--\r\n`
    expect((await send('POST', '/one', { body, headers: { 'content-type': MULTIPART } })).status).toBe(204)
  })
})

test('JSON in a field has the limits of a JSON body', async () => {
  const schema = { type: 'object', properties: { a: { type: 'array', items: INTEGER } } }
  const { send } = await serve(taking({ [FORM]: { schema } }))
  const statusOf = async (values: number): Promise<number> =>
    (await send('POST', '/one', { body: `a=[${'1,'.repeat(values - 1)}1]`, headers: { 'content-type': FORM } })).status
  expect([await statusOf(1000), await statusOf(100_001)]).toEqual([204, 400])
})
