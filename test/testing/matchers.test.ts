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
])('a picture is the one for what it was asked for, by URL and by bytes: %j', (expected) => {
  for (const picture of [url, bytes]) expect(toBePlaceholderFor(picture, expected)).toMatchObject({ pass: true })
})

test('a long prompt is compared as far as the picture knows it', async () => {
  await using mock = await createMock()
  const prompt = `${'a very long prompt '.repeat(20)}with an end`
  const [picture = ''] = picturesIn((await ask(mock, { text: prompt })).content)
  expect(toBePlaceholderFor(picture, { prompt }).pass).toBe(true)
  expect(toBePlaceholderFor(picture, { prompt: 'a very long prompt' }).pass).toBe(false)
})

test('what is different is said, and only that', () => {
  const { pass, message } = toBePlaceholderFor(bytes, { model: 'flux-pro', prompt: 'a fox', size: '512x768' })
  expect(pass).toBe(false)
  expect(message()).toBe(`expected the picture of the mock for
  model      flux-pro
  prompt     a fox
  size       512x768
and it is one for
  model      flux
  size       1024x1024`)
})

test('a picture that is none of the mock’s is said to be none', () => {
  expect(toBePlaceholderFor('https://example.com/cat.png', { model: 'flux' }).message()).toBe(
    'expected a picture of the mock for\n  model      flux\nand this is none: https://example.com/cat.png',
  )
  expect(toBePlaceholderFor(new Uint8Array(5), { model: 'flux' }).message()).toContain(
    'bytes without a name of the mock in them',
  )
})

test('turned round, it says what it should not have been', () => {
  expect(toBePlaceholderFor(url, { model: 'flux' }).message()).toBe(
    "expected another picture than the mock's for\n  model      flux",
  )
})

test.each([
  'https://a.b/c.png make it blue',
  'http://a https://b.c/d?e=f\nblue, 3:2',
  'https://a.b/c.png',
  '{"prompt": "a fox"}',
  'a ![b](http://c.d/e.png) 🦊 画',
  'a'.repeat(60),
  `${'a'.repeat(60)}b`,
  '',
])('it holds for just the prompt that was sent: %j', async (prompt) => {
  await using mock = await createMock()
  const [picture = ''] = picturesIn(
    (await ask(mock, { model: 'gpt-4o-image', text: prompt })).content.replaceAll('\\n', '\n'),
  )
  expect(toBePlaceholderFor(picture, { prompt }).message()).toContain('expected another picture')
})

test.each<[unknown, object, string]>([
  [undefined, {}, 'toBePlaceholderFor: undefined is no picture; give its URL, its data URI, or its bytes'],
  ['x', { format: 'jpeg' }, "'jpeg' is no format of a picture; use png, jpg, webp"],
  ['x', { size: '1024X1024' }, "'1024X1024' is no size of a picture; use a text like 1024x1536"],
  ['x', { index: '1' }, "'1' is no index of a picture; use a whole number"],
  ['x', { prompt: /fox/ }, "'/fox/' is no prompt of a picture; use a text"],
  ['x', undefined as never, 'say what is expected as an object'],
])(
  'what can never hold is refused, so that its opposite does not hold for nothing: %j %j',
  (picture, expected, message) => {
    expect(() => toBePlaceholderFor(picture as string, expected)).toThrow(message)
  },
)

test('a fact that pictures do not have is refused', () => {
  expect(() => toBePlaceholderFor(url, { modell: 'flux' } as Expected)).toThrow(
    "toBePlaceholderFor: 'modell' is not known; there are model, prompt, size, format, index, count, references",
  )
})
