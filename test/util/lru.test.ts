import { expect, test } from 'vitest'
import { createCache } from '../../src/util/lru.ts'

test('a cache keeps the most recently used values, and counts a key once', () => {
  const cache = createCache<string>(4, ({ length }) => length)
  cache.set('a', 'aa')
  cache.set('a', 'AA')
  cache.set('b', 'bb')
  expect([cache.get('b'), cache.get('a')]).toEqual(['bb', 'AA'])
  cache.set('c', 'c')
  expect([cache.get('a'), cache.get('b'), cache.get('c')]).toEqual(['AA', undefined, 'c'])
  cache.set('d', 'ddddd')
  expect([cache.get('a'), cache.get('d')], 'a value that is too heavy evicts no other').toEqual(['AA', undefined])
})

test('size() returns the number of values and their total weight', () => {
  const cache = createCache<string>(4, ({ length }) => length)
  for (const key of ['a', 'b', 'b', 'c', 'd']) cache.set(key, key.repeat(2))
  expect(cache.size()).toEqual({ values: 2, weight: 4 })
})
