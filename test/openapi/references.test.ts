import { expect, test } from 'vitest'
import { returning, serve, taking } from './served.ts'

const BASE = 'https://schemas.example/'

/** A document with a schema for the bodies of POST /one, and other schemas. */
const documentOf = (schema: unknown, schemas: unknown = {}): any => ({
  paths: { '/one': { post: taking(schema) } },
  components: { schemas },
})

test.each<[string, unknown, unknown, valid: unknown[], invalid: unknown[]]>([
  ['an $anchor', { $ref: '#size' }, { Size: { $anchor: 'size', type: 'integer' } }, [1], [true]],
  ['an $id', { $ref: `${BASE}size` }, { Size: { $id: `${BASE}size`, type: 'integer' } }, [1], [true]],
  [
    'an $id that is relative to another one',
    { $ref: '#/components/schemas/Box' },
    {
      Box: { $id: `${BASE}box`, properties: { size: { $ref: 'size' } } },
      Size: { $id: `${BASE}size`, type: 'integer' },
    },
    [{ size: 1 }],
    [{ size: 'a' }],
  ],
  [
    '#/$defs inside a schema with an $id',
    { $ref: '#/components/schemas/Box' },
    {
      Box: { $id: `${BASE}box`, properties: { size: { $ref: '#/$defs/Size' } }, $defs: { Size: { type: 'integer' } } },
    },
    [{ size: 1 }],
    [{ size: 'a' }],
  ],
  [
    'an $anchor inside a schema with an $id',
    { $ref: `${BASE}box#size` },
    { Box: { $id: `${BASE}box`, $defs: { Size: { $anchor: 'size', type: 'integer' } } } },
    [1],
    [true],
  ],
  [
    '$dynamicRef to a $dynamicAnchor',
    { $ref: '#/components/schemas/Tree' },
    { Tree: { $dynamicAnchor: 'node', type: 'object', properties: { next: { $dynamicRef: '#node' } } } },
    [{ next: { next: {} } }],
    [{ next: 1 }],
  ],
  [
    'keywords beside it',
    { $ref: '#/components/schemas/Size', maximum: 9 },
    { Size: { type: 'integer' } },
    [9],
    [10, true],
  ],
])('a $ref in 3.1 may have %s', async (_, schema, schemas, valid, invalid) => {
  const { send } = await serve(documentOf(schema, schemas))
  for (const body of valid) expect([body, (await send('POST', '/one', { body })).status]).toEqual([body, 204])
  for (const body of invalid) expect([body, (await send('POST', '/one', { body })).status]).toEqual([body, 400])
})

test('in 3.0, keywords beside a $ref are ignored, except nullable', async () => {
  const schemas = { Size: { type: 'integer' } }
  const { send } = await serve({
    openapi: '3.0.3',
    ...documentOf({ type: 'array', items: { $ref: '#/components/schemas/Size', maximum: 9, nullable: true } }, schemas),
  })
  expect((await send('POST', '/one', { body: [10, null] })).status).toBe(204)
  expect((await send('POST', '/one', { body: ['a'] })).status).toBe(400)
})

test.each([
  ['allOf', { allOf: [{ type: 'integer' }], nullable: true }],
  ['oneOf', { oneOf: [{ type: 'integer' }, { type: 'boolean' }], nullable: true }],
  ['an enum', { enum: [1, 2], nullable: true }],
])('in 3.0, nullable beside %s allows null', async (_, schema) => {
  const { send } = await serve({ openapi: '3.0.3', ...documentOf({ type: 'object', properties: { a: schema } }) })
  for (const a of [1, null]) expect((await send('POST', '/one', { body: { a } })).status).toBe(204)
  expect((await send('POST', '/one', { body: { a: 'x' } })).status).toBe(400)
})

test('in 3.1, nullable is ignored', async () => {
  const { send } = await serve(documentOf({ type: 'object', properties: { a: { type: 'integer', nullable: true } } }))
  expect((await send('POST', '/one', { body: { a: null } })).status).toBe(400)
})

