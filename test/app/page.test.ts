import { hash } from 'node:crypto'
import { expect, test } from 'vitest'
import type { Mock } from '../../src/index.ts'
import { taskIdOf } from '../../src/chat/digest.ts'
import { toLinks } from '../../src/images/links.ts'
import { palettes } from '../../src/images/render/palette.ts'
import type { Recipe } from '../../src/images/recipe.ts'
import { ask, mockWith, read } from '../ask.ts'

const RECIPE: Recipe = {
  model: 'flux',
  width: 1024,
  height: 1536,
  format: 'webp',
  palette: 3,
  emblem: '0123456789abcdef',
  label: 'a cat',
  references: [],
  index: 1,
  count: 1,
}

const pageOf = (base: string, recipe: Recipe): string => {
  const links = toLinks(base, recipe)
  return links.page(taskIdOf(links.fingerprint, 'uuid'))
}
const htmlOf = async (mock: Mock, changes: Partial<Recipe> = {}): Promise<string> =>
  (await mock.fetch(pageOf(mock.url, { ...RECIPE, ...changes }))).text()
/** The visible text of a page. */
const textOf = (html: string): string =>
  html
    .slice(html.indexOf('<body>'))
    .replaceAll(/<[^>]*>/g, ' ')
    .replaceAll(/\s+/g, ' ')
const hrefsOf = (html: string): string[] => [...html.matchAll(/(?:href|src)="([^"]*)"/g)].map((match) => match[1] ?? '')

test('the page of a task shows its picture and its facts', async () => {
  await using mock = await mockWith()
  const html = await htmlOf(mock, { references: ['0123456789abcdef', '0123456789abcdef'], index: 2, count: 3 })
  expect(html).toMatch(/^<!doctype html>\n<html lang="en">/)
  expect(html).toContain('<title>a cat · flux</title>')
  expect(html).toMatch(/<img src="[^"]+" width="1024" height="1536" alt="a cat">/)
  const task = /<code>(.*?)<\/code>/.exec(html)?.[1] ?? ''
  expect(task).toMatch(/^[\da-f]{8}-[\da-f-]{27}$/)
  expect(textOf(html)).toBe(
    ` ✅ Generation complete a cat Download Open picture Source JSON Model flux Size 1024 × 1536 Format WEBP Picture 2 of 3 References 2 Task ID ${task} A placeholder drawn by chat-image-mock `,
  )
})

test('the page is in Chinese if the prompt has a Chinese character, and leaves out facts without a value', async () => {
  await using mock = await mockWith()
  const html = await htmlOf(mock, { label: 'a 猫' })
  expect(html).toContain('<html lang="zh">')
  expect(textOf(html)).toMatch(
    /^ ✅ 生成完成 a 猫 下载图片 查看原图 JSON 数据 模型 flux 尺寸 1024 × 1536 格式 WEBP 图片 第 1 张，共 1 张 任务 ID \S+ chat-image-mock 绘制的占位图 $/,
  )
  expect(await htmlOf(mock, { label: ' ' })).toContain('<h1 dir="auto">No prompt</h1>')
})

test('escapes the prompt and the name of the model', async () => {
  await using mock = await mockWith()
  const { content } = await ask(mock, { text: '"><script>alert(1)</script>' })
  const linked = await (await mock.fetch(/\[Preview\]\((.*?)\)/.exec(content)?.[1] ?? '')).text()
  const made = await htmlOf(mock, {
    label: '"><script>alert(1)</script>',
    model: '</title><img src=x onerror="a()">&amp;',
  })
  for (const html of [linked, made]) {
    expect(html).toContain('<h1 dir="auto">&quot;&gt;&lt;script&gt;alert(1)&lt;/script&gt;</h1>')
    expect(html).toContain('alt="&quot;&gt;&lt;script&gt;alert(1)&lt;/script&gt;"')
    expect(html).not.toContain('<script')
    expect(html.match(/<img/g)).toHaveLength(1)
  }
  expect(made).toContain('<bdi>&lt;/title&gt;&lt;img src=x onerror=&quot;a()&quot;&gt;&amp;amp;</bdi>')
})

