import { expect, test } from 'vitest'
import { toOperations } from '../../src/openapi/operation.ts'
import { ask, mockWith } from '../ask.ts'

const document = (model: object): any => ({
  paths: { '/ask': { post: { requestBody: { content: { 'application/json': { schema: { $ref: '#/request' } } } } } } },
  request: { allOf: [{ $ref: '#/base' }, { properties: { n: { type: 'integer' } } }] },
  base: { properties: { model } },
  Model: { anyOf: [{ enum: ['a', 'b'] }, { title: 'c-*', pattern: '^c-' }] },
  Loop: { allOf: [{ $ref: '#/Loop' }] },
})

test.each([
  ['a plain enum', { enum: ['a'] }, { values: ['a'], titles: [] }],
  ['a reference', { $ref: '#/Model' }, { values: ['a', 'b'], titles: ['c-*'] }],
  ['a reference in an allOf', { allOf: [{ $ref: '#/Model' }] }, { values: ['a', 'b'], titles: ['c-*'] }],
  ['no names', { type: 'string' }, { values: [], titles: [] }],
  ['a schema that is composed of itself', { $ref: '#/Loop' }, { values: [], titles: [] }],
])('finds the fields of a body and the values of model: %s', (_what, model, alternatives) => {
  const [operation] = toOperations(document(model))
  expect([operation?.fields, operation?.models]).toEqual([['model', 'n'], alternatives])
})

test('a body that is not JSON has no fields; a field may have any name', () => {
  const bodyOf = (mediaType: string): any => ({
    paths: {
      '/ask': {
        post: {
          requestBody: {
            content: {
              [mediaType]: { schema: JSON.parse('{"properties":{"__proto__":{"enum":["a"]},"constructor":{}}}') },
            },
          },
        },
      },
    },
  })
  expect(toOperations(bodyOf('text/plain'))[0]?.fields).toEqual([])
  expect(toOperations(bodyOf('application/json'))[0]?.fields).toEqual(['__proto__', 'constructor'])
})

test.each(['user', 'system', 'tool', 'developer'])('rejects null as the content of a %s message', async (role) => {
  await using mock = await mockWith()
  const last = { role: 'user', content: 'a fox' }
  expect(await ask(mock, { body: { messages: [{ role, content: null }, last] } })).toMatchObject({
    status: 400,
    json: {
      error: {
        param: 'messages[0].content',
        message: "Invalid value for 'messages[0].content': this value is not allowed here.",
      },
    },
  })
})

test('accepts null as the content of an assistant message, and a refusal part', async () => {
  await using mock = await mockWith()
  const refusal = [{ type: 'refusal', refusal: 'I cannot draw this.' }]
  for (const content of [null, refusal]) {
    const messages = [
      { role: 'assistant', content },
      { role: 'user', content: 'a fox' },
    ]
    expect((await ask(mock, { body: { messages } })).status).toBe(200)
  }
})
