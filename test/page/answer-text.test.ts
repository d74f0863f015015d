import { resolve } from 'node:path'
import { expect, test } from 'vitest'
import type { MockOptions } from '../../src/index.ts'
import { isRecorded, readAnswer, splitAnswer } from '../../src/page/answer-text.ts'
import { readNearMiss, unknownIn } from '../../src/page/near-miss.ts'
import { type ChatOptions, ask, mockWith } from '../ask.ts'

async function exchangeOf(chat: ChatOptions, options: MockOptions = {}) {
  const mock = await mockWith(options)
  await ask(mock, chat)
  const [exchange] = await mock.exchanges()
  if (exchange === undefined) throw new Error('the journal is empty')
  return exchange
}

test('the pictures of an answer replace their Markdown, and its links become links', async () => {
  const { response, pictures } = await exchangeOf({ model: 'gpt-4o-image', body: { n: 2 } })
  const { content } = readAnswer(response.body)
  const { parts, rest } = splitAnswer(content, pictures)
  expect(pictures).toHaveLength(2)
  expect(parts.filter((part) => typeof part === 'object' && 'path' in part)).toEqual(pictures)
  expect(rest).toEqual([])
  const links = parts.filter((part) => typeof part === 'object' && 'target' in part)
  expect(links.length).toBeGreaterThan(1)
  for (const { target } of links) expect(target).toMatch(/^\/(?:cdn|raw|web|source)\//)
  expect(parts.filter((part) => typeof part === 'string').join('')).not.toMatch(/!\[|http/)
})

test('a picture that is a data URI replaces it', async () => {
  const { response, pictures } = await exchangeOf(
    { model: 'data-uri' },
    { fixtures: resolve(import.meta.dirname, '../golden') },
  )
  const { parts } = splitAnswer(readAnswer(response.body).content, pictures)
  expect(pictures).toMatchObject([{ inline: true }])
  expect(parts).toContain(pictures[0])
  expect(JSON.stringify(parts)).not.toContain('base64')
})

test('pictures and links of other servers stay text', async () => {
  const { pictures } = await exchangeOf({})
  const text =
    '![a](https://example.test/a.png) [b](javascript:alert(1)) [c](https://example.test/c) ![d](data:image/png;base64,AA)'
  expect(splitAnswer(text, pictures)).toEqual({ parts: [text], rest: pictures })
})

test('a picture that the text does not show comes after it', async () => {
  const { pictures } = await exchangeOf({})
  expect(splitAnswer('done', pictures)).toEqual({ parts: ['done'], rest: pictures })
})

test('the message of an error is read', async () => {
  const { response } = await exchangeOf({ headers: { 'x-mock-scenario': 'limit-rate' } })
  expect(readAnswer(response.body)).toMatchObject({ content: '', error: expect.stringContaining('Rate limit') })
  expect(readAnswer(['odd'])).toEqual({ content: '', reasoning: '', error: undefined })
})

test('a response that is not recorded is recognised', async () => {
  const open = await exchangeOf({})
  const secret = await exchangeOf({ text: 'sk-1234567890abcdef' })
  expect([open, secret].map(({ response }) => isRecorded(response))).toEqual([true, false])
})

test('a near miss is read field by field', async () => {
  const mock = await mockWith()
  await mock.script({ then: { say: 'no' } }, { when: { model: 'dall-e-3' } })
  await mock.script('limit-rate', { when: { prompt: 'a cat, got it' } })
  await ask(mock, { text: 'a: fox', model: 'flux' })
  const [exchange] = await mock.exchanges()
  expect(exchange?.nearMisses.map(readNearMiss)).toEqual([
    { scenario: 'script', field: 'model', expected: "'dall-e-3'", actual: "'flux'" },
    { scenario: 'script: limit-rate', field: 'prompt', expected: "to contain 'a cat, got it'", actual: "'a: fox'" },
  ])
  expect(readNearMiss('other')).toEqual({ scenario: 'other', field: undefined, expected: '', actual: '' })
})

test('the unknown fields in a note are found', async () => {
  const { note } = await exchangeOf({ body: { temprature: 1, qualty: 'x' } })
  expect(unknownIn(note)).toEqual([
    expect.stringMatching(/^Unknown parameter: 'temprature'\./),
    expect.stringMatching(/^Unknown parameter: 'qualty'\./),
  ])
  expect(unknownIn(null)).toEqual([])
})
