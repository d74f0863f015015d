import { expect, test } from 'vitest'
import type { Recipe } from '../../src/images/recipe.ts'
import type { PictureRequest } from '../../src/images/picture-cache.ts'
import { createPictureCache } from '../../src/images/picture-cache.ts'
import { Metrics } from '../../src/app/metrics.ts'

const recipe = (label: string): Recipe => ({
  model: 'm',
  width: 64,
  height: 64,
  format: 'png',
  palette: 0,
  emblem: '0123456789abcdef',
  label,
  references: [],
  index: 1,
  count: 1,
})

const request = (name: string, isGone = (): boolean => false): PictureRequest => ({
  name,
  recipe: recipe(name),
  isGone,
})

test('a picture is not drawn if all its clients have disconnected', async () => {
  const drawn: string[] = []
  const cache = createPictureCache(async ({ label }) => {
    drawn.push(label)
    return Buffer.alloc(1)
  }, new Metrics().pictures)
  const gone = (): boolean => true
  const outcomes = await Promise.allSettled([
    cache(request('busy')),
    cache(request('busy too')),
    cache(request('a', gone)),
    cache(request('b', gone)),
    cache(request('b')),
    cache(request('c', gone)),
    cache(request('c', gone)),
  ])
  expect(outcomes.map(({ status }) => status)).toEqual([
    'fulfilled',
    'fulfilled',
    'rejected',
    'fulfilled',
    'fulfilled',
    'rejected',
    'rejected',
  ])
  expect(drawn).toEqual(['busy', 'busy too', 'b'])
  await cache(request('a'))
  expect(drawn.at(-1)).toBe('a')
})

test('a picture is drawn once for concurrent and later requests', async () => {
  let drawn = 0
  const cache = createPictureCache(async () => Buffer.alloc(++drawn), new Metrics().pictures)
  const pictures = await Promise.all(Array.from({ length: 100 }, async () => cache(request('one'))))
  expect(new Set(pictures).size).toBe(1)
  await cache(request('one'))
  expect(drawn).toBe(1)
})

test('a failure does not block the next picture', async () => {
  const cache = createPictureCache(async ({ label }) => {
    if (label.endsWith('3')) throw new Error('broken')
    return Buffer.alloc(1)
  }, new Metrics().pictures)
  const outcomes = await Promise.allSettled(Array.from({ length: 20 }, async (_, i) => cache(request(String(i)))))
  expect(outcomes.filter(({ status }) => status === 'rejected')).toHaveLength(2)
})

test('caches 32 MiB of pictures, those that were used last', async () => {
  const drawn: string[] = []
  const cache = createPictureCache(async ({ label }) => {
    drawn.push(label)
    return Buffer.alloc(8_388_608)
  }, new Metrics().pictures)
  for (const label of ['a', 'b', 'c', 'd', 'a', 'e', 'a', 'b']) await cache(request(label))
  expect(drawn).toEqual(['a', 'b', 'c', 'd', 'e', 'b'])
})
