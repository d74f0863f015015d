import fc from 'fast-check'
import { expect, test } from 'vitest'
import { readJson } from '../../src/util/json.ts'
import { bytesInUse, growthSince } from '../memory.ts'

const read = (text: string | Buffer) => readJson(typeof text === 'string' ? Buffer.from(text) : text)
const isJson = (text: string): boolean => {
  try {
    JSON.parse(text)
    return true
  } catch {
    return false
  }
}
const deep = (levels: number): string => '['.repeat(levels) + ']'.repeat(levels)
const wide = (item: string, count: number): string => `[${Array(count).fill(item).join(',')}]`

test('readJson agrees with JSON.parse on every JSON text', () => {
  fc.assert(
    fc.property(fc.json(), (text) => {
      expect(read(text)).toEqual({ value: JSON.parse(text) })
    }),
  )
})

test('readJson agrees with JSON.parse on long strings and long names, whole and cut', () => {
  const long = fc.constantFrom(
    ...['x', '猫', '\\', '"', '\u2028', '\ud83d', '\0'].flatMap((unit) =>
      ['', 'a', 'b'].map((first) => `${first}${unit.repeat(4200)}${'z'.repeat(100)}`),
    ),
  )
  const value = fc.letrec((tie) => ({
    any: fc.oneof(
      long,
      fc.jsonValue(),
      fc.array(tie('any'), { maxLength: 3 }),
      fc.dictionary(fc.oneof(long, fc.string()), tie('any'), { maxKeys: 3 }),
    ),
  })).any
  fc.assert(
    fc.property(value, fc.constantFrom(undefined, 1), fc.nat(), (any, space, cut) => {
      const text = JSON.stringify(any, null, space)
      expect(read(text)).toEqual({ value: JSON.parse(text) })
      const changed = text.slice(0, cut % text.length)
      expect('value' in read(changed)).toBe(isJson(changed))
    }),
  )
})

test('accepts 100 long names, rejects 101', () => {
  const named = (count: number, length: number): string =>
    JSON.stringify(Object.fromEntries(Array.from({ length: count }, (_, i) => [`${i}${'n'.repeat(length)}`, i])))
  expect(read(named(100, 4200))).toHaveProperty('value')
  expect(read(named(101, 4200))).toEqual({
    fault: 'The request body has too many long names. The limit is 100 names of more than 4096 bytes.',
    isLimit: true,
  })
  expect(read(named(500, 4000))).toHaveProperty('value')
})

test('reports the position of a syntax error after a long string', () => {
  expect(read(`{"a":"${'x'.repeat(5000)}",}`)).toEqual({
    fault: 'The request body is not valid JSON: syntax error at character 5009.',
  })
  expect(read(`{"a":"${'x'.repeat(5000)}\n"}`)).toEqual({
    fault: 'The request body is not valid JSON: syntax error at character 5007.',
  })
})

test('readJson rejects every text that JSON.parse rejects', () => {
  fc.assert(
    fc.property(
      fc.oneof(fc.string(), fc.string({ unit: fc.constantFrom('[', ']', '{', '}', ',', '"', '\\', ':', '1', ' ') })),
      (text) => {
        expect('value' in read(text)).toBe(isJson(text))
      },
    ),
  )
})

test.each<[string, string | Buffer, unknown]>([
  ['skips a byte order mark', '\u{FEFF}{"a":1}', { a: 1 }],
  ['uses the last of two equal keys', '{"a":1,"a":2}', { a: 2 }],
  ['accepts an escaped half of a surrogate pair', String.raw`"\ud83d"`, '\ud83d'],
  ['accepts an escaped NUL', String.raw`"\u0000"`, '\0'],
  [
    'does not count brackets and commas in a string',
    JSON.stringify(`${'[{,'.repeat(200_000)}"]}\\`),
    `${'[{,'.repeat(200_000)}"]}\\`,
  ],
  [
    'does not end a string at escaped quotes and backslashes',
    JSON.stringify('\\"['.repeat(100_000)),
    '\\"['.repeat(100_000),
  ],
  ['accepts a string that ends with escaped backslashes', String.raw`["\\\\",["\\\""]]`, ['\\\\', ['\\"']]],
])('%s', (_, text, value) => {
  expect(read(text)).toEqual({ value })
})

