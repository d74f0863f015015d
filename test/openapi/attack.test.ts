import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import fc from 'fast-check'
import { afterAll, describe, expect, test } from 'vitest'
import { createMock } from '../../src/index.ts'
import { loadContract } from '../../src/openapi/contract.ts'
import { toPattern } from '../../src/openapi/linear-pattern.ts'
import { ask, read } from '../ask.ts'
import { returning, serve } from './served.ts'

const { writeHonestContract } = await import(new URL('../../bench/honest-contract.js', import.meta.url).href)
const mock = await createMock()
const honest = await createMock({ spec: writeHonestContract() })
afterAll(async () => Promise.all([mock.close(), honest.close()]))

// The bounds are wide: without the limits, these requests take many times as long.
const SECONDS = 1000

/** The response to the last of some equal requests, and the milliseconds that all of them took. */
async function timeOf<T>(times: number, request: () => Promise<T>): Promise<{ response: T; time: number }> {
  const started = performance.now()
  let response = await request()
  for (let i = 1; i < times; i++) response = await request()
  return { response, time: performance.now() - started }
}

describe('validation stops after 50 violations', () => {
  const contentOf = (items: any[]): any => ({ messages: [{ role: 'user', content: items }] })
  const many = (value: any, length = 49_000): any[] => Array.from({ length }, () => value)

  test.each<[what: string, body: any, first: string]>([
    ['wrong parts', contentOf(many(3, 99_900)), 'messages[0].content[0]'],
    ['parts without a type', contentOf(many({})), 'messages[0].content[0].type'],
    ['parts of an unknown type', contentOf(many({ type: 'x' })), 'messages[0].content[0].type'],
    ['wrong messages', { messages: many(1, 99_900) }, 'messages[0]'],
    ['wrong parts in many messages', { messages: many({ content: many(1, 490) }, 200) }, 'messages[0].role'],
  ])('%s', async (_what, body, first) => {
    const { response, time } = await timeOf(4, async () => ask(mock, { body }))
    expect(response.json.error.param).toBe(first)
    expect(response.json.error.message).toMatch(/ And at least 30 more\.$/)
    expect(time).toBeLessThan(4 * SECONDS)
  })

  test('the journal has 50 violations', async () => {
    await mock.reset()
    await ask(mock, { body: contentOf(many(3)) })
    expect((await mock.exchanges())[0]?.violations).toHaveLength(50)
  })
})

async function post(path: string, body: unknown): Promise<any> {
  const headers = { 'content-type': 'application/json' }
  return read(await honest.fetch(`${honest.url}${path}`, { method: 'POST', headers, body: JSON.stringify(body) }))
}

describe('each keyword takes linear time', () => {
  const LONG = 'z'.repeat(20_000)
  const listOf = (length: number, item: (i: number) => unknown): unknown[] => Array.from({ length }, (_, i) => item(i))

  test.each<[what: string, path: string, body: unknown, status: number]>([
    ['anyOf of two lists', '/any-of', listOf(99_900, () => ({})), 400],
    ['uniqueItems of objects', '/unique-objects', listOf(33_000, (i) => ({ i, b: 1 })), 200],
    ['an enum of 20,000 values', '/enum', listOf(99_000, () => 'value-19999'), 200],
    ['a pattern with nested repetitions', '/pattern', [`${'a'.repeat(100_000)}!`], 400],
    ['a pattern that is searched for', '/pattern-search', [`${'a'.repeat(1_000_000)}!`], 400],
    ['base64', '/byte', ['AAAA'.repeat(2_000_000)], 200],
    ['text that is not base64', '/byte', ['AAAA'.repeat(2_000_000).concat('QQ=!')], 400],
    ['a data URI', '/uri', [`data:image/png;base64,${'AAAA'.repeat(2_000_000)}`], 200],
    ['a long text that is not a URI', '/uri', [`data:image/png;base64,${'AAAA'.repeat(2_000_000)} `], 400],
    ['a URL with many colons', '/url', listOf(4, () => `http://${':'.repeat(60_000)} `), 400],
  ])('%s', async (_what, path, body, expected) => {
    const { response, time } = await timeOf(path === '/enum' ? 4 : 1, async () => post(path, body))
    expect(response.status).toBe(expected)
    expect(time).toBeLessThan(8 * SECONDS)
  })

  test.each<[path: string, body: unknown, message: string]>([
    ['/unique-objects', [{ a: 1, b: [2] }, { c: 1 }, { b: [2.0], a: 1 }], '(items ## 0 and 2 are identical)'],
    ['/unique-objects', [{ a: '1' }, { a: 1 }, { a: null }, {}, { a: [] }, { a: {} }, { a: '[]' }, { 1: 'a' }], ''],
    ['/unique-texts', ['a', 'b', 'b', 'a'], '(items ## 2 and 1 are identical)'],
    ['/unique-texts', [LONG, LONG], '(items ## 1 and 0 are identical)'],
    ['/enum', ['value-1', 'other'], "Invalid value for '[1]': supported values are 'value-0', 'value-1', "],
    ['/byte', ['QUI=', 'QQ==', '', 'AAAA\nAAAA'], ''],
    ['/byte', ['QUI'], `must match format "byte"`],
    ['/url', ['http://user:pass@example.com/x', 'https://example.com'], ''],
    ['/url', ['http://example'], `must match format "url"`],
    ['/pattern', ['aaa'], ''],
    ['/pattern', ['aab'], `must match pattern "^(a+)+$"`],
  ])('%s of a value is as in JSON Schema (%#)', async (path, body, message) => {
    const { status, json } = await post(path, body)
    expect(status).toBe(message === '' ? 200 : 400)
    if (message !== '') expect(json.error.message).toContain(message)
  })
})

