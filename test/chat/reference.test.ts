import { hash } from 'node:crypto'
import { expect, test } from 'vitest'
import { decodeUrl } from '../../src/images/links.ts'
import { ask, mockWith, picturesIn } from '../ask.ts'

const recipeIn = (content: string) => decodeUrl(picturesIn(content)[0] ?? '')
/** The header of a PNG of 640 x 360. The mock decodes no more. */
const HEADER = Buffer.from('iVBORw0KGgoAAAANSUhEUgAAAoAAAAFoCAIAAABIUN0GAAAA', 'base64')
const PNG = `data:image/png;base64,${HEADER.toString('base64')}`
const part = (url: unknown): any => ({
  messages: [
    {
      role: 'user',
      content: [
        { type: 'text', text: 'make it blue' },
        { type: 'image_url', image_url: url },
      ],
    },
  ],
})

test.each([
  ['a short prompt', 'a fox', 'a fox'],
  ['sixty characters', 'x'.repeat(60), 'x'.repeat(60)],
  [
    'a long prompt is cut after a word',
    'an elderly fisherman by the harbour of a small town mending his nets',
    'an elderly fisherman by the harbour of a small town mending…',
  ],
  ['a prompt without spaces is cut at 59 characters', 'x'.repeat(100), `${'x'.repeat(59)}…`],
  ['Chinese is cut between characters', '猫'.repeat(61), `${'猫'.repeat(59)}…`],
  ['line breaks become spaces', ' a\n\tfox\u0000 ', 'a fox'],
])('the label below a picture: %s', async (_rule, text, label) => {
  await using mock = await mockWith()
  expect(recipeIn((await ask(mock, { text })).content)?.label).toBe(label)
})

test.each([
  ['a part with a URL', part({ url: 'https://a.example/cat.png' })],
  ['a part with image_url as a string', part('https://a.example/cat.png')],
  ['a data URI', part({ url: PNG })],
  [
    'a file_url part',
    {
      messages: [
        {
          role: 'user',
          content: ['make it blue', { type: 'file_url', file_url: { url: 'https://a.example/cat.png' } }],
        },
      ],
    },
  ],
  [
    'a URL at the start of the prompt',
    { messages: [{ role: 'user', content: 'https://a.example/cat.png make it blue' }] },
  ],
  [
    'a picture in an earlier assistant message',
    {
      messages: [
        { role: 'assistant', content: 'Here: ![x](https://a.example/cat.png)' },
        { role: 'user', content: 'make it blue' },
      ],
    },
  ],
  [
    'a data URI in an earlier assistant message',
    {
      messages: [
        { role: 'assistant', content: `![image](${PNG})` },
        { role: 'user', content: 'make it blue' },
      ],
    },
  ],
])('finds a reference picture: %s', async (_where, body) => {
  await using mock = await mockWith()
  const { content, json } = await ask(mock, { model: 'gpt-4o-image', body })
  expect(recipeIn(content)).toMatchObject({
    label: 'make it blue',
    references: [expect.stringMatching(/^[\da-f]{16}$/)],
  })
  expect(json.usage.prompt_tokens).toBe(7 + 85 + json.usage.prompt_tokens_details.text_tokens - 85)
})

test('a picture of the mock is shown as its creature, by its URL and by its bytes', async () => {
  await using mock = await mockWith()
  for (const [model, type] of [
    ['gpt-4o-image', 'png'],
    ['flux', 'jpeg'],
    ['recraftv3', 'webp'],
  ]) {
    const first = await ask(mock, { model: model ?? '', text: 'a fox' })
    const [url = ''] = picturesIn(first.content)
    const { emblem, palette } = decodeUrl(url) ?? {}
    const byUrl = await ask(mock, { body: part({ url }) })
    expect(recipeIn(byUrl.content)?.references).toEqual([{ emblem, palette }])
    const bytes = Buffer.from(await (await mock.fetch(url)).arrayBuffer()).toString('base64')
    const byBytes = await ask(mock, { body: part({ url: `data:image/${type};base64,${bytes}` }) })
    expect(recipeIn(byBytes.content)?.references).toEqual([{ emblem, palette }])
    const nextTurn = await ask(mock, {
      body: {
        messages: [
          { role: 'assistant', content: first.content },
          { role: 'user', content: 'make it blue' },
        ],
      },
    })
    expect(recipeIn(nextTurn.content)?.references).toEqual([{ emblem, palette }])
  }
})

