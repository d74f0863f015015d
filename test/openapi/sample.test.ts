import { expect, test } from 'vitest'
import { returning, serve } from './served.ts'

const node = { $ref: '#/components/schemas/Node' }
const schemas = {
  Node: {
    type: 'object',
    required: ['name', 'children'],
    properties: { name: { type: 'string' }, children: { type: 'array', items: node } },
  },
  List: {
    type: 'object',
    required: ['next'],
    properties: { next: { anyOf: [{ $ref: '#/components/schemas/List' }, { type: 'null' }] } },
  },
  Endless: { type: 'object', required: ['next'], properties: { next: { $ref: '#/components/schemas/Endless' } } },
  Pet: {
    type: 'object',
    required: ['kind'],
    properties: { kind: { type: 'string' } },
    discriminator: {
      propertyName: 'kind',
      mapping: { cat: '#/components/schemas/Cat', dog: '#/components/schemas/Dog' },
    },
    oneOf: [{ $ref: '#/components/schemas/Cat' }, { $ref: '#/components/schemas/Dog' }],
  },
  Cat: {
    allOf: [
      { $ref: '#/components/schemas/Pet' },
      { type: 'object', required: ['lives'], properties: { lives: { type: 'integer', minimum: 1 } } },
    ],
  },
  Dog: {
    allOf: [
      { $ref: '#/components/schemas/Pet' },
      { type: 'object', required: ['tricks'], properties: { tricks: { type: 'array' } } },
    ],
  },
}

test.each<[string, unknown]>([
  ['a pattern', { type: 'string', pattern: '^[A-Z]{2}-\\d{4}(?:x|y)+$' }],
  ['a pattern with a length', { type: 'string', pattern: '^[a-z]+$', minLength: 20, maxLength: 25 }],
  ['a pattern with a lookahead', { type: 'string', pattern: '^(?!-)[a-z-]{3,}$' }],
  ['a pattern that needs another alphabet', { type: 'string', pattern: '^\\p{Script=Han}{3}$' }],
  ...[
    'byte',
    'duration',
    'uuid',
    'date',
    'date-time',
    'time',
    'email',
    'hostname',
    'ipv4',
    'ipv6',
    'uri',
    'uri-reference',
    'uri-template',
    'json-pointer',
    'relative-json-pointer',
    'regex',
    'int32',
    'made-up',
  ].map((format): [string, unknown] => [`the format ${format}`, { type: 'string', format }]),
  ['a short text', { type: 'string', maxLength: 3 }],
  ['a multiple', { type: 'number', multipleOf: 0.25, exclusiveMinimum: 1 }],
  [
    'a multiple of two numbers',
    {
      allOf: [
        { type: 'integer', multipleOf: 4 },
        { multipleOf: 6, minimum: 1 },
      ],
    },
  ],
  ['a number between two others', { type: 'number', exclusiveMinimum: 0, exclusiveMaximum: 1 }],
  ['a negative number', { type: 'integer', maximum: -5 }],
  ['an exact range', { type: 'number', minimum: 2.5, maximum: 2.5 }],
  ['different texts', { type: 'array', items: { type: 'string' }, uniqueItems: true, minItems: 4 }],
  ['different values of an enum', { type: 'array', items: { enum: ['a', 'b', 'c'] }, uniqueItems: true, minItems: 3 }],
  [
    'different objects',
    {
      type: 'array',
      items: { type: 'object', properties: { a: { type: 'boolean' }, b: { type: 'integer' } } },
      uniqueItems: true,
      minItems: 5,
    },
  ],
  ['different UUIDs', { type: 'array', items: { type: 'string', format: 'uuid' }, uniqueItems: true, minItems: 5 }],
  [
    'positions of a list',
    { type: 'array', prefixItems: [{ type: 'integer' }, { const: 'b' }], items: false, minItems: 2 },
  ],
  [
    'an item that must be in a list',
    { type: 'array', items: { type: 'integer' }, contains: { minimum: 7 }, minContains: 2 },
  ],
  ['null or a text', { anyOf: [{ type: 'null' }, { type: 'string', minLength: 1 }] }],
  ['a constant', { type: 'object', required: ['kind'], properties: { kind: { const: 'circle' } } }],
  ['values that two schemas allow', { allOf: [{ enum: ['a', 'b', 'c'] }, { enum: ['c', 'd'] }] }],
  [
    'one of two objects',
    {
      oneOf: [
        { type: 'object', required: ['a'], properties: { a: { type: 'integer' } } },
        { type: 'object', required: ['b'], properties: { b: { type: 'string' } } },
      ],
    },
  ],
  [
    'one of two that overlap',
    {
      oneOf: [
        { type: 'integer', minimum: 0 },
        { type: 'integer', maximum: 10 },
      ],
    },
  ],
  ['other properties', { type: 'object', additionalProperties: { type: 'integer', minimum: 3 } }],
  [
    'names of other properties',
    {
      type: 'object',
      additionalProperties: { type: 'integer' },
      propertyNames: { pattern: '^k\\d+$' },
      minProperties: 2,
    },
  ],
  [
    'patterns of names',
    {
      type: 'object',
      patternProperties: { '^x-': { type: 'boolean' } },
      additionalProperties: false,
      minProperties: 1,
    },
  ],
  [
    'a required property that is not described',
    { type: 'object', required: ['a'], additionalProperties: { type: 'string' } },
  ],
  [
    'properties that need others',
    {
      type: 'object',
      properties: { a: { type: 'string' }, b: { type: 'integer' } },
      dependentRequired: { a: ['b', 'c'] },
    },
  ],
  [
    'if, then and else',
    {
      type: 'object',
      required: ['kind'],
      properties: { kind: { enum: ['a', 'b'] } },
      if: { properties: { kind: { const: 'a' } } },
      then: { required: ['x'], properties: { x: { type: 'integer' } } },
      else: { required: ['y'] },
    },
  ],
  [
    'a closed object',
    {
      allOf: [{ type: 'object', required: ['a'], properties: { a: { type: 'string' } } }],
      unevaluatedProperties: false,
    },
  ],
  [
    'a schema beside a $ref',
    { $ref: '#/components/schemas/Node', required: ['extra'], properties: { extra: { type: 'integer', minimum: 9 } } },
  ],
  ['a schema that contains itself in a list', node],
  ['a schema that requires itself or null', { $ref: '#/components/schemas/List' }],
  ['a parent whose children have an allOf with it', { $ref: '#/components/schemas/Pet' }],
  ['a child of that parent', { $ref: '#/components/schemas/Dog' }],
  ['not a text', { not: { type: ['string', 'null'] } }],
])('the sample of %s matches its schema', async (_, schema) => {
  const { send, isValid } = await serve({ paths: { '/one': { get: returning(schema) } }, components: { schemas } })
  const { status, json, note } = await send('GET', '/one')
  expect([status, note]).toEqual([200, ''])
  const pointer = '/paths/~1one/get/responses/200/content/application~1json/schema'
  expect([json, await isValid(pointer, json)]).toEqual([json, true])
  expect((await send('GET', '/one')).json).toEqual(json) // always the same
})

