import { expect, test } from 'vitest'
import { operationAt, toOperations, valueAt } from '../../src/page/contract.ts'

const document = {
  paths: {
    '/pets/{id}': {
      parameters: [{ name: 'id', in: 'path', required: true, schema: { type: 'integer' } }],
      get: {
        summary: 'Get a pet',
        deprecated: true,
        parameters: [{ $ref: '#/components/parameters/Verbose' }],
        responses: { 200: { description: 'The pet', content: { 'application/json': { schema: PET() } } } },
      },
      'x-note': { get: {} },
    },
    '/broken': 7,
  },
  components: {
    parameters: { Verbose: { name: 'verbose', in: 'query', description: 'All fields', schema: { type: 'boolean' } } },
    schemas: {
      Pet: {
        type: 'object',
        required: ['name'],
        properties: {
          name: { type: 'string', enum: ['Rex', 'Tom'] },
          parent: PET(),
          tags: { type: 'array', items: { type: 'string' } },
          old: { type: 'string', nullable: true, 'x-mock-ignored': true },
        },
      },
    },
  },
}

function PET() {
  return { $ref: '#/components/schemas/Pet' }
}

test('an operation has the parameters of its path and its own, and a body as fields', () => {
  const [operation, ...others] = toOperations(document)
  expect(others).toEqual([])
  expect(operation).toMatchObject({ method: 'GET', path: '/pets/{id}', summary: 'Get a pet', isDeprecated: true })
  expect(operation?.parameters).toMatchObject([
    { name: 'id', place: 'path', type: 'integer', isRequired: true },
    { name: 'verbose', place: 'query', type: 'boolean', description: 'All fields', isRequired: false },
  ])
  const [content] = operation?.responses[0]?.contents ?? []
  expect(content?.schema.fields).toMatchObject([
    { name: 'name', type: 'string : "Rex", "Tom"', isRequired: true },
    { name: 'parent', type: 'object', stop: 'cycle', fields: [] },
    { name: 'tags', type: 'string[]' },
    { name: 'old', type: 'string | null', isIgnored: true },
  ])
})

test('a schema that branches at each level is shown to a depth, not for ever', () => {
  const schemas = Object.fromEntries(
    Array.from({ length: 40 }, (_, i) => [
      `S${i}`,
      { properties: { left: { $ref: `#/components/schemas/S${i + 1}` }, right: { type: 'string' } } },
    ]),
  )
  const paths = {
    '/a': {
      post: { requestBody: { content: { 'application/json': { schema: { $ref: '#/components/schemas/S0' } } } } },
    },
  }
  let field = toOperations({ paths, components: { schemas } })[0]?.body[0]?.schema
  let depth = 0
  for (; field !== undefined && field.fields.length > 0; depth++) [field] = field.fields
  expect(depth).toBe(8)
  expect(field?.stop).toBe('depth')
})

test.each([[null], [7], [[]], [{ paths: { '/a': { get: null, post: { parameters: [4], responses: [1] } } } }]])(
  'a document with unusual parts is shown as far as it can be: %j',
  (value) => {
    expect(() => toOperations(value)).not.toThrow()
  },
)

test('a JSON pointer finds its value and its operation', () => {
  const pointer = '/paths/~1pets~1{id}/get/responses/200/description'
  expect(valueAt(document, pointer)).toBe('The pet')
  expect(valueAt(document, '/paths/__proto__')).toBeUndefined()
  expect(operationAt(pointer)).toBe('GET /pets/{id}')
  expect(operationAt('/components/schemas/Pet')).toBeUndefined()
})