describe('patterns', () => {
  const character = fc.constantFrom(
    ...String.raw`a b . [ab] [^a] [] [^] [\w-] [[:a] [\s\S] [^\S] [\b] [a&&b] 😀 \d \w \s \S \u0041 \u{1F600}`.split(
      ' ',
    ),
    ...String.raw`\ud83d\ude00 \x61 \cJ \0 \/ \p{Lu} \p{Script=Han} \$`.split(' '),
  )
  const { pattern } = fc.letrec<{ pattern: string; atom: string }>((tie) => ({
    pattern: fc
      .array(fc.tuple(tie('atom'), fc.constantFrom('', '', '*', '+', '?', '{2}', '{1,3}', '{2,}', '*?')), {
        maxLength: 4,
      })
      .map((parts) => parts.flat().join('')),
    atom: fc.oneof(
      { maxDepth: 2, withCrossShrink: true },
      character,
      tie('pattern').map((inner) => `(${inner})`),
      fc.tuple(tie('pattern'), tie('pattern')).map(([a, b]) => `(?:${a}|${b})`),
    ),
  }))
  const head = fc.oneof(
    fc.constantFrom('', '^', '^(?!b)'),
    pattern.map((inner) => `^(?=.*${inner})(?!${inner}$)`),
  )
  const text = fc.string({
    unit: fc.constantFrom(
      'a',
      'b',
      'A',
      '1',
      ' ',
      '\n',
      '\r',
      '\u2028',
      '\u00a0',
      '😀',
      '猫',
      '/',
      '[',
      ':',
      '\b',
      '\0',
      '$',
    ),
    maxLength: 8,
  })

  test('have the meaning that JavaScript gives them', () => {
    fc.assert(
      fc.property(head, pattern, fc.constantFrom('', '$', '|a$'), fc.array(text), (start, middle, end, texts) => {
        const source = start + middle + end
        fc.pre(!source.startsWith('^(?') || !end.startsWith('|'))
        const native = new RegExp(source, 'u')
        const linear = toPattern(source)
        expect(texts.map((one) => [one, linear.test(one)])).toEqual(texts.map((one) => [one, native.test(one)]))
      }),
      { numRuns: 1000, seed: 1 }, // with some seeds, a regular expression of JavaScript takes hours
    )
  })

  test.each([
    '^.*$',
    '^[^x]*y$',
    '^[a-z]{5,}y$',
    '^a*a*a*a*b$',
    '^(?=.*\\d)(?!.*x).{8,}$',
    '(?<=a+)b$',
    '^(\\w+\\s?)*$',
    '^.{1,50000}$',
    '^[a-z]{3}[A-Z]{1,20}$',
    '^(?:.{1,1000}x)+$',
  ])('%s takes linear time', async (source) => {
    const { test: matches } = toPattern(source)
    const { time } = await timeOf(1, async () => ['a', '😀'].map((one) => matches(one.repeat(3_000_000))))
    expect(time).toBeLessThan(4 * SECONDS)
  })

  test.each([
    ['^(a)\\1$', 'a backreference'],
    ['^(?<q>["a])x\\k<q>$', 'a backreference'],
    ['^a(?=b)', "a lookahead that does not directly follow a '^' at its beginning"],
    ['(?!a)b', "a lookahead that does not directly follow a '^' at its beginning"],
    ['^(?:a{1,2000}b)+$', 'a part (error parsing regexp: '],
  ])('the pattern %s of a contract is ignored', async (source, reason) => {
    expect(() => toPattern(source)).toThrow(`the pattern ${JSON.stringify(source)} has ${reason}`)
    expect(await errorOf({ schemas: { One: { type: 'string', pattern: source } } })).toBe('')
  })
})

