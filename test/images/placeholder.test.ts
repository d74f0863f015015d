import { createHash } from 'node:crypto'
import { expect, test } from 'vitest'
import { createMock, readPlaceholder } from '../../src/index.ts'
import { ask, mockWith, picturesIn } from '../ask.ts'

const bytesOf = async (mock: { fetch: (url: string) => Promise<Response> }, url: string): Promise<ArrayBuffer> =>
  (await mock.fetch(url)).arrayBuffer()

test.each([
  ['png', 'gpt-4o-image', 'image/png'],
  ['jpg', 'flux', 'image/jpeg'],
  ['webp', 'recraftv3', 'image/webp'],
])('reads a %s from its URL, its bytes and its data URI', async (format, model, type) => {
  await using mock = await mockWith()
  const [url = ''] = picturesIn((await ask(mock, { model, text: 'a fox, 画只猫 🦊' })).content)
  const bytes = await bytesOf(mock, url)
  const expected = {
    version: 1,
    model,
    label: 'a fox, 画只猫 🦊',
    size: '1024x1024',
    width: 1024,
    height: 1024,
    format,
    index: 1,
    count: 1,
    fingerprint: /([\da-f]{30})\.\w+$/.exec(url)?.[1],
    creature: expect.stringMatching(/^[\da-f]{17}$/),
    references: [],
  }
  expect(readPlaceholder(url)).toEqual(expected)
  for (const same of [
    new URL(url),
    `${url}?width=200#top`,
    url.replace('/cdn/', '/cdn/download/'),
    url.replace('http://mock.invalid', 'https://cdn.example.com/images'),
  ])
    expect(readPlaceholder(same)).toEqual(expected)
  const base64 = Buffer.from(bytes).toString('base64')
  for (const same of [bytes, new Uint8Array(bytes), Buffer.from(bytes), `data:${type};base64,${base64}`])
    expect(readPlaceholder(same)).toEqual(expected)
})

test('reads the number and the requested size of each of several pictures', async () => {
  await using mock = await mockWith()
  const urls = picturesIn((await ask(mock, { model: 'gpt-image-1', text: 'three foxes, 2:3', body: { n: 3 } })).content)
  expect(urls.map((url) => readPlaceholder(url))).toMatchObject(
    [1, 2, 3].map((index) => ({ index, count: 3, size: '1024x1536' })),
  )
  expect(new Set(urls.map((url) => readPlaceholder(url)?.creature)).size).toBe(3)
})

test('reads references: a picture of the mock as its creature, others by their digest', async () => {
  await using mock = await mockWith()
  const [own = ''] = picturesIn((await ask(mock, { text: 'a fox' })).content)
  const png = 'iVBORw0KGgoAAAANSUhEUgAAAoAAAAFoCAIAAABIUN0GAAAA'
  const urls = [own, `data:image/png;base64,${png}`, 'https://a.example/1.png']
  const content = [
    { type: 'text', text: 'together' },
    ...urls.map((url) => ({ type: 'image_url', image_url: { url } })),
  ]
  const [edited = ''] = picturesIn((await ask(mock, { body: { messages: [{ role: 'user', content }] } })).content)
  const digest = (value: string | Buffer): string => createHash('sha256').update(value).digest('hex').slice(0, 16)
  expect(readPlaceholder(edited)?.references).toEqual([
    readPlaceholder(own)?.creature,
    digest(Buffer.from(png, 'base64')),
    digest('https://a.example/1.png'),
  ])
  expect(readPlaceholder(await bytesOf(mock, edited))).toEqual(readPlaceholder(edited))
})

test('reads the defect that a scenario gave a picture', async () => {
  await using mock = await createMock({ scenario: 'picture-missing' })
  const [url = ''] = picturesIn((await ask(mock)).content)
  expect(readPlaceholder(url)).toMatchObject({ fault: 'missing' })
})

test('returns undefined for other pictures, and throws for other values', () => {
  const others = [
    '',
    'https://example.com/cat.png',
    'http://mock.invalid/cdn/1abc/def.png',
    'data:image/png;base64,',
    'data:text/plain,hello',
    new URL('https://example.com/'),
    new Uint8Array(),
    Buffer.from('chat-image-mock:1;'),
  ]
  for (const picture of others) expect(readPlaceholder(picture)).toBeUndefined()
  for (const wrong of [undefined, null, 5, {}, [], new Response()]) {
    expect(() => readPlaceholder(wrong as string)).toThrow(
      `readPlaceholder: got ${wrong === null ? 'null' : typeof wrong}. Use a URL, a data URI, an ArrayBuffer or a Uint8Array; for a Response, use await response.arrayBuffer().`,
    )
  }
})

test('does not load sharp', async () => {
  const { execFileSync } = await import('node:child_process')
  const script = `import { readPlaceholder } from './dist/index.js'
    readPlaceholder(Buffer.from('x')); process.stdout.write(String(process.report.getReport().sharedObjects.some((file) => /sharp|vips/.test(file))))`
  expect(execFileSync(process.execPath, ['--input-type=module', '-e', script], { encoding: 'utf8' })).toBe('false')
})
