import { beforeAll, expect, test } from 'vitest'
import { createMock } from '../../src/index.ts'
import type { Expected } from '../../src/testing/matchers.ts'
import { toBePlaceholderFor } from '../../src/testing/matchers.ts'
import { ask, picturesIn } from '../ask.ts'

let url: string
let bytes: ArrayBuffer
beforeAll(async () => {
  await using mock = await createMock()
  url = picturesIn((await ask(mock, { model: 'flux', text: 'a fox' })).content)[0] ?? ''
  bytes = await (await mock.fetch(url)).arrayBuffer()
})

test.each<Expected>([
  {},
  { model: 'flux' },
  { prompt: 'a fox' },
  { model: 'flux', prompt: '  a\nfox ', size: '1024x1024', format: 'jpg', index: 1, count: 1, references: 0 },
])('passes for a matching picture, given as URL or bytes: %j', (expected) => {
  for (const picture of [url, bytes]) expect(toBePlaceholderFor(picture, expected)).toMatchObject({ pass: true })
})

test('compares the beginning of a long prompt, which the picture contains', async () => {
  await using mock = await createMock()
  const prompt = `${'a very long prompt '.repeat(20)}with an end`
  const [picture = ''] = picturesIn((await ask(mock, { text: prompt })).content)
  expect(toBePlaceholderFor(picture, { prompt }).pass).toBe(true)
  expect(toBePlaceholderFor(picture, { prompt: 'a very long prompt' }).pass).toBe(false)
})

test('the message lists only the values that differ', () => {
  const { pass, message } = toBePlaceholderFor(bytes, { model: 'flux-pro', prompt: 'a fox', size: '512x768' })
  expect(pass).toBe(false)
  expect(message()).toBe(`expected a picture of the mock with
  model      flux-pro
  prompt     a fox
  size       512x768
but got one with
  model      flux
  size       1024x1024`)
})

test('fails for a picture that the mock did not draw', () => {
  expect(toBePlaceholderFor('https://example.com/cat.png', { model: 'flux' }).message()).toBe(
    'expected a picture of the mock with\n  model      flux\nbut this is not a picture of the mock: https://example.com/cat.png',
  )
  expect(toBePlaceholderFor(new Uint8Array(5), { model: 'flux' }).message()).toContain(
    'bytes that the mock did not draw',
  )
})

test('with `not`, the message lists the values that were not expected', () => {
  expect(toBePlaceholderFor(url, { model: 'flux' }).message()).toBe(
    'expected a picture other than the one with\n  model      flux',
  )
})

test.each([
  'https://a.b/c.png make it blue',
  'http://a https://b.c/d?e=f\nblue, 3:2',
  'https://a.b/c.png',
  '{"prompt": "a fox"}',
  'a ![b](http://c.d/e.png) 🦊 画',
  'a'.repeat(160),
  `${'a'.repeat(160)}b`,
  '',
])('passes for the prompt that was sent: %j', async (prompt) => {
  await using mock = await createMock()
  const [picture = ''] = picturesIn(
    (await ask(mock, { model: 'gpt-4o-image', text: prompt })).content.replaceAll('\\n', '\n'),
  )
  expect(toBePlaceholderFor(picture, { prompt }).message()).toContain('expected a picture other than the one with')
})

test.each<[unknown, object, string]>([
  [undefined, {}, 'toBePlaceholderFor: undefined is not a picture. Pass its URL, its data URI or its bytes.'],
  ['x', { format: 'jpeg' }, "'jpeg' is not a valid format. Use png, jpg, webp."],
  ['x', { size: '1024X1024' }, "'1024X1024' is not a valid size. Use a size such as 1024x1536."],
  ['x', { index: '1' }, "'1' is not a valid index. Use a whole number."],
  ['x', { prompt: /fox/ }, "'/fox/' is not a valid prompt. Use a string."],
  ['x', undefined as never, 'the expected values are not an object. Use model, prompt'],
])('throws for an invalid argument, because `not` would always pass with it: %j %j', (picture, expected, message) => {
  expect(() => toBePlaceholderFor(picture as string, expected)).toThrow(message)
})

test('throws for an unknown expected value', () => {
  expect(() => toBePlaceholderFor(url, { modell: 'flux' } as Expected)).toThrow(
    "toBePlaceholderFor: unknown value 'modell'. Use model, prompt, size, format, index, count, references.",
  )
})
