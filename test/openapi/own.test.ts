import { cp, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, expect, test } from 'vitest'
import { createMock } from '../../src/index.ts'
import type { Contract } from '../../src/openapi/contract.ts'
import { loadContract } from '../../src/openapi/contract.ts'
import type { Operation } from '../../src/openapi/operation.ts'
import { createResponseCheck } from './response-check.ts'
import { ask, mockWith, picturesIn, read } from '../ask.ts'

const SPEC = 'test/openapi/own/contract.yaml'
const SPEC_31 = 'test/openapi/own/contract-31.yaml'
const own = await createMock({ spec: SPEC })
const own31 = await createMock({ spec: SPEC_31 })
afterAll(async () => Promise.all([own.close(), own31.close()]))

interface Sent {
  readonly method?: string
  readonly headers?: Readonly<Record<string, string>>
  readonly body?: unknown
}

async function send(mock: typeof own, path: string, { method = 'GET', headers = {}, body }: Sent = {}) {
  const init =
    body === undefined
      ? {}
      : { body: JSON.stringify(body), headers: { 'content-type': 'application/json', ...headers } }
  return read(await mock.fetch(`http://mock.invalid${path}`, { method, headers, ...init }))
}

function operationOf({ operations }: Contract, method: string, path: string): Operation {
  const found = operations.find((operation) => operation.method === method && operation.path === path)
  if (found === undefined) throw new Error(`no ${method} ${path}`)
  return found
}

const DRAWING = { title: '猫' }

test.each([
  ['GET', '/drawings', '/drawings', undefined, 200, [{ id: 1, title: '猫', mood: null }]],
  ['POST', '/drawings', '/drawings', DRAWING, 201, { id: 2, title: '狗', mood: 'calm' }],
  ['GET', '/drawings/5', '/drawings/{id}', undefined, 200, { id: expect.any(Number), title: expect.any(String) }],
  ['DELETE', '/drawings/5', '/drawings/{id}', undefined, 204, undefined],
  ['GET', '/drawings/latest', '/drawings/latest', undefined, 200, { id: 9, title: 'latest' }],
  ['GET', '/my%20drawings', '/my%20drawings', undefined, 200, { of: 'all' }],
  ['GET', '/my%20drawings/5', '/my%20drawings/{id}', undefined, 200, { of: 'one' }],
  ['GET', '/files/a', '/files/{name}', undefined, 200, 'any'],
  ['GET', '/files/a.json', '/files/{name}.json', undefined, 200, 'json'],
  ['GET', '/cdn/a/b', '/cdn/{shelf}/{file}', undefined, 200, { shelf: 'mine' }],
])('%s %s gets the example of %s, or a sample of its schema', async (method, path, template, body, status, json) => {
  const contract = await loadContract(SPEC)
  const reply = await send(own, path, { method, body })
  expect(reply).toMatchObject({ status, ...(json === undefined ? { text: '' } : { json }) })
  const mediaType = reply.headers.get('content-type') ?? undefined
  expect(
    createResponseCheck(contract)(operationOf(contract, method, template), {
      status,
      mediaType,
      value: reply.json ?? null,
    }),
  ).toEqual([])
})

test('sends a text example unchanged', async () => {
  expect(await send(own, '/drawings/shared?code=1')).toMatchObject({ status: 200, text: 'shared' })
})

test.each([
  '/drawings?limit=1&framed=true&order=newest',
  '/drawings?tag=ink&tag=oil',
  '/drawings?ids=1,2,3',
  '/drawings?filter[width]=3&filter[painter]=7',
  '/drawings?from=1&to=2',
  `/drawings?where=${encodeURIComponent('{"room":1}')}`,
  '/drawings?unknown=1',
])('accepts %s', async (path) => {
  expect((await send(own, path)).status).toBe(200)
})

