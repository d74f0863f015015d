import { expect, test } from 'vitest'
import { parse } from 'yaml'
import { readFileSync } from 'node:fs'
import { type ChatEntry, toChatBody, toChatForm, toChatHeaders } from '../../src/page/chat-form.ts'
import { mockWith } from '../ask.ts'

const CHAT = { method: 'POST', path: '/v1/chat/completions' }
const PIXEL =
  'data:image/png;base64,iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg=='
const EMPTY: ChatEntry = { model: 'm', prompt: 'a fox', references: [], stream: false, fields: {}, headers: {} }

const documentWith = (properties: object, schemas: object = {}): any => ({
  paths: {
    '/v1/chat/completions': {
      post: { requestBody: { content: { 'application/json': { schema: { type: 'object', properties } } } } },
    },
  },
  components: { schemas },
})

test('the form has the models and the simple fields of the contract', () => {
  const form = toChatForm(parse(readFileSync('openapi.yaml', 'utf8')), CHAT)
  expect(form?.models.length).toBe(13)
  expect(form?.families).toEqual(['flux-*', 'flux-kontext-*'])
  expect(form?.canStream).toBe(true)
  const names = form?.fields.map(({ name }) => name)
  expect(names).toEqual(expect.arrayContaining(['n', 'size', 'seed', 'quality', 'watermark', 'output_format']))
  expect(names, 'objects, lists, and fields without an effect').not.toEqual(
    expect.arrayContaining(['messages', 'model', 'stream', 'stream_options', 'modalities', 'tools', 'stop']),
  )
  expect(form?.fields.find(({ name }) => name === 'n')).toEqual({
    name: 'n',
    kind: 'number',
    values: [],
    minimum: 1,
    maximum: undefined,
    isWhole: true,
    about: 'Number of pictures. All are in one choice.',
  })
})

test('a field has the kind and the values of its schema, also by reference', () => {
  const form = toChatForm(
    documentWith(
      {
        style: { $ref: '#/components/schemas/Style' },
        loud: { type: 'boolean' },
        heat: { type: ['number', 'null'], maximum: 2 },
        any: {},
        nested: { type: 'object' },
      },
      {
        Style: {
          anyOf: [
            { type: 'string', enum: ['flat', 'deep'] },
            { type: 'string', nullable: true, enum: [null] },
          ],
        },
      },
    ),
    CHAT,
  )
  expect(form?.canStream).toBe(false)
  expect(form?.fields.map(({ name, kind, values, maximum }) => [name, kind, values, maximum])).toEqual([
    ['style', 'choice', ['flat', 'deep'], undefined],
    ['loud', 'flag', [], undefined],
    ['heat', 'number', [], 2],
  ])
})

test('a contract without the operation has no form', () => {
  expect(toChatForm({ paths: {} }, CHAT)).toBeUndefined()
})

test('the body has what was entered, with the types of the contract', () => {
  const form = toChatForm(
    documentWith({
      n: { type: 'integer' },
      loud: { type: 'boolean' },
      size: { type: 'string' },
      seed: { type: 'number' },
    }),
    CHAT,
  )
  expect(form).toBeDefined()
  const fields = { n: '2', loud: 'false', size: '16:9', seed: '' }
  expect(toChatBody(form ?? { fields: [] }, { ...EMPTY, stream: true, fields })).toEqual({
    model: 'm',
    messages: [{ role: 'user', content: 'a fox' }],
    stream: true,
    n: 2,
    loud: false,
    size: '16:9',
  })
})

test('references are parts of the message', () => {
  const references = ['data:image/png;base64,AA==', 'data:image/png;base64,BB==']
  expect(toChatBody({ fields: [] }, { ...EMPTY, references })).toEqual({
    model: 'm',
    messages: [
      {
        role: 'user',
        content: [
          { type: 'text', text: 'a fox' },
          { type: 'image_url', image_url: { url: references[0] } },
          { type: 'image_url', image_url: { url: references[1] } },
        ],
      },
    ],
  })
})

test('empty headers are not sent', () => {
  expect(toChatHeaders({ headers: { 'x-mock-pace': ' real ', 'x-mock-session': '', authorization: '  ' } })).toEqual({
    'content-type': 'application/json',
    'x-mock-pace': 'real',
  })
})

test('what the form sends is valid for every model', async () => {
  await using mock = await mockWith()
  const document = parse(readFileSync('openapi.yaml', 'utf8'))
  const form = toChatForm(document, CHAT)
  for (const model of form?.models ?? []) {
    const references = [PIXEL]
    const body = toChatBody(form ?? { fields: [] }, { ...EMPTY, model, references, fields: { n: '2', size: '1:1' } })
    const { status } = await mock.fetch('/v1/chat/completions', {
      method: 'POST',
      headers: toChatHeaders(EMPTY),
      body: JSON.stringify(body),
    })
    expect(status, model).toBe(200)
  }
  expect((await mock.exchanges()).flatMap(({ violations }) => violations)).toEqual([])
})