/** The error of a contract of which a body has the schema One. */
async function errorOf(components: any): Promise<string> {
  const schema = { $ref: '#/components/schemas/One' }
  const operation = { requestBody: { content: { 'application/json': { schema } } }, responses: {} }
  const responses = { 200: { description: 'One' } }
  const info = { title: 'One', version: '1' }
  const paths = { '/one': { post: { ...operation, responses } } }
  const folder = await mkdtemp(join(tmpdir(), 'attack-'))
  try {
    const file = join(folder, 'one.json')
    await writeFile(file, JSON.stringify({ openapi: '3.0.3', info, paths, components }))
    return await loadContract(file).then(
      () => '',
      (error: unknown) => String(error),
    )
  } finally {
    await rm(folder, { recursive: true })
  }
}

describe('a document whose parts multiply', () => {
  /** 26 schemas, each of which has the next one twice. */
  const doubling = (twice: (ref: any) => any): any => {
    const next = (i: number): any => ({ $ref: `#/components/schemas/L${i}` })
    const levels = Array.from({ length: 26 }, (_, i) => [`L${i}`, twice(next(i + 1))])
    return { schemas: { One: next(0), ...Object.fromEntries(levels), L26: { type: 'object' } } }
  }

  test.each<[string, (ref: any) => any, string]>([
    ['allOf', (ref) => ({ allOf: [ref, ref] }), 'the schema includes more than 10000 schemas by allOf, '],
    [
      'oneOf and not',
      (ref) => ({ not: { oneOf: [ref, ref] } }),
      'the schema includes more than 10000 schemas by allOf, ',
    ],
  ])('by %s is rejected', async (_what, twice, message) => {
    await errorOf({ schemas: { One: {} } }) // loads the modules
    const { response, time } = await timeOf(1, async () => errorOf(doubling(twice)))
    expect(response).toContain(message)
    expect(time).toBeLessThan(2 * SECONDS)
  })

  test('one that contains itself twice is not', async () => {
    const ref = { $ref: '#/components/schemas/One' }
    expect(await errorOf({ schemas: { One: { properties: { a: ref, b: { anyOf: [ref, ref] } } } } })).toBe('')
  })
})

test.each(['/many-items', '/long-text', '/large-example', '/fan-out'])(
  'a sample of %s has a bounded size, and a note',
  async (path) => {
    const { response, time } = await timeOf(1, async () => read(await honest.fetch(`${honest.url}${path}`)))
    expect(response.status).toBe(200)
    expect(response.text.length).toBeLessThan(2_000_000)
    expect(response.headers.get('x-mock-note')).toBe('sample cut: its schema requires too many or too long values')
    expect(time).toBeLessThan(2 * SECONDS)
  },
)

test('a sample of unions that contain unions takes bounded time, once', async () => {
  const level = (i: number): any => {
    const next = { $ref: `#/components/schemas/S${i + 1}` }
    const a = { oneOf: Array.from({ length: 10 }, () => next), not: { type: 'object' } }
    return { type: 'object', required: ['a', 'b'], properties: { a, b: { anyOf: [next, next] } } }
  }
  const schemas = {
    ...Object.fromEntries(Array.from({ length: 12 }, (_, i) => [`S${i}`, level(i)])),
    S12: { type: 'string', pattern: '^a{5}$', minLength: 9 },
  }
  const { send } = await serve({
    paths: { '/one': { get: returning({ $ref: '#/components/schemas/S0' }) } },
    components: { schemas },
  })
  const { response, time } = await timeOf(10, async () => send('GET', '/one'))
  expect(response.status).toBe(200)
  expect(response.note).not.toBe('')
  expect(time).toBeLessThan(12 * SECONDS)
})

describe('a schema of which two branches contain the schema itself', () => {
  const nestedIn = (levels: number): unknown => Array.from({ length: levels }).reduce((inner) => ({ a: inner }), 1)

  test('a value that is nested too deeply for it is rejected', async () => {
    const { response, time } = await timeOf(1, async () => post('/tree', nestedIn(50)))
    expect(response.json.error.message).toBe(
      "Invalid value for 'body': it takes more than 500000 steps to compare it with the schemas of the contract.",
    )
    expect(time).toBeLessThan(8 * SECONDS)
  })

  test('a large body that is compared with many schemas is not', async () => {
    const content = Array.from({ length: 33_000 }, () => ({ type: 'text', text: 'a' }))
    expect((await ask(honest, { body: { messages: [{ role: 'user', content }] } })).status).toBe(200)
  })

  test('the coverage finds the schema of a violation in linear time', async () => {
    await honest.reset()
    expect((await post('/tree', nestedIn(14))).status).toBe(400)
    const { response, time } = await timeOf(20, async () => honest.coverage())
    expect(response.violations).toMatchObject([{ operation: 'POST /tree', count: 1 }])
    expect(time).toBeLessThan(2 * SECONDS)
  })
})