test('the content security policy allows only its own pictures and its two styles, with every palette', async () => {
  await using mock = await mockWith()
  for (const palette of palettes.keys()) {
    const reply = await mock.fetch(pageOf(mock.url, { ...RECIPE, palette, width: 64 + palette }))
    const html = await reply.text()
    const hashes = [...html.matchAll(/<style>(.*?)<\/style>/gs)].map(
      ([, style = '']) => `'sha256-${hash('sha256', style, 'base64')}'`,
    )
    expect(hashes).toHaveLength(2)
    expect(reply.headers.get('content-security-policy')).toBe(
      `default-src 'none'; img-src 'self'; style-src ${hashes.join(' ')}; base-uri 'none'; form-action 'none'`,
    )
    expect(html).not.toMatch(/ style=|<script|@import|url\(/)
    expect(Object.fromEntries(reply.headers)).toMatchObject({
      'content-type': 'text/html; charset=utf-8',
      'x-content-type-options': 'nosniff',
      'referrer-policy': 'no-referrer',
      'cache-control': 'no-cache',
    })
  }
})

test('every text has enough contrast in light and dark mode, with every palette', async () => {
  await using mock = await mockWith()
  for (const palette of palettes.keys()) {
    const [, own = ''] = /<style>(.*?)<\/style>/s.exec(await htmlOf(mock, { palette })) ?? []
    const [light = '', dark = ''] = own.split('@media')
    for (const colours of [light, light + dark].map(
      (text) => new Map([...text.matchAll(/--(\w+):(#[\da-f]{6})/g)].map((match) => [match[1] ?? '', match[2] ?? ''])),
    )) {
      for (const [text, background] of [
        ['ink', 'ground'],
        ['ink', 'card'],
        ['soft', 'ground'],
        ['soft', 'card'],
        ['on', 'accent'],
      ] as const) {
        expect(
          contrast(colours.get(text), colours.get(background)),
          `palette ${palette}: ${text} on ${background}`,
        ).toBeGreaterThan(4.5)
      }
    }
  }
})

// WCAG's contrast ratio.
function contrast(...colours: (string | undefined)[]): number {
  const [light = 0, dark = 0] = colours
    .map((colour = '') => {
      const [red = 0, green = 0, blue = 0] = [1, 3, 5]
        .map((at) => Number.parseInt(colour.slice(at, at + 2), 16) / 255)
        .map((part) => (part <= 0.04045 ? part / 12.92 : ((part + 0.055) / 1.055) ** 2.4))
      return 0.2126 * red + 0.7152 * green + 0.0722 * blue
    })
    .toSorted((a, b) => b - a)
  return (light + 0.05) / (dark + 0.05)
}

test('the links of the page work, and the metadata for other sites has absolute URLs', async () => {
  for (const publicUrl of [undefined, 'https://example.test/images']) {
    await using mock = await mockWith(publicUrl === undefined ? {} : { publicUrl })
    const url = pageOf(mock.url, RECIPE)
    const reply = await mock.fetch(url)
    const html = await reply.text()
    const links = toLinks(mock.url, RECIPE)
    const found = hrefsOf(html).map((href) => new URL(href, url).href)
    expect(found).toEqual([
      links.picture,
      links.picture,
      links.picture,
      links.download,
      links.picture,
      links.source(url.split('/')[4] ?? ''),
    ])
    for (const link of new Set(found)) expect((await mock.fetch(link)).status, link).toBe(200)
    expect(html).toContain(`<meta property="og:image" content="${toLinks(publicUrl ?? mock.url, RECIPE).picture}">`)
    expect(html).toContain(`<meta property="og:url" content="${pageOf(publicUrl ?? mock.url, RECIPE)}">`)
  }
})

test('HEAD has the headers of GET; a wrong or altered task id is a 404', async () => {
  await using mock = await mockWith()
  const url = pageOf(mock.url, RECIPE)
  const [got, head] = [await mock.fetch(url), await mock.fetch(url, { method: 'HEAD' })]
  expect(head.status).toBe(200)
  for (const name of ['content-type', 'content-security-policy'])
    expect(head.headers.get(name)).toBe(got.headers.get(name))
  const other = pageOf(mock.url, { ...RECIPE, index: 2, count: 2 }).split('/')[4] ?? ''
  const task = url.split('/')[4] ?? ''
  for (const id of [other, task.slice(0, -1) + (task.endsWith('0') ? '1' : '0'), task.toUpperCase(), 'x']) {
    expect(await read(await mock.fetch(url.replace(task, id))), id).toMatchObject({
      status: 404,
      json: { error: { code: 'picture_not_found' } },
    })
  }
})
