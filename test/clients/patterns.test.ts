import { hash } from 'node:crypto'
import { join } from 'node:path'
import { decode as decodeWebp } from '@cwasm/webp'
import { decode as decodeJpeg } from 'jpeg-js'
import { PNG } from 'pngjs'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { readRecipe } from '../../src/images/render/metadata.ts'
import type { Mock } from '../../src/index.ts'
import { createMock } from '../../src/index.ts'
import { ask } from '../ask.ts'

/** The models of test/golden/profiles.yaml; each has the name of its style, or of a variant of it. */
const MODELS = [
  'progress-log',
  'task-log',
  'task-log-prefixed',
  'lite',
  'markdown',
  'markdown-before',
  'markdown-after',
  'data-uri',
  'images-field',
  'reasoning',
  'step-log',
  'prompt-json',
  'gallery',
  'sketch-log',
]

/**
 * What each pattern finds in the text of each model. The request has a Chinese prompt and asks for two pictures.
 * - `picture`, `last`: link of the first or last picture
 * - `download`, `raw`: other links of the first picture
 * - `data`: the bytes of the first picture
 * - `page`: link of the task's page
 * - `id`, `percent`: an ID or a percentage
 * - `-`: nothing. images-field has its pictures in another field than the text.
 *
 * With a `+`, the match continues after the link, so it is not a valid link.
 */
const TABLE = `
                                   | progress-log  task-log  task-log-prefixed  lite      markdown  markdown-before  markdown-after  data-uri  images-field  reasoning  step-log  prompt-json  gallery   sketch-log
  Comfly                           | picture       picture   picture            picture   picture   picture          picture         data      -             picture    picture   picture      picture   picture
  Comfly, second pattern only      | picture       raw       raw                picture+  picture   picture          picture         -         -             picture    picture   picture      picture+  picture
  Comfly, third pattern only       | picture+      page+     page+              picture+  picture+  picture+         picture+        -         -             picture+   picture+  picture+     picture+  picture+
  Comfly nano, first pattern only  | -             -         -                  -         -         -                -               data      -             -          -         -            -         -
  tu-zi manual, yunwu              | picture       picture   picture            picture   picture   picture          picture         -         -             picture    picture   picture      picture   picture
  Dify, first match                | picture       picture   picture            picture   picture   picture          picture         -         -             picture    picture   picture      picture   picture
  Dify, last match                 | last          last      last               last      last      last             last            -         -             last       last      last         last      last
  line with a picture, https       | picture       picture   picture            picture   picture   picture          picture         -         -             picture    picture   picture      picture   picture
  line with a picture, http        | -             -         -                  -         -         -                -               -         -             -          -         -            -         -
  line with a percentage           | percent       -         -                  -         -         -                -               -         -             -          -         -            -         -
  gen_ picture                     | -             picture   picture            -         -         -                -               -         -             -          -         -            -         -
  gen_ ID                          | -             id        id                 -         -         -                -               -         -             -          -         -            -         -
  gen_id line                      | -             -         -                  -         -         -                -               -         -             -          -         -            -         -
  picture after the done line      | -             -         -                  -         -         -                -               -         -             -          -         -            -         -
  alt text image                   | -             -         -                  -         -         picture          picture         -         -             -          -         -            -         -
  alt text gen_                    | -             picture   picture            -         -         -                -               -         -             -          -         -            -         -
  extension before the bracket     | picture       picture   picture            picture   picture   picture          picture         -         -             picture    picture   picture      picture   picture
  first with an extension          | picture       raw       raw                picture   picture   picture          picture         -         -             picture    picture   picture      picture   picture
  first with an extension or video | picture       raw       raw                picture+  picture   picture          picture         -         -             picture    picture   picture      -         picture
  first with an extension, no tags | picture       raw       raw                picture+  picture   picture          picture         -         -             picture    picture   picture      picture   picture
  CDN of the provider              | -             -         -                  -         -         -                -               -         -             -          -         -            -         -
  CDN path on the mock             | picture       picture   picture            picture+  picture   picture          picture         -         -             picture    picture   picture      picture   picture
  lobe-chat                        | -             -         -                  -         -         -                -               data      -             -          -         -            -         -
  open-webui                       | -             -         -                  -         -         -                -               data      -             -          -         -            -         -
  Comfly video, task ID            | -             -         id                 -         -         -                -               -         -             -          -         -            -         -
  Comfly video, page               | -             -         -                  -         -         -                -               -         -             -          -         -            -         -
  page on the mock                 | -             page      page               -         -         -                -               -         -             -          -         -            -         -
  data URI in Markdown             | -             -         -                  -         -         -                -               data      -             -          -         -            -         -
  astrbot                          | picture       page      page               picture   picture   picture          picture         -         -             picture    picture   picture      picture   picture
  refly                            | picture       picture   picture            picture   picture   picture          picture         -         -             picture    picture   picture      picture   picture
  refly, gen_id                    | -             -         -                  -         -         -                -               -         -             -          -         -            -         -
  first parentheses                | picture       page      page               picture   picture   picture          picture         data      -             picture    picture   picture      picture   picture
  alt text Image                   | -             -         -                  -         picture   -                -               -         -             -          -         picture      -         -
  Markdown up to a space           | picture       picture   picture            picture   picture   picture          picture         -         -             picture    picture   picture      picture+  picture
  CDN, extension, or not the page  | picture       raw       raw                picture+  picture   picture          picture         -         -             picture    picture   picture      picture   picture
  not the page                     | picture       page      page               picture+  picture   picture          picture         -         -             picture    picture   picture      picture   picture
  download link from the picture   | download      download  download           download  download  download         download        -         -             download   download  download     download  download
  picture link from the download   | picture       picture   picture            picture   -         -                -               -         -             -          -         -            picture   -
`