test('flux-kontext takes the ratio of its reference, seededit its size; the request overrides both', async () => {
  await using mock = await mockWith()
  const sizeOf = async (model: string, text = 'make it blue'): Promise<string> => {
    const { content } = await ask(mock, {
      model,
      body: {
        messages: [
          {
            role: 'user',
            content: [
              { type: 'text', text },
              { type: 'image_url', image_url: { url: PNG } },
            ],
          },
        ],
      },
    })
    const recipe = recipeIn(content)
    return `${recipe?.width}x${recipe?.height}`
  }
  expect(await sizeOf('flux-kontext-pro')).toBe('1360x768')
  expect(await sizeOf('doubao-seededit-3-0-i2i-250628')).toBe('640x360')
  expect(await sizeOf('flux-kontext-pro', 'make it blue --ar 1:1')).toBe('1024x1024')
  expect(await sizeOf('gpt-4o-image')).toBe('1024x1024')
})

test('flux-kontext-dev rejects a request without a reference picture', async () => {
  await using mock = await mockWith()
  expect(await ask(mock, { model: 'flux-kontext-dev' })).toMatchObject({
    status: 400,
    json: {
      error: { param: 'messages', message: expect.stringContaining("'flux-kontext-dev' needs a reference picture") },
    },
  })
  expect(await ask(mock, { model: 'flux-kontext-dev', text: 'https://a.example/cat.png 画只猫' })).toMatchObject({
    status: 200,
  })
})

test('a note reports a missing reference picture and an ignored one', async () => {
  await using mock = await mockWith()
  const edit = await ask(mock, { model: 'doubao-seededit-3-0-i2i-250628' })
  expect(edit.headers.get('x-mock-note')).toBe('the real doubao-seededit-3-0-i2i-250628 expects a reference picture')
  const dalle = await ask(mock, { model: 'dall-e-3', body: part({ url: PNG }) })
  expect(dalle.headers.get('x-mock-note')).toBe('dall-e-3 does not support reference pictures: 1 ignored')
})

test.each([
  ['invalid base64', 'data:image/png;base64,@@@@'],
  ['not a picture', `data:image/png;base64,${Buffer.from('hello, this is no picture').toString('base64')}`],
  ['a truncated header', `data:image/png;base64,${HEADER.subarray(0, 12).toString('base64')}`],
  ['no data', 'data:image/png;base64,'],
  ['base64 with a missing character', `${PNG}A`],
  ['not base64', 'data:image/png,abc'],
  ['not an image type', `data:text/html;base64,${HEADER.toString('base64')}`],
  ['another scheme', 'file:///etc/passwd'],
  ['not a URL', 'cat.png'],
])('rejects a broken reference picture with 400 and its place: %s', async (_what, url) => {
  await using mock = await mockWith()
  expect(await ask(mock, { body: part({ url }) })).toMatchObject({
    status: 400,
    json: { error: { param: 'messages[0].content[1]', code: 'invalid_image' } },
  })
})

test('draws the newest 16 references, without duplicates', async () => {
  await using mock = await mockWith()
  const content = [
    ...Array.from({ length: 40 }, (_, i) => ({
      type: 'image_url',
      image_url: { url: `https://a.example/${i % 20}.png` },
    })),
    { type: 'text', text: 'all' },
  ]
  const response = await ask(mock, { body: { messages: [{ role: 'user', content }] } })
  const markOf = (i: number): string => hash('sha256', `https://a.example/${i}.png`, 'hex').slice(0, 16)
  expect(recipeIn(response.content)?.references).toEqual(Array.from({ length: 16 }, (_, i) => markOf(i + 4)))
  expect(response.json.usage.prompt_tokens).toBeGreaterThan(20 * 85)
})
