import { expect, test } from 'vitest'
import { valueAt } from '../../src/openapi/json-pointer.ts'
import { toOperations } from '../../src/openapi/operation.ts'
import { findRule } from '../../src/openapi/rule.ts'
import type { Violation } from '../../src/openapi/violation.ts'
import type { JsonObject } from '../../src/util/json.ts'

const node: JsonObject = {
  type: 'object',
  required: ['kind'],
  properties: {
    kind: { type: 'string', enum: ['leaf', 'branch'] },
    'a.b': { type: 'integer', minimum: 1, maximum: 9, example: 3 },
    children: { type: 'array', minItems: 1, items: { $ref: '#/components/schemas/Node' } },
    other: { oneOf: [{ type: 'string', format: 'uri' }, { $ref: '#/components/schemas/Node' }], nullable: true },
  },
}
const parameters: JsonObject[] = [
  { name: 'limit', in: 'query', required: true, schema: { $ref: '#/components/schemas/Limit' } },
  { name: 'kind', in: 'query', schema: { type: 'boolean' } },
  {
    name: 'filter',
    in: 'query',
    style: 'deepObject',
    schema: { type: 'object', properties: { age: { type: 'integer' } } },
  },
]
const document: JsonObject = {
  openapi: '3.0.3',
  info: { title: 'a', version: '1' },
  paths: {
    '/trees/{id}': {
      post: {
        parameters,
        requestBody: {
          required: true,
          content: { 'application/json': { schema: { allOf: [{ $ref: '#/components/schemas/Node' }] } } },
        },
        responses: { 200: { description: 'ok' } },
      },
    },
  },
  components: { schemas: { Node: node, Limit: { type: 'integer', minimum: 1 } } },
}
const [operation] = toOperations(document)

const rule = (param: string, reason: Violation['reason'], more: Partial<Violation> = {}) =>
  findRule(document, operation!, { param, reason, value: undefined, message: '', ...more })

const NODE = '/components/schemas/Node'
const POST = '/paths/~1trees~1{id}/post'

test.each<[string, Violation['reason'], Partial<Violation>, string, string]>([
  ['kind', 'missing', {}, `${NODE}/required`, "Add 'kind': 'leaf', 'branch'."],
  ['kind', 'value', { value: 'laef' }, `${NODE}/properties/kind`, "Did you mean leaf? Use 'leaf', 'branch'."],
  ['a.b', 'value', {}, `${NODE}/properties/a.b`, 'Use an integer (at least 1, at most 9), for example 3.'],
  ['children[3].children', 'value', {}, `${NODE}/properties/children`, 'Use a list (number of items at least 1).'],
  ['children[0].other.kind', 'type', {}, `${NODE}/properties/kind/type`, "Use 'leaf', 'branch'."],
  ['other', 'type', {}, `${NODE}/properties/other`, 'Use a string (format uri) or an object or null.'],
  ['children[1].kidn', 'unknown', {}, `${NODE}/properties`, "Remove 'children[1].kidn'. Did you mean kind?"],
  ['body', 'missing', {}, `${POST}/requestBody/required`, 'Send a body.'],
  [
    'limit',
    'missing',
    { message: "Missing required parameter: 'limit' (in query)." },
    `${POST}/parameters/0/required`,
    "Add 'limit': an integer (at least 1).",
  ],
  ['limit', 'value', {}, `${POST}/parameters/0/schema`, 'Use an integer (at least 1).'],
  ['filter.age', 'type', {}, `${POST}/parameters/2/schema/properties/age/type`, 'Use an integer.'],
])('the rule of %s (%s)', (param, reason, more, pointer, hint) => {
  expect(rule(param, reason, more)).toEqual({ pointer, hint })
  expect(valueAt(document, pointer)).toBeDefined()
})

test.each<[string, Violation['reason'], string]>([
  ['nothing', 'value', ''],
  ['kind[0]', 'value', ''],
  ['children[0].nothing', 'type', ''],
  ['x', 'unknown', "Unknown parameter: 'x' (in query)."],
])('the rule of %s (%s) is not found', (param, reason, message) => {
  expect(rule(param, reason, { message })).toBeUndefined()
})

test('a schema that contains itself many times is searched in bounded time', () => {
  const forms = Array.from({ length: 40 }, (_, i) => ({ $ref: `#/components/schemas/S${i}` }))
  const schema: JsonObject = { enum: forms.map(({ $ref }) => $ref), anyOf: forms, properties: { x: { anyOf: forms } } }
  const schemas = Object.fromEntries(forms.map((_, i) => [`S${i}`, schema]))
  const looped: JsonObject = {
    ...document,
    paths: { '/': { post: { requestBody: { content: { 'application/json': { schema } } }, responses: {} } } },
    components: { schemas },
  }
  const [only] = toOperations(looped)
  const started = performance.now()
  const violation = { param: 'x.x.x.x.x.x', reason: 'value', value: 'a', message: '' } as const
  expect(findRule(looped, only!, violation)).toBeUndefined()
  const hint = findRule(looped, only!, { ...violation, param: 'x' })?.hint ?? ''
  expect(hint).toMatch(/^Use /)
  expect(hint.length).toBeLessThan(1_000_000)
  expect(performance.now() - started).toBeLessThan(2000)
})