test.each([
  [
    '/drawings?limit=many',
    'limit',
    'invalid_type',
    "Invalid type for 'limit': expected an integer, but got a string instead.",
  ],
  ['/drawings?limit=', 'limit', 'invalid_type', 'expected an integer'],
  ['/drawings?limit=1.5', 'limit', 'invalid_type', 'expected an integer, but got a number instead.'],
  ['/drawings?limit=51', 'limit', 'invalid_value', "Invalid value for 'limit': it must be at most 50."],
  ['/drawings?framed=yes', 'framed', 'invalid_type', 'expected a boolean'],
  ['/drawings?tag=ink&tag=x', 'tag[1]', 'invalid_value', 'it must have at least 2 characters'],
  ['/drawings?tag=aa&tag=bb&tag=cc&tag=dd', 'tag', 'invalid_value', 'it must have at most 3 items'],
  ['/drawings?ids=1,b', 'ids[1]', 'invalid_type', 'expected an integer'],
  ['/drawings?order=best', 'order', 'invalid_value', "supported values are 'newest', 'oldest'."],
  ['/drawings?filter[width]=wide', 'filter.width', 'invalid_type', 'expected an integer'],
  ['/drawings?from=b', 'page.from', 'invalid_type', 'expected an integer'],
  ['/drawings?where=no', 'where', 'invalid_type', 'expected an object'],
  ['/drawings?where={}', 'where.room', 'missing_required_parameter', "Missing required parameter: 'where.room'."],
  ['/drawings/shared', 'code', 'missing_required_parameter', "Missing required parameter: 'code' (in query)."],
  ['/drawings/first', 'id', 'invalid_type', 'expected an integer'],
  ['/drawings/0', 'id', 'invalid_value', 'it must be at least 1'],
  ['/files/1.json', 'name', 'invalid_value', 'must match pattern'],
])('rejects %s, and names %s', async (path, param, code, message) => {
  const { status, json } = await send(own, path)
  expect({ status, ...json.error }).toMatchObject({
    status: 400,
    param,
    code,
    message: expect.stringContaining(message),
  })
})

test('a parameter of an operation overrides that of its path', async () => {
  expect((await send(own, '/drawings/1000', { method: 'DELETE' })).status).toBe(204)
  expect((await send(own, '/drawings/0', { method: 'DELETE' })).json.error).toMatchObject({
    param: 'id',
    message: expect.stringContaining('must be > 0'),
  })
  expect((await send(own, '/drawings/1000')).status).toBe(400)
})

test.each([
  [{ 'x-room': 'north' }, 200, null],
  [{ 'x-room': 'west' }, 400, 'X-Room'],
  [{ 'x-ids': '1, 2,3' }, 200, null],
  [{ 'x-ids': '1, b' }, 400, 'X-Ids[1]'],
  [{ cookie: 'a=b; visitor=7; visitors=x' }, 200, null],
  [{ cookie: 'visitor=me' }, 400, 'visitor'],
  [{ accept: 'text/html, */*', authorization: 'Basic eDp5' }, 200, null],
])(
  'validates headers and cookies, except Accept, Content-Type and Authorization: %o',
  async (headers, status, param) => {
    const reply = await send(own, '/drawings', { headers })
    expect([reply.status, reply.json.error?.param ?? null]).toEqual([status, param])
  },
)

test.each([
  { title: '猫', mood: null, price: 19.99, example: null },
  { title: '猫', frame: { kind: 'wood', tree: 'oak' } },
  { title: '猫', frame: { kind: 'metal', metal: null } },
])('accepts a valid body: %j', async (body) => {
  expect((await send(own, '/drawings', { method: 'POST', body })).status).toBe(201)
})

test.each([
  [{}, 'title', "Missing required parameter: 'title'."],
  [{ title: '' }, 'title', 'it must have at least 1 character'],
  [{ title: '猫', mood: 'sad' }, 'mood', "supported values are 'calm', 'wild', null."],
  [{ title: '猫', price: 0 }, 'price', 'must be > 0'],
  [{ title: '猫', price: 1.001 }, 'price', 'must be multiple of 0.01'],
  [{ title: '猫', example: 1 }, 'example', 'expected a string or null'],
  [{ title: '猫', frame: { kind: 'wood' } }, 'frame.tree', "Missing required parameter: 'frame.tree'."],
  [{ title: '猫', frame: { kind: 'metal', metal: 1 } }, 'frame.metal', 'expected a string or null, but got an integer'],
  [{ title: '猫', frame: { kind: 'paper' } }, 'frame.kind', "supported values are 'wood', 'metal'."],
  [{ title: '猫', frame: {} }, 'frame.kind', "Missing required parameter: 'frame.kind'."],
])('rejects the body %j, and names %s', async (body, param, message) => {
  const { status, json } = await send(own, '/drawings', { method: 'POST', body })
  expect({ status, ...json.error }).toMatchObject({ status: 400, param, message: expect.stringContaining(message) })
})

