import { expect, test } from 'vitest'
import { alternativesOf } from '../../src/contract/alternatives.ts'

const document = (model: object): any => ({
  request: { allOf: [{ $ref: '#/base' }, { properties: { n: { type: 'integer' } } }] },
  base: { properties: { model } },
  Model: { anyOf: [{ enum: ['a', 'b'] }, { title: 'c-*', pattern: '^c-' }] },
  Loop: { allOf: [{ $ref: '#/Loop' }] },
})

test.each([
  ['a plain enum', { enum: ['a'] }, { values: ['a'], titles: [] }],
  ['a reference', { $ref: '#/Model' }, { values: ['a', 'b'], titles: ['c-*'] }],
  ['a reference in an allOf', { allOf: [{ $ref: '#/Model' }] }, { values: ['a', 'b'], titles: ['c-*'] }],
  ['no names at all', { type: 'string' }, { values: [], titles: [] }],
  ['a schema that is composed of itself', { $ref: '#/Loop' }, { values: [], titles: [] }],
])('what a property may be is found by name: %s', (_what, model, alternatives) => {
  expect(alternativesOf(document(model), '/request', 'model')).toEqual(alternatives)
})
