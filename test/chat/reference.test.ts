import { hash } from 'node:crypto'
import { expect, test } from 'vitest'
import { decodeUrl } from '../../src/images/links.ts'
import { ask, mockWith, picturesIn } from '../ask.ts'

const recipeIn = (content: string) => decodeUrl(picturesIn(content)[0] ?? '')
/** The header of a PNG of 640 x 360. The mock decodes no more. */
const HEADER = Buffer.from('iVBORw0KGgoAAAANSUhEUgAAAoAAAAFoCAIAAABIUN0GAAAA', 'base64')
const BASE64 = HEADER.toString('base64')
const PNG = `data:image/png;base64,${BASE64}`
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
  ['160 characters', 'x'.repeat(160), 'x'.repeat(160)],
  [
    'a long prompt is cut after a word',
    'mending nets '.repeat(20),
    `${'mending nets '.repeat(12)}…`.replace(' …', '…'),
  ],
  ['a prompt without spaces is cut at 159 characters', 'x'.repeat(200), `${'x'.repeat(159)}…`],
  ['a long word at the end is cut', `${'fox '.repeat(30)}${'x'.repeat(100)}`, `${'fox '.repeat(30)}${'x'.repeat(39)}…`],
  ['Chinese is cut between characters', '猫'.repeat(161), `${'猫'.repeat(159)}…`],
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
  expect(await sizeOf('flux-kontext-pro')).toBe('1392x752')
  expect(await sizeOf('doubao-seededit-3-0-i2i-250628')).toBe('640x360')
  expect(await sizeOf('flux-kontext-pro', 'make it blue --ar 1:1')).toBe('1024x1024')
  expect(await sizeOf('gpt-4o-image')).toBe('1024x1024')
})

test.each([
  [1024, 1024, '1024x1024'],
  [1000, 950, '1024x1024'],
  [1000, 900, '1104x944'],
  [800, 2000, '672x1568'],
  [1920, 1080, '1392x752'],
  [1080, 1920, '752x1392'],
  [3000, 1000, '1568x672'],
  [1000, 1480, '832x1248'],
])('flux-kontext takes the size nearest to a reference of %i x %i: %s', async (width, height, size) => {
  await using mock = await mockWith()
  const header = Buffer.from(HEADER)
  header.writeUInt32BE(width, 16)
  header.writeUInt32BE(height, 20)
  const url = `data:image/png;base64,${header.toString('base64')}`
  const recipe = recipeIn((await ask(mock, { model: 'flux-kontext-max', body: part({ url }) })).content)
  expect(`${recipe?.width}x${recipe?.height}`).toBe(size)
  const wide = await ask(mock, { model: 'flux-kontext-max', body: { ...part({ url }), aspect_ratio: '16:9' } })
  expect(recipeIn(wide.content)).toMatchObject({ width: 1360, height: 768 })
  expect(wide.headers.get('x-mock-note')).toBeNull()
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
])('rejects a broken reference picture with 400 and its place: %s', async (_what, url) => {
  await using mock = await mockWith()
  expect(await ask(mock, { body: part({ url }) })).toMatchObject({
    status: 400,
    json: { error: { param: 'messages[0].content[1]', code: 'invalid_image' } },
  })
})

test.each([
  ['another scheme', 'file:///etc/passwd'],
  ['not a URL', 'h'],
  ['nothing behind the scheme', 'https://'],
])('a link that is neither an http(s) URL nor a data URI violates the contract: %s', async (_what, url) => {
  await using mock = await mockWith()
  for (const [link, param] of [
    [{ url }, 'messages[0].content[1].image_url.url'],
    [url, 'messages[0].content[1].image_url'],
  ] as const)
    for (const model of ['nano-banana', 'dall-e-3'])
      expect(await ask(mock, { model, body: part(link) })).toMatchObject({
        status: 400,
        json: {
          error: {
            message: `Invalid image in '${param}': expected an http(s) URL or a data URI.`,
            param,
            code: 'invalid_value',
          },
        },
      })
})

test.each([
  ['line breaks', `data:image/png;base64,${BASE64.replaceAll(/.{20}/g, '$&\r\n')}`],
  ['spaces', `data:image/png;base64, ${BASE64.replaceAll(/.{20}/g, '$& ')}`],
  ['a charset', `data:image/png;charset=utf-8;base64,${BASE64}`],
  ['a file name', `data:image/png;name=my cat.png;base64,${BASE64}`],
  ['percent-encoded base64', `data:image/png;base64,${encodeURIComponent(`${BASE64}==`)}`],
  ['percent-encoded bytes', `data:image/png,${HEADER.toString('hex').replaceAll(/../g, '%$&')}`],
  ['no image type', `data:application/octet-stream;base64,${BASE64}`],
  ['upper case', `DATA:IMAGE/PNG;BASE64,${BASE64}`],
])('accepts a data URI with %s and records no part of its payload', async (_what, url) => {
  await using mock = await mockWith()
  const mark = hash('sha256', HEADER, 'hex').slice(0, 16)
  const bodies = [
    part({ url }),
    {
      messages: [
        { role: 'assistant', content: `![image](${url})` },
        { role: 'user', content: 'make it blue' },
      ],
    },
  ]
  for (const body of bodies) {
    const { content } = await ask(mock, { model: 'doubao-seededit-3-0-i2i-250628', body })
    expect(recipeIn(content)).toMatchObject({ label: 'make it blue', references: [mark], width: 640, height: 360 })
  }
  const recorded = JSON.stringify(await mock.exchanges())
  expect(recorded.match(new RegExp(`\\[sha256 ${mark}, ${HEADER.length} bytes\\]`, 'g'))).toHaveLength(2)
  expect(recorded).not.toMatch(/iVBORw0K|%89/i)
})

test('counts equal reference pictures for prompt_tokens each time', async () => {
  await using mock = await mockWith()
  const tokensOf = async (copies: number): Promise<number> => {
    const pictures = Array.from({ length: copies }, () => ({ type: 'image_url', image_url: { url: PNG } }))
    const { json } = await ask(mock, { body: { messages: [{ role: 'user', content: ['a fox', ...pictures] }] } })
    return json.usage.prompt_tokens
  }
  expect((await tokensOf(3)) - (await tokensOf(1))).toBe(2 * 85)
})

test.each([
  ['line breaks', `data:image/png;base64,${'A\n'.repeat(9_000_000)}`],
  ['percent signs', `data:image/png;base64,${'%41'.repeat(10_000_000)}`],
  ['parameters', `data:image/png${';a=b'.repeat(7_000_000)},`],
])('rejects a data URI of 30 MB with %s in linear time', async (_what, url) => {
  await using mock = await mockWith()
  const start = performance.now()
  expect((await ask(mock, { body: part({ url }) })).status).toBe(400)
  expect(performance.now() - start).toBeLessThan(15_000)
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
  expect(response.json.usage.prompt_tokens).toBeGreaterThan(40 * 85)
})
