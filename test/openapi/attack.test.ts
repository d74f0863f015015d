import { afterAll, describe, expect, test } from 'vitest'
import { createMock } from '../../src/index.ts'
import { ask } from '../ask.ts'

const mock = await createMock()
afterAll(async () => mock.close())

// The bounds are wide: without the limits, these requests take many times as long.
const SECONDS = 1000

/** The response to the last of some equal requests, and the milliseconds that all of them took. */
async function timeOf<T>(times: number, request: () => Promise<T>): Promise<{ response: T; time: number }> {
  const started = performance.now()
  let response = await request()
  for (let i = 1; i < times; i++) response = await request()
  return { response, time: performance.now() - started }
}

describe('validation stops after 50 violations', () => {
  const contentOf = (items: any[]): any => ({ messages: [{ role: 'user', content: items }] })
  const many = (value: any, length = 49_000): any[] => Array.from({ length }, () => value)

  test.each<[what: string, body: any, first: string]>([
    ['wrong parts', contentOf(many(3, 99_900)), 'messages[0].content[0]'],
    ['parts without a type', contentOf(many({})), 'messages[0].content[0].type'],
    ['parts of an unknown type', contentOf(many({ type: 'x' })), 'messages[0].content[0].type'],
    ['wrong messages', { messages: many(1, 99_900) }, 'messages[0]'],
    ['wrong parts in many messages', { messages: many({ content: many(1, 490) }, 200) }, 'messages[0].role'],
  ])('%s', async (_what, body, first) => {
    const { response, time } = await timeOf(4, async () => ask(mock, { body }))
    expect(response.json.error.param).toBe(first)
    expect(response.json.error.message).toMatch(/ And at least 30 more\.$/)
    expect(time).toBeLessThan(4 * SECONDS)
  })

  test('the journal has 50 violations', async () => {
    await mock.reset()
    await ask(mock, { body: contentOf(many(3)) })
    expect((await mock.exchanges())[0]?.violations).toHaveLength(50)
  })
})