test('a $ref in an extension or an example is data', async () => {
  const data = { $ref: 'http://elsewhere.invalid/one.json' }
  const schema = { type: 'object', 'x-origin': data, example: data, enum: [data], default: data }
  const { send } = await serve({ ...documentOf(schema), 'x-more': [data] })
  expect((await send('POST', '/one', { body: data })).status).toBe(204)
})

test('a parent whose children have an allOf with it is validated', async () => {
  const child = (name: string): any => ({ $ref: `#/components/schemas/${name}` })
  const schemas = {
    Pet: {
      type: 'object',
      required: ['kind'],
      discriminator: { propertyName: 'kind' },
      properties: { kind: { type: 'string' } },
      oneOf: [child('Cat'), child('Dog')],
    },
    Cat: {
      allOf: [
        child('Pet'),
        { required: ['lives'], properties: { kind: { const: 'Cat' }, lives: { type: 'integer' } } },
      ],
    },
    Dog: {
      allOf: [
        child('Pet'),
        { required: ['tricks'], properties: { kind: { const: 'Dog' }, tricks: { type: 'array' } } },
      ],
    },
  }
  const { send } = await serve({
    paths: {
      '/one': { post: taking(child('Pet')), get: returning(child('Pet')) },
      '/cat': { post: taking(child('Cat')) },
    },
    components: { schemas },
  })
  const statusOf = async (path: string, body: unknown): Promise<number> => (await send('POST', path, { body })).status
  expect(await statusOf('/one', { kind: 'Cat', lives: 9 })).toBe(204)
  expect(await statusOf('/cat', { kind: 'Cat', lives: 9 })).toBe(204)
  expect(await statusOf('/one', { kind: 'Cat', lives: 'nine' })).toBe(400)
  expect(await statusOf('/one', { lives: 9 })).toBe(400)
  expect((await send('GET', '/one')).json).toEqual({ kind: 'Cat', lives: 0 })
})

test('a schema that only refers to itself accepts any value', async () => {
  const self = { $ref: '#/components/schemas/Self' }
  const { send } = await serve({
    paths: { '/one': { post: taking(self), get: returning(self) } },
    components: { schemas: { Self: { allOf: [self] } } },
  })
  expect((await send('POST', '/one', { body: 1 })).status).toBe(204)
  expect((await send('GET', '/one')).status).toBe(200)
})

const User = {
  type: 'object',
  required: ['id', 'name'],
  properties: { id: { type: 'integer', readOnly: true }, name: { type: 'string' } },
}

test.each<[string, string, unknown]>([
  ['3.0.3', 'in the same schema', User],
  ['3.1.0', 'in the same schema', User],
  ['3.1.0', 'in another branch of an allOf', { allOf: [{ ...User, required: [] }, { required: ['id', 'name'] }] }],
  ['3.1.0', 'behind a $ref', { ...User, properties: { ...User.properties, id: { $ref: '#/components/schemas/Id' } } }],
])('in a request, OpenAPI %s does not require a property that is readOnly %s', async (openapi, _, schema) => {
  const { send } = await serve({ openapi, ...documentOf(schema, { Id: { type: 'integer', readOnly: true } }) })
  expect((await send('POST', '/one', { body: { name: 'Mi' } })).status).toBe(204)
  expect((await send('POST', '/one', { body: { id: 1, name: 'Mi' } })).status).toBe(204)
  expect((await send('POST', '/one', { body: { id: 1 } })).json.error.param).toBe('name')
})

test('a property that is readOnly and sent is reported, and rejected in the mode strict', async () => {
  const document = documentOf({
    ...User,
    properties: { ...User.properties, in: { type: 'object', properties: User.properties } },
  })
  const body = { id: 1, name: 'Mi', in: { id: 2 } }
  const usual = await (await serve(document)).send('POST', '/one', { body })
  expect([usual.status, usual.note]).toEqual([
    204,
    "Read-only parameter: 'id'. It is ignored.; Read-only parameter: 'in.id'. It is ignored.",
  ])
  const strict = await (await serve(document, { contract: 'strict' })).send('POST', '/one', { body })
  expect([strict.status, strict.json.error.param]).toEqual([400, 'id'])
})
