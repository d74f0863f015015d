import { expect, test } from 'vitest'
import { toContract } from '../../src/openapi/contract.ts'
import type { JsonObject, JsonValue } from '../../src/util/json.ts'
import { toOperations } from '../../src/openapi/operation.ts'
import { createResponseCheck } from './response-check.ts'
import { sampleResponse } from '../../src/openapi/sample.ts'

const json = (media: JsonObject): JsonObject => ({ description: '', content: { 'application/json': media } })
const CAT = {
  type: 'object',
  required: ['name'],
  properties: { name: { type: 'string' }, age: { type: 'integer', nullable: true } },
}

function contractOf(responses: JsonObject) {
  const document: JsonObject = {
    openapi: '3.0.3',
    info: { title: '', version: '' },
    paths: { '/a': { get: { responses } } },
  }
  return toContract({
    file: 'openapi.yaml',
    document: () => document,
    operations: toOperations(document),
    validators: new Map(),
    source: async () => ({ file: '', text: '', value: document, lineOf: () => 1 }),
  })
}

function faultsOf(responses: JsonObject, status: number, mediaType: string | undefined, value: JsonValue): string[] {
  const contract = contractOf(responses)
  const [operation] = contract.operations
  return operation === undefined
    ? ['no operation']
    : createResponseCheck(contract)(operation, { status, mediaType, value }).map(({ message }) => message)
}

const RESPONSES = {
  '200': json({ schema: CAT }),
  '204': { description: '' },
  '4XX': json({ schema: { type: 'string' } }),
  '418': json({}),
}
const STREAM = { '200': { description: '', content: { 'text/event-stream; charset=utf-8': { schema: CAT } } } }
const ANY = { default: { description: '', content: { 'application/*': { schema: CAT } } } }

test.each<[JsonObject, number, string | undefined, JsonValue]>([
  [RESPONSES, 200, 'application/json', { name: 'Mi', age: null }],
  [RESPONSES, 204, undefined, null],
  [RESPONSES, 404, 'application/json', 'none'],
  [RESPONSES, 418, 'application/json', [1]],
  [STREAM, 200, 'text/event-stream', { name: 'Mi' }],
  [ANY, 500, 'application/problem+json', { name: 'Mi' }],
])('%j allows %i %s %j', (responses, status, mediaType, value) => {
  expect(faultsOf(responses, status, mediaType, value)).toEqual([])
})

test.each<[JsonObject, number, string | undefined, JsonValue, string[]]>([
  [
    RESPONSES,
    200,
    'application/json',
    { age: 'x' },
    [
      "Missing required parameter: 'name'.",
      "Invalid type for 'age': expected an integer or null, but got a string instead.",
    ],
  ],
  [RESPONSES, 404, 'application/json', 4, ["Invalid type for 'body': expected a string, but got an integer instead."]],
  [RESPONSES, 201, 'application/json', {}, ['The contract has no response 201 for GET /a.']],
  [RESPONSES, 200, 'text/html', '', ['The contract has no text/html for the response 200 of GET /a.']],
  [RESPONSES, 200, undefined, null, ['The contract has no empty body for the response 200 of GET /a.']],
  [RESPONSES, 204, 'application/json', {}, ['The contract has no application/json for the response 204 of GET /a.']],
  [ANY, 200, 'text/plain', '', ['The contract has no text/plain for the response default of GET /a.']],
])('%j does not allow %i %s %j', (responses, status, mediaType, value, messages) => {
  expect(faultsOf(responses, status, mediaType, value)).toEqual(messages)
})

test.each<[string, JsonObject, JsonObject]>([
  ['the first success', { '404': json({ example: 4 }), '201': json({ example: 1 }) }, { status: 201, body: '1' }],
  ['a range', { '2XX': json({ example: 1 }) }, { status: 200, body: '1' }],
  ['the default', { default: json({ example: 1 }), '404': json({ example: 4 }) }, { status: 200, body: '1' }],
  ['an error, if there is nothing else', { '404': json({ example: 4 }) }, { status: 404, body: '4' }],
  [
    'an example that is null',
    { '200': json({ example: null, schema: { type: 'string' } }) },
    { status: 200, body: 'null' },
  ],
  ['no body with 204, even if the contract has one', { '204': json({ example: 1 }) }, { status: 204, body: '' }],
  [
    'JSON if available',
    { '200': { description: '', content: { 'text/plain': { example: 'a' }, 'application/json': { example: 'b' } } } },
    { status: 200, mediaType: 'application/json', body: '"b"' },
  ],
  [
    'without writeOnly properties',
    {
      '200': json({
        schema: {
          type: 'object',
          properties: { a: { type: 'integer', enum: [1] }, secret: { type: 'string', writeOnly: true } },
        },
      }),
    },
    { status: 200, body: '{"a":1}' },
  ],
])('an operation without custom behaviour responds with %s', async (_, responses, expected) => {
  const contract = contractOf(responses)
  const [operation] = contract.operations
  expect(operation && (await sampleResponse(contract, operation))).toMatchObject(expected)
})

test('concrete paths are routed first, also with paths of other lengths', () => {
  const document: JsonObject = {
    openapi: '3.0.3',
    paths: Object.fromEntries(
      ['/a/{x}', '/a', '/b', '/a/b', '/a/{x}.json', '/{y}/b'].map((path) => [path, { get: {} }]),
    ),
  }
  expect(toOperations(document).map(({ path }) => path)).toEqual([
    '/a',
    '/b',
    '/a/b',
    '/a/{x}.json',
    '/a/{x}',
    '/{y}/b',
  ])
})
