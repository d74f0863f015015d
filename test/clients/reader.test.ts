import { readFileSync } from 'node:fs'
import { createParser } from 'eventsource-parser'
import { expect, test } from 'vitest'
import { parse } from 'yaml'
import { startMock } from '../../src/index.ts'
import { ask } from '../ask.ts'

const QUESTION = {
  method: 'POST',
  headers: { 'content-type': 'application/json' },
  body: JSON.stringify({ model: 'gpt-4o-image', stream: true, messages: [{ role: 'user', content: '画只猫' }] }),
}

test('eventsource-parser reads all events of a stream, which have no comment, name or ID', async () => {
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
  for await (const bytes of (await fetch(`${mock.baseURL}/chat/completions`, QUESTION)).body ?? [])
    parser.feed(new TextDecoder().decode(bytes, { stream: true }))
  expect(events.pop()).toBe('[DONE]')
  expect(events.map((data) => JSON.parse(data).choices[0].delta.content ?? '').join('')).toBe(content)
})

/** All styles except sketch-log, whose stream has more text than its JSON response. */
const models = Object.keys(parse(readFileSync('test/golden/profiles.yaml', 'utf8'))).filter(
  (model) => model !== 'sketch-log',
)

test.each(models)(
  'a reader that joins the delta.content of all "data: " lines gets the whole text of %s',
  async (model) => {
    await using mock = await startMock({ fixtures: 'test/golden' })
    const { content } = await ask(mock, { model })
    const response = await fetch(`${mock.baseURL}/chat/completions`, {
      ...QUESTION,
      body: QUESTION.body.replace('gpt-4o-image', model),
    })
    let sum: any = ''
    for (const line of (await response.text()).split('\n')) {
      if (!line.startsWith('data: ') || line === 'data: [DONE]') continue
      const { delta } = JSON.parse(line.slice(6)).choices[0]
      if ('content' in delta) sum += delta.content
    }
    expect(sum).toBe(content)
  },
)
