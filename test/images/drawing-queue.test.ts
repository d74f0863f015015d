import { setImmediate as nextTurn } from 'node:timers/promises'
import { expect, test } from 'vitest'
import { createDrawingQueue } from '../../src/images/drawing-queue.ts'
import { toLinks } from '../../src/images/links.ts'
import type { Recipe } from '../../src/images/recipe.ts'
import { mockWith } from '../ask.ts'

const SMALL = { width: 64, height: 64 }
const MIDDLE = { width: 2048, height: 2048 }
const LARGE = { width: 4096, height: 4096 }

const picture: Recipe = {
  width: 2100,
  height: 2000,
  model: 'm',
  format: 'png',
  palette: 0,
  emblem: '0123456789abcdef',
  label: '',
  references: [],
  index: 1,
  count: 1,
}

function toBeResolved(): { readonly promise: Promise<void>; readonly resolve: () => void } {
  let resolve = (): void => {}
  const promise = new Promise<void>((done) => (resolve = done))
  return { promise, resolve }
}

/** Joins pictures to a queue, in this order, and returns the order in which they are drawn. */
async function orderOf(pictures: readonly (readonly [name: string, size: typeof SMALL])[]): Promise<string[]> {
  const queue = createDrawingQueue()
  const drawn: string[] = []
  await Promise.all(pictures.map(async ([name, size]) => queue(size, async () => void drawn.push(name))))
  return drawn
}

test.each([
  ['large', LARGE, 1],
  ['other', MIDDLE, 2],
])('of %s pictures at most %3$i are drawn at the same time', async (_which, size, limit) => {
  const queue = createDrawingQueue()
  let running = 0
  let most = 0
  const draw = async (): Promise<void> => {
    most = Math.max(most, ++running)
    await nextTurn()
    await nextTurn()
    running--
  }
  await Promise.all(Array.from({ length: 20 }, async () => queue(size, draw)))
  expect(most).toBe(limit)
})

test('a small picture is drawn while a large one is', async () => {
  const queue = createDrawingQueue()
  const { promise, resolve } = toBeResolved()
  const large = [queue(LARGE, async () => promise), queue(LARGE, async () => promise)]
  expect(await queue(SMALL, async () => Promise.resolve('drawn'))).toBe('drawn')
  resolve()
  await Promise.all(large)
})

test('small pictures pass larger ones that wait', async () => {
  const larger = Array.from({ length: 40 }, (_, i) => [`middle ${i}`, MIDDLE] as const)
  const order = await orderOf([...larger, ['small', SMALL], ['another', SMALL]])
  expect(order.slice(0, 4)).toEqual(['middle 0', 'middle 1', 'small', 'another'])
})

test('a larger picture is passed by a limited number of small ones', async () => {
  const first = [['a', SMALL] as const, ['b', SMALL] as const]
  const small = Array.from({ length: 900 }, (_, i) => [`${i}`, SMALL] as const)
  const order = await orderOf([...first, ['larger', { width: 512, height: 512 }], ...small])
  expect(order.indexOf('larger')).toBeGreaterThan(200)
  expect(order.indexOf('larger')).toBeLessThan(300)
})

test('more than 64 large pictures or 1,000 others that wait are rejected, each without the other', async () => {
  const queue = createDrawingQueue()
  const { promise, resolve } = toBeResolved()
  const join = (size: typeof SMALL, count: number): Promise<void>[] =>
    Array.from({ length: count }, async () => queue(size, async () => promise))
  const large = Promise.allSettled(join(LARGE, 70))
  const small = Promise.allSettled(join(SMALL, 1010))
  await nextTurn()
  resolve()
  const rejected = async (all: Promise<PromiseSettledResult<void>[]>): Promise<unknown[]> =>
    (await all).flatMap((result) => (result.status === 'rejected' ? [result.reason.kind] : []))
  expect(await rejected(large)).toEqual(Array.from({ length: 5 }, () => 'too_many_pictures'))
  expect(await rejected(small)).toEqual(Array.from({ length: 9 }, () => 'too_many_pictures'))
  await queue(LARGE, nextTurn)
})

test('a picture that cannot wait is a 503 with Retry-After, and can be requested later', async () => {
  await using mock = await mockWith()
  const urls = Array.from(
    { length: 100 },
    (_, i) => toLinks('http://mock.invalid', { ...picture, palette: i % 16, label: `${i}` }).picture,
  )
  const responses = await Promise.all(urls.map(async (url) => mock.fetch(url)))
  expect(new Set(responses.map(({ status }) => status))).toEqual(new Set([200, 503]))
  const at = responses.findIndex(({ status }) => status === 503)
  expect(responses[at]?.headers.get('retry-after')).toBe('5')
  expect(await responses[at]?.json()).toMatchObject({ error: { code: 'too_many_pictures' } })
  expect((await mock.fetch(urls[at] ?? '')).status).toBe(200)
})
