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

const wanted = (name: string, isGone = (): boolean => false): PictureRequest => ({ name, recipe: recipe(name), isGone })

test('what nobody waits for any more is not drawn', async () => {
  const drawn: string[] = []
  const cache = createPictureCache(async ({ label }) => {
    drawn.push(label)
    return Buffer.alloc(1)
  }, new Metrics().pictures)
  const gone = (): boolean => true
  const outcomes = await Promise.allSettled([
    cache(wanted('busy')),
    cache(wanted('busy too')),
    cache(wanted('a', gone)),
    cache(wanted('b', gone)),
    cache(wanted('b')),
    cache(wanted('c', gone)),
    cache(wanted('c', gone)),
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
  await cache(wanted('a'))
  expect(drawn.at(-1)).toBe('a')
})

test('a picture is drawn once, however many ask for it at the same time and later', async () => {
  let drawn = 0
  const cache = createPictureCache(async () => Buffer.alloc(++drawn), new Metrics().pictures)
  const pictures = await Promise.all(Array.from({ length: 100 }, async () => cache(wanted('one'))))
  expect(new Set(pictures).size).toBe(1)
  await cache(wanted('one'))
  expect(drawn).toBe(1)
})

test('at most two are drawn at the same time, and a failure lets the next one go', async () => {
  let running = 0
  let most = 0
  const cache = createPictureCache(async ({ label }) => {
    most = Math.max(most, ++running)
    await Promise.resolve()
    running--
    if (label.endsWith('3')) throw new Error('broken')
    return Buffer.alloc(1)
  }, new Metrics().pictures)
  const outcomes = await Promise.allSettled(Array.from({ length: 20 }, async (_, i) => cache(wanted(String(i)))))
  expect(outcomes.filter(({ status }) => status === 'rejected')).toHaveLength(2)
  expect(most).toBe(2)
})

test('32 MiB of pictures are kept, those that were asked for last', async () => {
  const drawn: string[] = []
  const cache = createPictureCache(async ({ label }) => {
    drawn.push(label)
    return Buffer.alloc(8_388_608)
  }, new Metrics().pictures)
  for (const label of ['a', 'b', 'c', 'd', 'a', 'e', 'a', 'b']) await cache(wanted(label))
  expect(drawn).toEqual(['a', 'b', 'c', 'd', 'e', 'b'])
})
