import { expect, test } from 'vitest'
import { serve } from './served.ts'

const responses = { '204': { description: 'None' } }
const query = (schema: unknown, more: object = {}): any => ({ name: 'q', in: 'query', schema, ...more })
const INTEGER = { type: 'integer' }
const TAGS = { type: 'array', items: { type: 'string', maxLength: 5 } }

/** The status of a GET with a query, of an operation with these query parameters. */
async function statuses(parameters: unknown[], queries: string[], openapi = '3.1.0'): Promise<number[]> {
  const schemas = { Ids: { type: 'array', items: INTEGER } }
  const { send } = await serve({
    openapi,
    paths: { '/one': { get: { parameters, responses } } },
    components: { schemas },
  })
  const found: number[] = []
  for (const text of queries) found.push((await send('GET', `/one?${text}`)).status)
  return found
}

test.each<[string, any, valid: string[], invalid: string[]]>([
  [
    'anyOf of two scalars',
    query({
      anyOf: [
        { type: 'integer', minimum: 1 },
        { type: 'string', enum: ['all'] },
      ],
    }),
    ['q=5', 'q=all'],
    ['q=0', 'q=no'],
  ],
  [
    'oneOf of a boolean and a number',
    query({ oneOf: [{ type: 'boolean' }, { type: 'number' }] }),
    ['q=true', 'q=1.5'],
    ['q=x'],
  ],
  ['a list of types', query({ type: ['integer', 'null'], maximum: 5 }), ['q=5', 'q=null'], ['q=6']],
  [
    'allOf with a $ref',
    query({ allOf: [{ $ref: '#/components/schemas/Ids' }, { maxItems: 2 }] }),
    ['q=1&q=2', 'q=3'],
    ['q=1&q=a', 'q=1&q=2&q=3'],
  ],
  [
    'a list or null, as FastAPI writes it',
    query({ anyOf: [{ type: 'array', items: INTEGER }, { type: 'null' }] }),
    ['q=1&q=2', 'q=1', ''],
    ['q=a'],
  ],
  [
    'a text or a list',
    query(
      {
        oneOf: [
          { type: 'string', enum: ['all'] },
          { type: 'array', items: INTEGER },
        ],
      },
      { explode: false },
    ),
    ['q=all', 'q=1,2', 'q=7'],
    ['q=none'],
  ],
  [
    'an object or a text',
    query(
      {
        anyOf: [
          { type: 'string', pattern: '^\\d+$' },
          { type: 'object', properties: { gt: INTEGER } },
        ],
      },
      { style: 'deepObject' },
    ),
    ['q=7', 'q[gt]=7'],
    ['q=x', 'q[gt]=x'],
  ],
  [
    'deepObject with other properties',
    query({ type: 'object', additionalProperties: INTEGER }, { style: 'deepObject' }),
    ['q[a]=1&q[b]=2'],
    ['q[a]=x'],
  ],
  [
    'deepObject with lists and objects inside',
    query(
      {
        type: 'object',
        properties: { ids: { type: 'array', items: INTEGER }, in: { type: 'object', properties: { a: INTEGER } } },
      },
      { style: 'deepObject' },
    ),
    ['q[ids][]=1&q[ids][]=2', 'q[ids][0]=1&q[ids][1]=2', 'q[in][a]=1'],
    ['q[ids][]=x', 'q[in][a]=x'],
  ],
  [
    'an open object in the query itself',
    query({ type: 'object', additionalProperties: INTEGER }),
    ['a=1&b=2'],
    ['a=x'],
  ],
  [
    'a comma inside of an item',
    query(TAGS, { explode: false }),
    ['q=a%2Cb,c%2Cd', 'q=abc,d'],
    ['q=abcdef,g', 'q=a%2Cbcde'],
  ],
  [
    'a space inside of an item',
    query(TAGS, { style: 'spaceDelimited', explode: false }),
    ['q=ab%20cd%20ef', 'q=ab+cd'],
    ['q=abcdef%20g'],
  ],
  [
    'a vertical bar between items',
    query(TAGS, { style: 'pipeDelimited', explode: false }),
    ['q=ab|cd', 'q=ab%7Ccd'],
    ['q=abcdef|g'],
  ],
  ['no value where it is allowed', query(INTEGER, { allowEmptyValue: true }), ['q', 'q=', 'q=1'], ['q=x']],
  ['no value elsewhere', query(INTEGER), ['q=1'], ['q=', 'q']],
  [
    'an object with commas',
    query({ type: 'object', properties: { a: INTEGER, b: { type: 'string' } } }, { explode: false }),
    ['q=a,1,b,x%2Cy'],
    ['q=a,x'],
  ],
  [
    'JSON',
    { name: 'q', in: 'query', content: { 'application/json': { schema: { type: 'object', required: ['a'] } } } },
    ['q=%7B%22a%22%3A%22x+y%22%7D'],
    ['q=%7B%7D'],
  ],
])('a query parameter with %s', async (_, parameter, valid, invalid) => {
  expect(await statuses([parameter], valid)).toEqual(valid.map(() => 204))
  expect(await statuses([parameter], invalid)).toEqual(invalid.map(() => 400))
})

