import { expect, test } from 'vitest'
import { createCache, memoizeLongText } from '../../src/util/lru.ts'

test('a cache keeps what was asked for last, and counts a key once', () => {
  const cache = createCache<string>(4, ({ length }) => length)
  cache.set('a', 'aa')
  cache.set('a', 'AA')
  cache.set('b', 'bb')
  expect([cache.get('b'), cache.get('a')]).toEqual(['bb', 'AA'])
  cache.set('c', 'c')
  expect([cache.get('a'), cache.get('b'), cache.get('c')]).toEqual(['AA', undefined, 'c'])
  cache.set('d', 'ddddd')
  expect([cache.get('a'), cache.get('d')], 'what is too heavy pushes out nothing').toEqual(['AA', undefined])
})

test('of long texts what a function made last is recalled, of short ones nothing', () => {
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
  expect(made, '16,777,216 characters are recalled').toEqual(['a', 'a', 'b', 'c', 'd', 'b'])
})
