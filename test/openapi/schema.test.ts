import { expect, test } from 'vitest'
import type { JsonObject, JsonValue } from '../../src/util/json.ts'
import { toJsonSchemas, withBoundaries } from '../../src/openapi/normalize-schema.ts'
import { createAjv, schemaAt } from '../../src/openapi/validator.ts'

const documentOf = (schema: JsonValue, openapi = '3.0.3'): JsonObject => ({
  openapi,
  components: { schemas: { Subject: schema } },
})
const pick = (document: any): unknown => document.components.schemas.Subject

test.each<[string, JsonObject, JsonObject]>([
  ['nullable', { type: 'string', nullable: true }, { type: ['string', 'null'] }],
  ['nullable: false', { type: 'string', nullable: false }, { type: 'string' }],
  [
    'nullable with enum',
    { type: 'string', nullable: true, enum: ['a'] },
    { type: ['string', 'null'], enum: ['a', null] },
  ],
  [
    'nullable with an enum that has null',
    { type: 'string', nullable: true, enum: ['a', null] },
    { type: ['string', 'null'], enum: ['a', null] },
  ],
  ['nullable without a type has no effect', { nullable: true, minLength: 1 }, { minLength: 1 }],
  ['siblings of $ref', { $ref: '#/x', minimum: 1, description: 'no' }, { $ref: '#/x' }],
  ['nullable beside $ref', { $ref: '#/x', nullable: true }, { anyOf: [{ type: 'null' }, { $ref: '#/x' }] }],
  [
    'nullable beside allOf',
    { allOf: [{ $ref: '#/x' }], nullable: true },
    { anyOf: [{ type: 'null' }, { allOf: [{ $ref: '#/x' }] }] },
  ],
  ['exclusiveMinimum: true', { minimum: 1, exclusiveMinimum: true }, { exclusiveMinimum: 1 }],
  ['exclusiveMaximum: true', { maximum: 1, exclusiveMaximum: true }, { exclusiveMaximum: 1 }],
  ['exclusiveMinimum: false', { minimum: 1, exclusiveMinimum: false }, { minimum: 1 }],
  ['exclusiveMinimum without a minimum', { exclusiveMinimum: true }, {}],
  [
    'schemas inside',
    { items: { allOf: [{ type: 'string', nullable: true }] } },
    { items: { allOf: [{ type: ['string', 'null'] }] } },
  ],
  [
    'properties with names of keywords',
    {
      properties: {
        example: { type: 'string', nullable: true },
        enum: { type: 'string', nullable: true },
        nullable: { type: 'boolean', nullable: true },
        $ref: { type: 'string', nullable: true },
      },
    },
    {
      properties: {
        example: { type: ['string', 'null'] },
        enum: { type: ['string', 'null'] },
        nullable: { type: ['boolean', 'null'] },
        $ref: { type: ['string', 'null'] },
      },
    },
  ],
  [
    'data',
    { example: { type: 'string', nullable: true }, default: { $ref: 'x', y: 1 }, enum: [{ nullable: true }] },
    { example: { type: 'string', nullable: true }, default: { $ref: 'x', y: 1 }, enum: [{ nullable: true }] },
  ],
])('3.0 as JSON Schema: %s', (_, given, expected) => {
  expect(pick(toJsonSchemas(documentOf(given)))).toEqual(expected)
})

test('converts schemas in the default response', () => {
  const responses = (schema: JsonObject): JsonObject => ({ default: { content: { 'application/json': { schema } } } })
  expect(toJsonSchemas({ openapi: '3.0.1', responses: responses({ type: 'string', nullable: true }) })).toMatchObject({
    responses: responses({ type: ['string', 'null'] }),
  })
})

test('a 3.1 document is JSON Schema already', () => {
  const document = documentOf({ $ref: '#/x', nullable: true, exclusiveMinimum: 3 }, '3.1.0')
  expect(toJsonSchemas(document)).toBe(document)
})

test('adds boundaries before the branches of unions, and adapts a $ref into a branch', () => {
  const schema = {
    anyOf: [{ type: 'string' }, { $ref: '#/components/schemas/Subject/anyOf/0' }],
    properties: { oneOf: { enum: [{ oneOf: [1] }] } },
  }
  expect(pick(withBoundaries(documentOf(schema)))).toEqual({
    ...schema,
    anyOf: [false, { type: 'string' }, false, { $ref: '#/components/schemas/Subject/anyOf/1' }],
  })
})

test.each<[string, JsonObject, JsonValue[], JsonValue[]]>([
  ['anyOf', { anyOf: [{ type: 'string' }, { minimum: 3 }] }, ['a', 3], [2]],
  ['oneOf', { oneOf: [{ type: 'integer' }, { minimum: 3 }] }, [1, 3.5], [4, 2.5]],
  ['oneOf in not', { not: { oneOf: [{ type: 'string' }] } }, [1], ['a']],
  ['a branch that nothing matches', { anyOf: [{ not: {} }, { type: 'string' }] }, ['a'], [1]],
])('boundaries do not change what matches: %s', (_, schema, right, wrong) => {
  const validator = createAjv(documentOf(schema)).compile(schemaAt('/components/schemas/Subject'))
  expect(right.filter((value) => !validator(value))).toEqual([])
  expect(wrong.filter((value) => validator(value))).toEqual([])
})
