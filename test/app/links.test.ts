import { expect, test } from 'vitest'
import { startMock } from '../../src/index.ts'
import { ask, mockWith, picturesIn, read } from '../ask.ts'

const linksIn = (content: string): string[] =>
  [...content.matchAll(/\]\((http[^)]+)\)/g)].map((match) => match[1] ?? '')

test('every link of a completion works, with GET and HEAD', async () => {
  await using mock = await startMock()
  const { content } = await ask(mock, { text: '画2张猫 <script>' })
  const links = linksIn(content)
  expect(
    links.map((link) =>
      new URL(link).pathname
        .split('/')
        .slice(1, 3)
        .filter((part) => part.length < 9)
        .join('/'),
    ),
  ).toEqual(['web', 'source', 'raw', 'cdn', 'cdn/download', 'cdn', 'cdn/download'])
  const types = ['text/html; charset=utf-8', 'application/json', ...Array.from({ length: 5 }, () => 'image/png')]
  for (const [i, link] of links.entries()) {
    const got = await fetch(link)
    const body = await got.arrayBuffer()
    const head = await fetch(link, { method: 'HEAD' })
    for (const reply of [got, head]) {
      expect(reply.status, link).toBe(200)
      expect(reply.headers.get('content-type')).toBe(types[i])
      expect(reply.headers.get('x-content-type-options')).toBe('nosniff')
      expect(reply.headers.get('content-length')).toBe(String(body.byteLength))
      expect(reply.headers.get('x-mock-version')).toMatch(/^\d/)
    }
    expect((await head.arrayBuffer()).byteLength).toBe(0)
  }
})

test('the download link is an attachment, the page shows the picture and escapes the prompt, the source is JSON', async () => {
  await using mock = await mockWith()
  const { content } = await ask(mock, { text: '画只<b>"猫"&' })
  const [page = '', source = '', raw = '', picture = '', download = ''] = linksIn(content)
  expect((await mock.fetch(download)).headers.get('content-disposition')).toMatch(
    /^attachment; filename="[\da-f]{30}\.png"$/,
  )
  expect((await mock.fetch(picture)).headers.get('content-disposition')).toBeNull()
  expect(
    Buffer.from(await (await mock.fetch(raw)).arrayBuffer()).equals(
      Buffer.from(await (await mock.fetch(picture)).arrayBuffer()),
    ),
  ).toBe(true)
  const html = await mock.fetch(page)
  expect(html.headers.get('content-security-policy')).toContain("default-src 'none'")
  expect(await html.text()).toContain(
    `<img src="../..${new URL(picture).pathname}" width="1024" height="1024" alt="画只&lt;b&gt;&quot;猫&quot;&amp;">`,
  )
  expect(await (await mock.fetch(source)).json()).toMatchObject({
    id: page.split('/')[4],
    model: 'gpt-4o-image',
    prompt: '画只<b>"猫"&',
    size: '1024x1024',
    n: 1,
    url: picture,
  })
})

test('a picture is immutable; a client that has it gets 304 without drawing', async () => {
  await using mock = await mockWith()
  const [url = ''] = picturesIn(
    (await ask(mock, { model: 'nano-banana-hd', text: 'not requested in another test' })).content,
  )
  const etag = `"${url.split('/').at(-1)?.split('.')[0]}"`
  for (const known of [etag, `W/${etag}`, `"x", ${etag}`, '*']) {
    const reply = await mock.fetch(url, { headers: { 'if-none-match': known } })
    expect(reply.status).toBe(304)
    expect(reply.headers.get('etag')).toBe(etag)
    expect(await reply.text()).toBe('')
  }
  const reply = await mock.fetch(url, { headers: { 'if-none-match': '"x"' } })
  expect(reply.status).toBe(200)
  expect(reply.headers.get('cache-control')).toBe('public, max-age=31536000, immutable')
  await reply.body?.cancel()
})

test('a name that the mock did not issue, or that was cut or altered, is a 404', async () => {
  await using mock = await mockWith()
  const { content } = await ask(mock)
  for (const link of linksIn(content)) {
    const path = new URL(link).pathname
    const change = (at: number): string => path.slice(0, at) + (path[at] === 'b' ? 'c' : 'b') + path.slice(at + 1)
    const start = path.lastIndexOf('/', path.lastIndexOf('/') - 1) + 1
    const broken = [
      path.slice(0, -1),
      `${path}a`,
      path.replace(/[^/]+$/, ''),
      ...Array.from({ length: path.length - start }, (_, i) => start + i)
        .filter((at) => path[at] !== '/')
        .map(change),
    ]
    for (const other of broken) {
      const response = await read(await mock.fetch(`${mock.url}${other}`))
      expect(response, other).toMatchObject({ status: 404, json: { error: { code: 'picture_not_found' } } })
    }
  }
  expect(await read(await mock.fetch(`${mock.url}/cdn/20260311/0123456789abcdef0123456789abcd.png`))).toMatchObject({
    status: 404,
  })
  const posted = await read(await mock.fetch(linksIn(content)[3] ?? '', { method: 'POST' }))
  expect(posted).toMatchObject({ status: 405 })
  expect(posted.headers.get('allow')).toBe('GET, HEAD, OPTIONS')
})

test('concurrent requests for one picture get the same bytes', async () => {
  await using mock = await startMock()
  const [url = ''] = picturesIn((await ask(mock, { text: 'all at once' })).content)
  const bodies = await Promise.all(
    Array.from({ length: 40 }, async () => Buffer.from(await (await fetch(url)).arrayBuffer())),
  )
  expect(new Set(bodies.map((body) => body.toString('base64'))).size).toBe(1)
})

test('serves the contract as its author wrote it', async () => {
  await using mock = await mockWith()
  expect(await (await mock.fetch(`${mock.url}/openapi.yaml`)).text()).toContain('# The contract: the provider')
  expect(await (await mock.fetch(`${mock.url}/openapi.json`)).json()).toMatchObject({
    openapi: '3.0.1',
    paths: { '/v1/chat/completions': {} },
  })
})