/** The texts of a response in which patterns search. */
interface Answer {
  readonly content: string
  /** The content with https links. */
  readonly secure: string
  readonly deltas: readonly string[]
  /** The bytes of the stream, with JSON escapes and https links. */
  readonly raw: string
}

const first = (text: string, pattern: RegExp, group = 1): string | undefined => pattern.exec(text)?.[group]
const linesWith = (text: string, start: string): string =>
  text
    .split('\n')
    .filter((line) => line.startsWith(start))
    .join('\n')
const pageless = (text: string): string | undefined =>
  text.match(/https?:\/\/[^\s"')]+/g)?.find((url) => !url.includes('asyncdata.net/web'))

/** The patterns as their clients apply them. Patterns of Python clients are translated to JavaScript. */
const PATTERNS: Readonly<Record<string, (answer: Answer) => string | undefined>> = {
  Comfly: ({ content }) =>
    first(content, /!\[.*?\]\((.*?)\)/) ??
    first(content, /https?:\/\/\S+\.(?:jpg|jpeg|png|gif|webp)/, 0) ??
    first(content, /https?:\/\/\S+/, 0),
  // task-log: the progress line links to the raw picture. lite: the alt text is the link, so `url](url` matches.
  // gallery: no space between the two pictures.
  'Comfly, second pattern only': ({ content }) => first(content, /https?:\/\/\S+\.(?:jpg|jpeg|png|gif|webp)/, 0),
  // Also matches the bracket after each link. The first link of task-log is its page (数据预览).
  'Comfly, third pattern only': ({ content }) => first(content, /https?:\/\/\S+/, 0),
  'Comfly nano, first pattern only': ({ content }) => first(content, /data:image\/[^;]+;base64,([A-Za-z0-9+/=]+)/, 0),
  'tu-zi manual, yunwu': ({ content }) => first(content, /!\[.*?\]\((https?:\/\/[^\s)]+)\)/),
  'Dify, first match': ({ content }) => first(content, /!\[.*?\]\((https?:\/\/[^\s)]+)/),
  'Dify, last match': ({ content }) => [...content.matchAll(/!\[.*?\]\((https?:\/\/[^\s)]+)/g)].at(-1)?.[1],
  'line with a picture, https': ({ secure }) => first(linesWith(secure, '!['), /!\[.*?\]\((https:\/\/[^)]+)\)/),
  // Finds nothing without an https `publicUrl`; the same holds for refly.
  'line with a picture, http': ({ content }) => first(linesWith(content, '!['), /!\[.*?\]\((https:\/\/[^)]+)\)/),
  'line with a percentage': ({ content }) => first(linesWith(content, '>'), /\*\*(\d+)%\*\*/),
  'gen_ picture': ({ content }) => first(content, /!\[(gen_[a-zA-Z0-9_]+)\]\((https?:\/\/[^\s)]+)\)/i, 2),
  'gen_ ID': ({ content }) => first(content, /!\[(gen_[a-zA-Z0-9_]+)\]\((https?:\/\/[^\s)]+)\)/i),
  // This pattern and the next one are for a variant of task-log that the mock does not have.
  'gen_id line': ({ content }) => first(content, /> gen_id: `([^`]+)`/i),
  'picture after the done line': ({ content }) =>
    first(content, /> 生成完成 ✅[^!]*!\[[^\]]*\]\((https?:\/\/[^\s)]+)\)/i),
  // markdown writes `image` with prose and `Image` without; gallery adds a number.
  'alt text image': ({ content }) => first(content, /!\[image\]\((https?:\/\/[^\s)]+)\)/),
  'alt text gen_': ({ content }) => first(content, /!\[gen_[^\]]*\]\((https?:\/\/[^\s)]+)\)/),
  // The real links of reasoning have no extension, so this pattern and the next three fail there. All links of the
  // mock have one.
  'extension before the bracket': ({ content }) =>
    first(content, /!\[.*?\]\((https?:\/\/[^\s)]+\.(png|jpg|jpeg|webp|gif))\)/),
  // Stops at `]`, so the alt text of lite is a valid link. The raw picture of task-log comes first.
  'first with an extension': ({ content }) => first(content, /https?:\/\/[^\s\]}"']+\.(jpg|jpeg|png|webp|gif)/i, 0),
  // This pattern and the next one do not stop at `]`: `url](url` of lite. The pictures of gallery are webp, which is
  // missing here.
  'first with an extension or video': ({ content }) =>
    first(content, /https?:\/\/[^\s)]+\.(mp4|png|jpg|jpeg|gif|webm)/i, 0),
  'first with an extension, no tags': ({ content }) =>
    first(content, /https?:\/\/[^\s")<>]+\.(?:png|jpg|jpeg|webp)/, 0),
  // Matches one host only, which links of the mock do not have. The next pattern shows that the path is the same.
  'CDN of the provider': ({ content }) => first(content, /https?:\/\/pro\.filesystem\.site\/cdn\/[^\s"')]+/, 0),
  'CDN path on the mock': ({ content }) => first(content, /https?:\/\/mock\.invalid\/cdn\/[^\s"')]+/, 0),
  'lobe-chat': ({ deltas }) =>
    deltas.flatMap((delta) => [
      ...delta.matchAll(/!\[[^\]]*]\(\s*(data:image\/[\d+.A-Za-z-]+;base64,[^\s)]+)\s*\)/g),
    ])[0]?.[1],
  // Converts only targets of more than 1024 characters.
  'open-webui': ({ content }) =>
    [...content.matchAll(/!\[(.*?)\]\((.+?)\)/g)]
      .map(([, , target = '']) => target)
      .find((target) => target.length > 1024),
  'Comfly video, task ID': ({ content }) => first(content, /ID: `(task_[a-zA-Z0-9]+)`/),
  // Matches one host only.
  'Comfly video, page': ({ secure }) => first(secure, /\[数据预览\]\((https:\/\/asyncdata.net\/web\/[^)]+)\)/),
  'page on the mock': ({ secure }) => first(secure, /\[数据预览\]\((https:\/\/mock.example\/web\/[^)]+)\)/),
  'data URI in Markdown': ({ content }) => {
    const [, type, bytes] = /!\[.*?\]\(data:(image\/[a-z]+);base64,([A-Za-z0-9+/=]+)\)/.exec(content) ?? []
    return type === undefined ? undefined : `data:${type};base64,${bytes}`
  },
  // The first link of task-log, and the first text in parentheses, is its page.
  astrbot: ({ content }) => first(content, /https?:\/\/[^\s<>")\]]+/, 0),
  refly: ({ raw }) => first(raw, /!\[.*?\]\((https:\/\/.*?)\)/),
  'refly, gen_id': ({ raw }) => first(raw, /gen_id: `(.*?)`/),
  'first parentheses': ({ content }) => first(content, /\(([^)]*)\)/),
  'alt text Image': ({ content }) => first(content, /!\[Image\]\((.*?)\)/),
  // Greedy: matches `url)![image2](url` where gallery has two pictures on one line.
  'Markdown up to a space': ({ content }) => first(content, /!\[.*?\]\((https?:\/\/[^\s]+)\)/),
  // Recognises the page by its host. On the mock, the page has the host of all links, and is the first link of
  // task-log.
  'CDN, extension, or not the page': ({ content }) =>
    first(content, /https?:\/\/pro\.filesystem\.site\/cdn\/[^\s"')]+/, 0) ??
    first(content, /https?:\/\/[^\s"')]+\.(?:png|jpg|jpeg|webp)/i, 0) ??
    pageless(content),
  'not the page': ({ content }) => pageless(content),
  // The link works whether or not the text contains it.
  'download link from the picture': ({ content }) =>
    first(content, /!\[.*?\]\((https?:\/\/[^\s)]+)\)/)?.replace('/cdn/', '/cdn/download/'),
  'picture link from the download': ({ content }) =>
    first(content, /https?:\/\/[^\s)]+\/cdn\/download\/[^\s)]+/, 0)?.replace('/cdn/download/', '/cdn/'),
}

const TEXT = '画2张猫'
const SECURE = 'https://mock.example'
const [heads = [], ...rows] = TABLE.trim()
  .split('\n')
  .map((line) => line.split('|').flatMap((part, i) => (i === 0 ? [part.trim()] : part.trim().split(/\s+/))))

let mock: Mock
let secure: Mock
const answers = new Map<string, readonly Answer[]>()
beforeAll(async () => {
  const fixtures = join(import.meta.dirname, '../golden')
  mock = await createMock({ fixtures })
  secure = await createMock({ fixtures, publicUrl: SECURE })
  for (const model of MODELS) {
    const question = { model, text: TEXT }
    const [whole, wholeSecure] = await Promise.all([ask(mock, question), ask(secure, question)])
    const body = { stream: true }
    const [streamed, streamedSecure] = await Promise.all([
      ask(mock, { ...question, body }),
      ask(secure, { ...question, body }),
    ])
    const same = {
      deltas: streamed.chunks.map(({ choices: [choice] }) => choice.delta.content ?? ''),
      raw: streamedSecure.text,
    }
    answers.set(model, [
      { ...same, content: whole.content, secure: wholeSecure.content },
      { ...same, content: streamed.content, secure: streamedSecure.content },
    ])
  }
})
afterAll(async () => Promise.all([mock.close(), secure.close()]))

const DECODERS: Readonly<Record<string, (bytes: Buffer) => { readonly width: number; readonly height: number }>> = {
  'image/png': (bytes) => PNG.sync.read(bytes),
  'image/jpeg': (bytes) => decodeJpeg(bytes, { useTArray: true }),
  'image/webp': (bytes) => decodeWebp(bytes),
}

// Nearly all patterns find the same pictures, and decoding is slow.
const sizes = new Map<string, string>()

/** The size of a picture, such as `1024x1024`, by a decoder that reads all of it. */
function sizeOf(type: string, bytes: Buffer): string {
  const key = `${type} ${hash('sha256', bytes, 'hex')}`
  const known = sizes.get(key)
  if (known !== undefined) return known
  const { width, height } = DECODERS[type]?.(bytes) ?? {}
  const size = `${width}x${height}`
  sizes.set(key, size)
  return size
}

/** Which picture of the response of `model` these bytes are: the first (`picture`) or the `last`. */
function whichOf(model: string, type: string, bytes: Buffer): string {
  const recipe = readRecipe(bytes)
  if (recipe === undefined) return 'not a picture of the mock'
  const isOurs =
    recipe.model === model &&
    recipe.label === TEXT &&
    recipe.count === 2 &&
    sizeOf(type, bytes) === `${recipe.width}x${recipe.height}`
  return isOurs
    ? (['picture', 'last'][recipe.index - 1] ?? 'a third picture')
    : `a picture of another response: ${JSON.stringify(recipe)}`
}

/** The word of the table for a match. For an unexpected match, a description of it. */
async function nameOf(model: string, found: string | undefined): Promise<string> {
  if (found === undefined) return '-'
  if (/^\d{1,2}$/.test(found)) return 'percent'
  if (/^(?:gen|task)_01[\da-z]{24}$/.test(found)) return 'id'
  const [, type = '', base64] = /^data:(image\/\w+);base64,([A-Za-z\d+/]+={0,2})$/.exec(found) ?? []
  if (base64 !== undefined) return linkOf(whichOf(model, type, Buffer.from(base64, 'base64')), 'data')
  if (![mock.url, SECURE].some((base) => found.startsWith(`${base}/`))) return 'not a link of the mock'
  const response = await mock.fetch(found.replaceAll(SECURE, mock.url))
  const [media = ''] = (response.headers.get('content-type') ?? '').split(';')
  if (response.status === 404) {
    const link = /^https?:\/\/[\w.]+\/[\w/-]+(?:\.(?:png|jpg|webp))?/.exec(found)?.[0]
    return link === undefined || link === found ? 'a broken link' : `${await nameOf(model, link)}+`
  }
  if (response.status !== 200) return `a link that returns ${response.status}`
  if (media === 'text/html') return 'page'
  if (!media.startsWith('image/')) return `a link to ${media}`
  const which = whichOf(model, media, Buffer.from(await response.arrayBuffer()))
  if (response.headers.get('content-disposition')?.startsWith('attachment') === true) return linkOf(which, 'download')
  return new URL(found).pathname.startsWith('/raw/') ? linkOf(which, 'raw') : which
}

/** The name of another link of the first picture; other pictures are unexpected. */
const linkOf = (which: string, name: string): string => (which === 'picture' ? name : `${name}, but ${which}`)

test('the table has a row for each pattern and a column for each model', () => {
  expect(rows.map(([name]) => name)).toEqual(Object.keys(PATTERNS))
  expect(heads.slice(1)).toEqual(MODELS)
  expect(rows.filter(({ length }) => length !== heads.length)).toEqual([])
})

test.each(rows.map(([name = '', ...cells]) => ({ name, cells })))('$name', async ({ name, cells }) => {
  const wrong: string[] = []
  for (const [i, model] of MODELS.entries()) {
    const [whole, streamed] = (answers.get(model) ?? []).map((answer) => PATTERNS[name]?.(answer))
    const found = await nameOf(model, whole)
    if (found !== cells[i])
      wrong.push(`'${name}' on ${model}: expected ${cells[i]}, found ${found}: ${whole?.slice(0, 600)}`)
    if (streamed !== whole)
      wrong.push(
        `'${name}' on ${model}: found ${streamed?.slice(0, 600)} in the stream, but ${whole?.slice(0, 600)} in JSON`,
      )
  }
  expect(wrong, PATTERNS[name]?.toString()).toEqual([])
})
