import { createParser } from 'eventsource-parser'
import { expect, test } from 'vitest'
import { startMock } from '../../src/index.ts'
import { ask } from '../ask.ts'

const QUESTION = { method: 'POST', headers: { 'content-type': 'application/json' }, body: JSON.stringify({ model: 'gpt-4o-image', stream: true, messages: [{ role: 'user', content: '画只猫' }] }) }

test('eventsource-parser reads every event of a stream, without a comment, a name or an id', async () => {
  await using mock = await startMock()
  const { content } = await ask(mock)
  const events: string[] = []
  const parser = createParser({
    onEvent: ({ data, event, id }) => {
      expect([event, id]).toEqual([undefined, undefined])
      events.push(data)
    },
    onError: (error) => {
      throw error
    },
    onComment: (comment) => {
      throw new Error(comment)
    },
  })
  for await (const bytes of (await fetch(`${mock.baseURL}/chat/completions`, QUESTION)).body ?? []) parser.feed(new TextDecoder().decode(bytes, { stream: true }))
  expect(events.pop()).toBe('[DONE]')
  expect(events.map((data) => JSON.parse(data).choices[0].delta.content ?? '').join('')).toBe(content)
})

test('a naive reader that looks for lines beginning "data: " and adds up delta.content finds the same', async () => {
  await using mock = await startMock()
  const { content } = await ask(mock)
  let sum: any = ''
  for (const line of (await (await fetch(`${mock.baseURL}/chat/completions`, QUESTION)).text()).split('\n')) {
    if (!line.startsWith('data: ') || line === 'data: [DONE]') continue
    const { delta } = JSON.parse(line.slice(6)).choices[0]
    if ('content' in delta) sum += delta.content
  }
  expect(sum).toBe(content)
})
