import { expect, test } from 'vitest'
import type { Recipe } from '../../src/image/recipe.ts'
import { createGallery } from '../../src/server/gallery.ts'

const recipe = (label: string): Recipe => ({ model: 'm', width: 64, height: 64, format: 'png', palette: 0, emblem: '0123456789abcdef', label, references: [], index: 1, count: 1 })

test('a picture is drawn once, however many ask for it at the same time and later', async () => {
  let drawn = 0
  const gallery = createGallery(async () => Buffer.alloc(++drawn))
  const pictures = await Promise.all(Array.from({ length: 100 }, async () => gallery('one', recipe('one'))))
  expect(new Set(pictures).size).toBe(1)
  await gallery('one', recipe('one'))
  expect(drawn).toBe(1)
})

test('at most two are drawn at the same time, and a failure lets the next one go', async () => {
  let running = 0
  let most = 0
  const gallery = createGallery(async ({ label }) => {
    most = Math.max(most, ++running)
    await Promise.resolve()
    running--
    if (label.endsWith('3')) throw new Error('broken')
    return Buffer.alloc(1)
  })
  const outcomes = await Promise.allSettled(Array.from({ length: 20 }, async (_, i) => gallery(String(i), recipe(String(i)))))
  expect(outcomes.filter(({ status }) => status === 'rejected')).toHaveLength(2)
  expect(most).toBe(2)
})

test('32 MiB of pictures are kept, those that were asked for last', async () => {
  const drawn: string[] = []
  const gallery = createGallery(async ({ label }) => {
    drawn.push(label)
    return Buffer.alloc(8_388_608)
  })
  for (const label of ['a', 'b', 'c', 'd', 'a', 'e', 'a', 'b']) await gallery(label, recipe(label))
  expect(drawn).toEqual(['a', 'b', 'c', 'd', 'e', 'b'])
})
