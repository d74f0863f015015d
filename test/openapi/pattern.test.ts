import { expect, test } from 'vitest'
import { toPattern } from '../../src/openapi/linear-pattern.ts'

test.each<[source: string, matches: string[], others: string[]]>([
  [String.raw`^[a-zA-Z0-9_\-\:]+$`, ['a-b:c'], ['a b', '']],
  [String.raw`^\@\-\#$`, ['@-#'], ['@#']],
  [String.raw`^[\w-.]+$`, ['a-b.c'], ['a b']],
  [String.raw`^[.-\d]+$`, ['1-2.3'], ['a']],
  [String.raw`^a{$`, ['a{'], ['a']],
  [String.raw`^a{2}]$`, ['aa]'], ['a]']],
  [String.raw`^\w+\:\/\/`, ['http://x'], ['http:']],
])('%s, which is only valid without the flag u, means the same', (source, matches, others) => {
  expect(() => new RegExp(source, 'u')).toThrow(SyntaxError)
  const native = new RegExp(source)
  const pattern = toPattern(source)
  expect(matches.map((text) => [native.test(text), pattern.test(text)])).toEqual(matches.map(() => [true, true]))
  expect(others.map((text) => [native.test(text), pattern.test(text)])).toEqual(others.map(() => [false, false]))
  expect(String(pattern)).toBe(source)
})

test.each(['[', '(?i)a', '(a'])('%s is not valid in any way', (source) => {
  expect(() => toPattern(source)).toThrow(SyntaxError)
})
