import { hash } from 'node:crypto'
import { join } from 'node:path'
import { createParser } from 'eventsource-parser'
import OpenAI from 'openai'
import { expect, test } from 'vitest'
import { profiles } from '#prepared'
import { waitsOf } from '../../src/chat/delays.ts'
import type { Mock } from '../../src/index.ts'
import { ask, mockWith } from '../ask.ts'

/** A mock whose timer records waits and does not wait. */
async function pacedMock(pace: 'real' | number = 'real'): Promise<{ mock: Mock; waits: number[] }> {
  const waits: number[] = []
  const mock = await mockWith({
    pace,
    fixtures: join(import.meta.dirname, 'pace'),
    timer: async (ms) => void waits.push(ms),
  })
  return { mock, waits }
}

const sum = (waits: readonly number[]): number => Math.round(waits.reduce((total, ms) => total + ms, 0))

test('waits for the first byte, queue, progress and finish, in this order', async () => {
  const { mock, waits } = await pacedMock()
  const { chunks } = await ask(mock, { model: 'exact', text: '猫', body: { stream: true } })
  const [first, ...rest] = waits
  expect(first).toBe(3000)
  expect(rest.at(-1), 'before the picture').toBe(4000)
  const tokens = rest.filter((ms) => ms === 20)
  expect(sum(rest.slice(tokens.length, -1)), 'queue and progress').toBe(6000 + 5000)
  expect(chunks.at(-2).choices[0].delta.content).toMatch(/^> ✅ 生成完成/)
  waits.length = 0
  await ask(mock, { model: 'exact', text: '猫' })
  expect(waits, 'JSON waits once').toEqual([3000 + tokens.length * 20 + 6000 + 5000 + 4000])
  waits.length = 0
  await ask(mock, { model: 'thinking', body: { stream: true } })
  expect(waits).toEqual([1000, 2000, 3000 + 4000])
})

test('a pace of 0.1 is ten times faster; a request can override it', async () => {
  const { mock, waits } = await pacedMock(0.1)
  await ask(mock, { model: 'thinking' })
  expect(waits.splice(0)).toEqual([1000])
  await ask(mock, { model: 'thinking', headers: { 'x-mock-pace': 'real' } })
  expect(waits.splice(0)).toEqual([10_000])
  await ask(mock, { model: 'thinking', headers: { 'x-mock-pace': 'instant' } })
  expect(waits).toEqual([])
})

test('sends a comment every ten seconds of silence, after the first event', async () => {
  const { mock, waits } = await pacedMock()
  const { text } = await ask(mock, { model: 'silent', body: { stream: true } })
  expect(waits, 'no comment before the first byte').toEqual([25_000, 10_000, 10_000, 10_000, 8000])
  expect(text.split('\n\n').map((event) => event.slice(0, 6))).toEqual([
    'data: ',
    'data: ',
    ': PING',
    ': PING',
    ': PING',
    'data: ',
    'data: ',
    'data: ',
    '',
  ])
  waits.length = 0
  await ask(mock, { model: 'silent', body: { stream: true }, headers: { 'x-mock-pace': '2' } })
  expect(waits, 'the ten seconds do not depend on the pace').toEqual([
    50_000, 10_000, 10_000, 10_000, 10_000, 10_000, 10_000, 10_000, 6000,
  ])
})

test('clients ignore the comments', async () => {
  const { mock } = await pacedMock()
  const whole = await ask(mock, { model: 'silent' })
  const { text } = await ask(mock, { model: 'silent', body: { stream: true } })
  const comments: string[] = []
  const events: string[] = []
  createParser({ onEvent: ({ data }) => events.push(data), onComment: (comment) => comments.push(comment) }).feed(text)
  expect(comments).toEqual(['PING', 'PING', 'PING'])
  expect(events.at(-1)).toBe('[DONE]')
  const client = new OpenAI({ baseURL: mock.baseURL, apiKey: 'any', fetch: mock.fetch })
  let content = ''
  for await (const chunk of await client.chat.completions.create({
    model: 'silent',
    messages: [{ role: 'user', content: '画只猫' }],
    stream: true,
  }))
    content += chunk.choices[0]?.delta.content ?? ''
  expect(content).toBe(whole.content)
})

test('the same request has the same waits, within those of its model, and long waits are rarer than short ones', () => {
  for (const [name, { pace }] of profiles) {
    const all = Array.from({ length: 400 }, (_, i) => waitsOf(pace, hash('sha256', String(i), 'hex')))
    for (const phase of ['first', 'queue', 'progress', 'finish'] as const) {
      const [shortest, longest] = pace[phase].map((seconds) => seconds * 1000) as [number, number]
      const times = all.map((waits) => waits[phase]).toSorted((a, b) => a - b)
      expect(times[0], `${name} ${phase}`).toBeGreaterThanOrEqual(shortest)
      expect(times.at(-1), `${name} ${phase}`).toBeLessThanOrEqual(longest)
      expect(times[200], `${name} ${phase}: the median is below the middle`).toBeLessThan((shortest + longest) / 2 + 1)
    }
    expect(waitsOf(pace, '7'.repeat(64))).toEqual(waitsOf(pace, '7'.repeat(64)))
  }
})

test.each([
  ['gpt-4o-image', 10_000, 125_000],
  ['sora_image', 15_000, 125_000],
  ['gpt-image-1', 8000, 26_000],
  ['dall-e-3', 2000, 20_000],
  ['nano-banana', 14_000, 21_000],
  ['nano-banana-hd', 49_000, 71_000],
])('%s takes the published time of %i to %i ms', async (model, shortest, longest) => {
  const { mock, waits } = await pacedMock()
  for (let i = 0; i < 30; i++) {
    await ask(mock, { model, text: `cat ${i}` })
    const [wait = 0] = waits.splice(0)
    expect(wait).toBeGreaterThanOrEqual(shortest)
    expect(wait).toBeLessThanOrEqual(longest)
  }
})