test('other parameters are not properties of an open object', async () => {
  const open = query({ type: 'object', additionalProperties: INTEGER })
  expect(await statuses([open, { name: 'sort', in: 'query', schema: { type: 'string' } }], ['a=1&sort=up'])).toEqual([
    204,
  ])
})

test.each<[string, any, valid: string[], invalid: string[]]>([
  ['a list', { schema: TAGS }, ['a,b', 'a%2Cb,c'], ['abcdef,g']],
  ['the style label', { style: 'label', schema: { type: 'array', items: INTEGER } }, ['.1,2', '.3'], ['.a']],
  [
    'the style label, exploded',
    { style: 'label', explode: true, schema: { type: 'array', items: INTEGER } },
    ['.1.2'],
    ['.1.a'],
  ],
  ['the style matrix', { style: 'matrix', schema: INTEGER }, [';id=1'], [';id=a']],
  [
    'the style matrix, exploded',
    { style: 'matrix', explode: true, schema: { type: 'array', items: INTEGER } },
    [';id=1;id=2'],
    [';id=1;id=a'],
  ],
  ['a union', { schema: { anyOf: [{ type: 'integer', minimum: 1 }, { const: 'me' }] } }, ['1', 'me'], ['0', 'you']],
  ['a plus sign', { schema: { type: 'string', const: 'a+b' } }, ['a+b', 'a%2Bb'], ['a%20b']],
])('a path parameter with %s', async (_, parameter, valid, invalid) => {
  const parameters = [{ name: 'id', in: 'path', required: true, ...parameter }]
  const { send } = await serve({ paths: { '/one/{id}': { get: { parameters, responses } } } })
  for (const text of valid) expect([text, (await send('GET', `/one/${text}`)).status]).toEqual([text, 204])
  for (const text of invalid) expect([text, (await send('GET', `/one/${text}`)).status]).toEqual([text, 400])
})

test('a header and a cookie may have several types', async () => {
  const schema = {
    anyOf: [
      { type: 'integer', maximum: 5 },
      { type: 'string', enum: ['all'] },
    ],
  }
  const parameters = [
    { name: 'X-Size', in: 'header', schema },
    { name: 'size', in: 'cookie', schema },
  ]
  const { send } = await serve({ paths: { '/one': { get: { parameters, responses } } } })
  const statusOf = async (headers: Record<string, string>): Promise<number> =>
    (await send('GET', '/one', { headers })).status
  expect(await statusOf({ 'x-size': '5', cookie: 'size=all' })).toBe(204)
  expect(await statusOf({ 'x-size': '6' })).toBe(400)
  expect(await statusOf({ cookie: 'size=no' })).toBe(400)
})

test('a violation of a union names what is allowed', async () => {
  const parameters = [query({ anyOf: [{ type: 'integer' }, { type: 'boolean' }] })]
  const { send } = await serve({ paths: { '/one': { get: { parameters, responses } } } })
  expect((await send('GET', '/one?q=x')).json.error.message).toBe(
    "Invalid type for 'q': expected an integer or a boolean, but got a string instead.",
  )
})