test.each([
  ['/things/1?unit=cm', {}, 200, undefined],
  ['/things/null', {}, 200, undefined],
  ['/things/0', {}, 400, 'must be > 0'],
  ['/things/x', {}, 400, 'expected an integer or null'],
  ['/things/1?unit=m', {}, 400, 'it must be "cm"'],
  ['/things', { method: 'POST', body: { size: null, kind: 'thing' } }, 201, undefined],
  ['/things', { method: 'POST', body: { size: 0 } }, 400, 'must be > 0'],
  ['/things', { method: 'POST', body: { size: 1, kind: 'other' } }, 400, 'it must be "thing"'],
])('a 3.1 contract follows JSON Schema 2020-12: %s %j', async (path, sent, status, message) => {
  const reply = await send(own31, path, sent)
  expect(reply.status).toBe(status)
  if (message !== undefined) expect(reply.json.error.message).toContain(message)
})

test('the samples of a 3.1 contract match their schemas', async () => {
  const contract = await loadContract(SPEC_31)
  for (const [method, path, template, body] of [
    ['GET', '/things/1', '/things/{id}', undefined],
    ['POST', '/things', '/things', { size: 1 }],
  ] as const) {
    const { status, json } = await send(own31, path, { method, body })
    expect(
      createResponseCheck(contract)(operationOf(contract, method, template), {
        status,
        mediaType: 'application/json',
        value: json,
      }),
    ).toEqual([])
  }
})

test('concrete paths come before templated ones, in any order of the contract', async () => {
  const { operations } = await loadContract(SPEC)
  const paths = [...new Set(operations.map(({ path }) => path))]
  expect(paths.indexOf('/drawings/latest')).toBeLessThan(paths.indexOf('/drawings/{id}'))
  expect(paths.indexOf('/files/{name}.json')).toBeLessThan(paths.indexOf('/files/{name}'))
})

async function withCopy(change: (text: string) => string, use: (file: string) => Promise<void>): Promise<void> {
  const folder = await mkdtemp(join(tmpdir(), 'own-'))
  try {
    const file = join(folder, 'openapi.yaml')
    await writeFile(file, change(await readFile('openapi.yaml', 'utf8')))
    await use(file)
  } finally {
    await rm(folder, { recursive: true })
  }
}

const ADDED = `paths:
  /v1/moods/{mood}:
    get:
      parameters: [{ name: mood, in: path, required: true, schema: { type: string, enum: [calm] } }]
      responses: { '200': { description: One, content: { application/json: { example: { mood: calm } } } } }
  /cdn/{a}/{b}:
    get:
      parameters: [{ name: a, in: path, required: true, schema: { type: string } }, { name: b, in: path, required: true, schema: { type: string } }]
      responses: { '200': { description: Mine, content: { application/json: { example: mine } } } }
`

test('a path that is added to the packaged contract works; if it is a path of the links, these move to /__mock', async () => {
  await withCopy(
    (text) => text.replace('paths:\n', ADDED),
    async (spec) => {
      const mock = await mockWith({ spec })
      expect((await send(mock, '/v1/moods/calm')).json).toEqual({ mood: 'calm' })
      expect((await send(mock, '/v1/moods/wild')).status).toBe(400)
      expect((await send(mock, '/cdn/a/b')).json).toBe('mine')
      const [picture = ''] = picturesIn((await ask(mock)).content)
      expect(picture).toMatch(/^http:\/\/mock\.invalid\/__mock\/cdn\//)
      expect((await mock.fetch(picture)).status).toBe(200)
    },
  )
})

test('an example that is not JSON is in a sandbox, so that it cannot use the control API', async () => {
  const added = `paths:
  /v1/page:
    get:
      responses: { '200': { description: A page, content: { text/html: { example: '<script>fetch("/__mock")</script>' } } } }
`
  await withCopy(
    (text) => text.replace('paths:\n', added),
    async (spec) => {
      const mock = await mockWith({ spec })
      const page = await send(mock, '/v1/page')
      expect(page.text).toContain('<script>')
      expect(page.headers.get('content-type')).toBe('text/html')
      expect(page.headers.get('content-security-policy')).toBe('sandbox')
      expect((await send(mock, '/v1/models')).headers.get('content-security-policy')).toBeNull()
    },
  )
})

test('the export of the provider can be used as a contract, with its models', async () => {
  const mock = await mockWith({ spec: 'fixtures/provider/export.yaml' })
  expect((await ask(mock)).content).not.toBe('')
  expect(await ask(mock, { model: 'flux-dev' })).toMatchObject({
    status: 404,
    json: { error: { code: 'model_not_found' } },
  })
})

test('a contract may consist of several files, in any folder', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'own-'))
  try {
    await cp('test/openapi/own', folder, { recursive: true })
    const { operations } = await loadContract(join(folder, 'contract.yaml'))
    expect(operations).toEqual((await loadContract(SPEC)).operations)
  } finally {
    await rm(folder, { recursive: true })
  }
})