test('the sample of a discriminator has the value of its branch', async () => {
  const { send } = await serve({
    paths: { '/one': { get: returning({ $ref: '#/components/schemas/Pet' }) } },
    components: { schemas },
  })
  expect((await send('GET', '/one')).json).toEqual({ kind: 'cat', lives: 1 })
})

test.each<[string, unknown]>([
  ['requires itself', { $ref: '#/components/schemas/Endless' }],
  ['no value matches', { type: 'string', allOf: [{ minLength: 5 }, { maxLength: 3 }] }],
])('a note says that there is no sample of a schema that %s', async (_, schema) => {
  const { send } = await serve({ paths: { '/one': { get: returning(schema) } }, components: { schemas } })
  const { status, note } = await send('GET', '/one')
  expect(status).toBe(200)
  expect(note).toBe('no sample that matches its schema was found; add an example to the contract')
})

test('an example that does not match is not used inside of a sample, and is sent if it is the example of the response', async () => {
  const inner = { type: 'object', properties: { size: { type: 'integer', example: 'large' } } }
  const { send } = await serve({
    paths: {
      '/inside': { get: returning(inner) },
      '/whole': { get: returning({ type: 'integer', example: 'large' }) },
    },
  })
  expect((await send('GET', '/inside')).json).toEqual({ size: 0 })
  expect(await send('GET', '/whole')).toMatchObject({ json: 'large', note: '' })
})

test('properties that are writeOnly are left out, also if they are required', async () => {
  const User = {
    type: 'object',
    required: ['name', 'password'],
    properties: { name: { type: 'string' }, password: { type: 'string', writeOnly: true } },
  }
  const { send } = await serve({ paths: { '/one': { get: returning(User) } } })
  expect(await send('GET', '/one')).toMatchObject({ json: { name: 'string' }, note: '' })
})
