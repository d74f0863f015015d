import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { validateContract } from '../../src/openapi/contract.ts'
import { returning, serve, taking } from './served.ts'

const ODD: readonly [string, unknown][] = [
  ['an unknown type', { type: 'text' }],
  ['an invalid pattern', { type: 'string', pattern: '[' }],
  ['a pattern that needs more than linear time', { type: 'string', pattern: '(a)\\1' }],
  ['a $ref to nothing', { $ref: '#/components/schemas/None' }],
  ['an empty enum', { enum: [] }],
  ['a list of items', { items: [{ type: 'string' }] }],
  ['a limit that is a text', { minLength: 'many' }],
  ['no schema at all', 7],
  ['an empty anyOf', { anyOf: [] }],
  ['an invalid schema in a branch', { anyOf: [{ type: 'text' }, { pattern: '(' }] }],
  ['an $id in an example', { example: { $id: '1', id: '1' } }],
]

test.each(ODD)('%s affects only itself', async (_, schema) => {
  const body = { type: 'object', required: ['size'], properties: { odd: schema, size: { type: 'integer' } } }
  const { send } = await serve({ paths: { '/one': { post: taking(body), get: returning(body) } } })
  expect((await send('POST', '/one', { body: { odd: 'text', size: 1 } })).status).toBe(204)
  expect((await send('POST', '/one', { body: { odd: 'text', size: 'x' } })).json.error.param).toBe('size')
  expect(await send('GET', '/one')).toMatchObject({ status: 200, json: { size: 0 } })
})

test('a key that is not a media type affects only itself', async () => {
  const content = { 'application json': { example: 1 }, 'text/plain': { example: 'text' } }
  const { send } = await serve({
    paths: { '/one': { get: { responses: { '200': { description: 'One', content } } } } },
  })
  expect(await send('GET', '/one')).toMatchObject({ status: 200, text: 'text' })
})

test('a warning has the line of its keyword in a JSON file', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'unusual-'))
  try {
    const file = join(folder, 'one.json')
    const odd = { enum: [1, { x: [] }], type: 'text' }
    const schemas = { A: { properties: { 'a/"b': odd } }, C: { properties: { d: { minimum: 'x' } } } }
    const document = { openapi: '3.1.0', info: { title: 'é\n{', version: '1' }, paths: {}, components: { schemas } }
    const text = JSON.stringify(document, undefined, 2)
    await writeFile(file, text)
    const lineOf = (part: string): number => text.slice(0, text.indexOf(part)).split('\n').length
    const { warnings } = await validateContract(file)
    expect(warnings.map((warning) => warning.slice(file.length))).toEqual([
      expect.stringMatching(new RegExp(`^:${lineOf('"type"')} #/components/schemas/A/properties/a~1"b/type: `)),
      expect.stringMatching(new RegExp(`^:${lineOf('"minimum"')} #/components/schemas/C/properties/d/minimum: `)),
    ])
  } finally {
    await rm(folder, { recursive: true })
  }
})
