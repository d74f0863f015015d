import { expect, test } from 'vitest'
import { memoize, memoizeLongText } from '../../src/util/memoize.ts'

test('memoizeLongText caches values for long texts, but not for short ones', () => {
  const made: string[] = []
  const first = memoizeLongText((text) => {
    made.push(text[0] ?? '')
    return text.length
  })
  const long = (letter: string, length = 4096): string => letter.repeat(length)
  for (const text of ['a', 'a', long('b'), long('b'), long('c'), long('b')]) expect(first(text)).toBe(text.length)
  expect(made).toEqual(['a', 'a', 'b', 'c'])
  const second = memoizeLongText((text) => text.slice(0, 2))
  expect([second(long('b')), second(long('c')), first(long('b'))], 'each function has its own values').toEqual([
    'bb',
    'cc',
    4096,
  ])
  first(long('d', 16_777_216))
  first(long('b'))
  expect(made, 'at most 16,777,216 characters').toEqual(['a', 'a', 'b', 'c', 'd', 'b'])
})

test('a thousand long texts of the same length are not slower than texts of different lengths', () => {
  // V8 hashes a text of more than 16,383 characters by its length: a Map by text would compare each with all others.
  const textsOf = (lengthOf: (i: number) => number): string[] =>
    Array.from({ length: 1000 }, (_, i) => Buffer.from('z'.repeat(lengthOf(i)) + String(i).padStart(4, '0')).toString())
  const timeOf = (texts: readonly string[]): number => {
    const measure = memoizeLongText((text) => text.length)
    const start = performance.now()
    for (const text of texts) measure(text)
    return performance.now() - start
  }
  const best = (times: readonly number[]): number => Math.min(...times)
  const [sameLength, others] = [textsOf(() => 16_500), textsOf((i) => 16_500 + i)]
  expect(best([1, 2, 3].map(() => timeOf(sameLength)))).toBeLessThan(10 * best([1, 2, 3].map(() => timeOf(others))) + 5)
})

test('memoize caches the values of the most recently used inputs, and none for an input without a key', () => {
  const made: string[] = []
  const upper = memoize(
    (text: string) => {
      made.push(text)
      return text.toUpperCase()
    },
    { keyOf: (text) => (text.length > 3 ? undefined : text), max: 2 },
  )
  expect(['a', 'b', 'a', 'c', 'a', 'b', 'long', 'long'].map(upper)).toEqual([
    'A',
    'B',
    'A',
    'C',
    'A',
    'B',
    'LONG',
    'LONG',
  ])
  expect(made, 'a was used after b, so c replaced b').toEqual(['a', 'b', 'c', 'b', 'long', 'long'])
})