test('__proto__ is a key like any other', () => {
  const reading = read('{"__proto__":{"polluted":1}}')
  expect(reading).toHaveProperty('value')
  const value: any = 'value' in reading ? reading.value : undefined
  expect(Object.keys(value)).toEqual(['__proto__'])
  expect(value.polluted).toBeUndefined()
})

const UTF8 = 'The request body is not valid UTF-8.'
const DEEP = 'The request body is nested too deeply. The limit is 64 levels.'
const MANY = 'The request body has too many values. The limit is 100000.'
const EMPTY = 'The request body is empty; send a JSON object.'

test.each<[string, string | Buffer, string | RegExp]>([
  ['an empty body', '', EMPTY],
  ['only a byte order mark', '\u{FEFF}', EMPTY],
  ['a body of spaces', '  \n', /not valid JSON/],
  ['a byte that is not UTF-8', Buffer.from([0x22, 0xff, 0x22]), UTF8],
  ['half of a surrogate pair in UTF-8', Buffer.from([0x22, 0xed, 0xa0, 0xbd, 0x22]), UTF8],
  ['UTF-16', Buffer.from('\u{FEFF}{}', 'utf16le'), UTF8],
  ['a raw NUL', '{"a":"\0"}', /not valid JSON/],
  ['a cut body', '{"a":[1,', /not valid JSON/],
  ['a cut string', '{"a":"b', /not valid JSON/],
  ['single quotes', "{'a':1}", 'The request body is not valid JSON: syntax error at character 2.'],
  ['two values', '{} {}', /not valid JSON/],
  ['NaN', '[NaN]', /not valid JSON/],
  ['16 million [', '['.repeat(16_000_000), DEEP],
  ['16 million {},', `[${'{},'.repeat(16_000_000)}{}]`, MANY],
  ['16 million []', `[${'[],'.repeat(16_000_000)}[]]`, MANY],
  ['16 million commas', `[${'0,'.repeat(16_000_000)}0]`, MANY],
])('rejects %s', (_, text, fault) => {
  const isLimit = fault === DEEP || fault === MANY ? { isLimit: true } : {}
  expect(read(text)).toEqual({ fault: typeof fault === 'string' ? fault : expect.stringMatching(fault), ...isLimit })
})

test('an error does not quote the body', () => {
  const reading = read(`{"secret": ${'x'.repeat(1000)}`)
  expect('fault' in reading ? reading.fault : '').toMatch(/^The request body is not valid JSON: .{5,40}$/)
})

test('accepts 64 levels, rejects 65', () => {
  expect(read(deep(64))).toHaveProperty('value')
  expect(read(deep(65))).toEqual({ fault: DEEP, isLimit: true })
  expect(read(`[${wide(deep(63), 1000)}]`)).toEqual({ fault: DEEP, isLimit: true })
  expect(read(wide(deep(63), 1000))).toHaveProperty('value')
})

test.each([
  ['numbers', '1', 100_000],
  ['strings', '"a,b"', 100_000],
  ['empty objects', '{}', 100_000],
  ['empty arrays', ' [ ] ', 100_000],
  ['objects of one member', '{"a":1}', 50_000],
])('accepts 100,000 values, rejects 100,001: %s', (_, item, count) => {
  expect(read(wide(item, count))).toHaveProperty('value')
  expect(read(wide(item, count + 1))).toEqual({ fault: MANY, isLimit: true })
})

test('frees the memory of a body after it was read', async () => {
  const before = bytesInUse()
  for (let i = 0; i < 100; i++)
    expect(read(Buffer.from(`"${String(i).repeat(1_048_576).slice(0, 1_048_576)}"`))).toHaveProperty('value')
  await expect.poll(() => growthSince(before), { message: 'MB in use after a hundred bodies of 1 MiB' }).toBeLessThan(4)
})
