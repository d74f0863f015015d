import { expect, test } from 'vitest'
import { nextTurn } from '../../src/util/next-turn.ts'

test('tasks that wait at the same time get different turns, and others run between them', async () => {
  const order: string[] = []
  const work = async (name: string): Promise<void> => {
    await nextTurn()
    order.push(name)
    setImmediate(() => order.push(`other work after ${name}`))
  }
  await Promise.all(['a', 'b', 'c'].map(work))
  expect(order.filter((name) => name.length === 1)).toEqual(['a', 'b', 'c'])
  expect(order.indexOf('other work after a')).toBeGreaterThan(0)
  expect(order.indexOf('other work after a')).toBeLessThan(order.indexOf('c'))
})
