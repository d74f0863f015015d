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

/** The styles, by the forms of the provider's that they are. */
const MODELS = {
  T0: 'progress-log',
  T1: 'task-log',
  'T1:task_': 'task-log-prefixed',
  T2: 'lite',
  T3: 'markdown',
  'T3:before': 'markdown-before',
  'T3:after': 'markdown-after',
  T4: 'data-uri',
  T5: 'images-field',
  T6: 'reasoning',
  T7: 'step-log',
  T7b: 'prompt-json',
  T8: 'gallery',
  T9: 'sketch-log',
}

/**
 * What each pattern finds in an answer of two pictures to a Chinese prompt:
 * `picture` and `last`, the first picture and the last; `download` and `raw`, other links to the first; `data`, its bytes;
 * `page`, the task's page; `id` and `percent`; `-`, nothing. A `+` behind a link's name is a link that is broken: what was found
 * goes on behind it, and nothing answers there. T5 has its pictures in a field of the message: no pattern finds them in its text.
 */
const TABLE = `
                                      | T0        T1        T1:task_  T2        T3        T3:before T3:after  T4        T5        T6        T7        T7b       T8        T9
  Comfly                              | picture   picture   picture   picture   picture   picture   picture   data      -         picture   picture   picture   picture   picture
  Comfly, 2nd try alone               | picture   raw       raw       picture+  picture   picture   picture   -         -         picture   picture   picture   picture+  picture
  Comfly, 3rd try alone               | picture+  page+     page+     picture+  picture+  picture+  picture+  -         -         picture+  picture+  picture+  picture+  picture+
  Comfly nano, 1st try alone          | -         -         -         -         -         -         -         data      -         -         -         -         -         -
  tu-zi's manual, yunwu               | picture   picture   picture   picture   picture   picture   picture   -         -         picture   picture   picture   picture   picture
  Dify, first                         | picture   picture   picture   picture   picture   picture   picture   -         -         picture   picture   picture   picture   picture
  Dify, last                          | last      last      last      last      last      last      last      -         -         last      last      last      last      last
  lines, https only                   | picture   picture   picture   picture   picture   picture   picture   -         -         picture   picture   picture   picture   picture
  the same, of http links             | -         -         -         -         -         -         -         -         -         -         -         -         -         -
  lines, percentage                   | percent   -         -         -         -         -         -         -         -         -         -         -         -         -
  gen_                                | -         picture   picture   -         -         -         -         -         -         -         -         -         -         -
  gen_, its id                        | -         id        id        -         -         -         -         -         -         -         -         -         -         -
  gen_id                              | -         -         -         -         -         -         -         -         -         -         -         -         -         -
  tick behind the words               | -         -         -         -         -         -         -         -         -         -         -         -         -         -
  alt text image                      | -         -         -         -         -         picture   picture   -         -         -         -         -         -         -
  alt text gen_                       | -         picture   picture   -         -         -         -         -         -         -         -         -         -         -
  ending before the bracket           | picture   picture   picture   picture   picture   picture   picture   -         -         picture   picture   picture   picture   picture
  first with an ending                | picture   raw       raw       picture   picture   picture   picture   -         -         picture   picture   picture   picture   picture
  first with an ending, or video      | picture   raw       raw       picture+  picture   picture   picture   -         -         picture   picture   picture   -         picture
  first with an ending, no tags       | picture   raw       raw       picture+  picture   picture   picture   -         -         picture   picture   picture   picture   picture
  the provider's host                 | -         -         -         -         -         -         -         -         -         -         -         -         -         -
  the same, on the mock's host        | picture   picture   picture   picture+  picture   picture   picture   -         -         picture   picture   picture   picture   picture
  lobe-chat                           | -         -         -         -         -         -         -         data      -         -         -         -         -         -
  open-webui                          | -         -         -         -         -         -         -         data      -         -         -         -         -         -
  Comfly video, task                  | -         -         id        -         -         -         -         -         -         -         -         -         -         -
  Comfly video, page                  | -         -         -         -         -         -         -         -         -         -         -         -         -         -
  the same page, on the mock's host   | -         page      page      -         -         -         -         -         -         -         -         -         -         -
  data in markdown                    | -         -         -         -         -         -         -         data      -         -         -         -         -         -
  astrbot                             | picture   page      page      picture   picture   picture   picture   -         -         picture   picture   picture   picture   picture
  refly                               | picture   picture   picture   picture   picture   picture   picture   -         -         picture   picture   picture   picture   picture
  refly, gen_id                       | -         -         -         -         -         -         -         -         -         -         -         -         -         -
  first brackets                      | picture   page      page      picture   picture   picture   picture   data      -         picture   picture   picture   picture   picture
  alt text Image                      | -         -         -         -         picture   -         -         -         -         -         -         picture   -         -
  markdown up to a space              | picture   picture   picture   picture   picture   picture   picture   -         -         picture   picture   picture   picture+  picture
  host, ending, not the page          | picture   raw       raw       picture+  picture   picture   picture   -         -         picture   picture   picture   picture   picture
  not the page, alone                 | picture   page      page      picture+  picture   picture   picture   -         -         picture   picture   picture   picture   picture
  download made of the picture's      | download  download  download  download  download  download  download  -         -         download  download  download  download  download
  picture made of the download's      | picture   picture   picture   picture   -         -         -         -         -         -         -         -         picture   -
`

/** An answer, and what its patterns look at. */
interface Answer {
  readonly content: string
  /** With links that begin with https. */
  readonly secure: string
  readonly deltas: readonly string[]
  /** The stream as it is sent, its text still escaped, with links that begin with https. */
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

/** The patterns as their clients apply them. Those of Python are written in JavaScript, where they mean the same. */
const PATTERNS: Readonly<Record<string, (answer: Answer) => string | undefined>> = {
  Comfly: ({ content }) =>
    first(content, /!\[.*?\]\((.*?)\)/) ??
    first(content, /https?:\/\/\S+\.(?:jpg|jpeg|png|gif|webp)/, 0) ??
    first(content, /https?:\/\/\S+/, 0),
  // T1's progress ends in a link to the raw picture. T2's alt text is its link: `url](url`. T8's two pictures have no space between them.
  'Comfly, 2nd try alone': ({ content }) => first(content, /https?:\/\/\S+\.(?:jpg|jpeg|png|gif|webp)/, 0),
  // Takes the bracket behind every link along; T1's first link is its page (数据预览).
  'Comfly, 3rd try alone': ({ content }) => first(content, /https?:\/\/\S+/, 0),
  'Comfly nano, 1st try alone': ({ content }) => first(content, /data:image\/[^;]+;base64,([A-Za-z0-9+/=]+)/, 0),
  "tu-zi's manual, yunwu": ({ content }) => first(content, /!\[.*?\]\((https?:\/\/[^\s)]+)\)/),
  'Dify, first': ({ content }) => first(content, /!\[.*?\]\((https?:\/\/[^\s)]+)/),
  'Dify, last': ({ content }) => [...content.matchAll(/!\[.*?\]\((https?:\/\/[^\s)]+)/g)].at(-1)?.[1],
  'lines, https only': ({ secure }) => first(linesWith(secure, '!['), /!\[.*?\]\((https:\/\/[^)]+)\)/),
  // It needs a public URL of https, and so does refly's.
  'the same, of http links': ({ content }) => first(linesWith(content, '!['), /!\[.*?\]\((https:\/\/[^)]+)\)/),
  'lines, percentage': ({ content }) => first(linesWith(content, '>'), /\*\*(\d+)%\*\*/),
  gen_: ({ content }) => first(content, /!\[(gen_[a-zA-Z0-9_]+)\]\((https?:\/\/[^\s)]+)\)/i, 2),
  'gen_, its id': ({ content }) => first(content, /!\[(gen_[a-zA-Z0-9_]+)\]\((https?:\/\/[^\s)]+)\)/i),
  // This and the next are of a variant of T1 that the mock does not write.
  gen_id: ({ content }) => first(content, /> gen_id: `([^`]+)`/i),
  'tick behind the words': ({ content }) => first(content, /> 生成完成 ✅[^!]*!\[[^\]]*\]\((https?:\/\/[^\s)]+)\)/i),
  // The small letter is T3's with prose; without prose it is a capital, and T8's has a number.
  'alt text image': ({ content }) => first(content, /!\[image\]\((https?:\/\/[^\s)]+)\)/),
  'alt text gen_': ({ content }) => first(content, /!\[gen_[^\]]*\]\((https?:\/\/[^\s)]+)\)/),
  // T6's links have no ending at its gateway, and this and the next three fail there; on the mock every picture's link has one.
  'ending before the bracket': ({ content }) =>
    first(content, /!\[.*?\]\((https?:\/\/[^\s)]+\.(png|jpg|jpeg|webp|gif))\)/),
  // Stops at `]`, so T2's alt text is a link that answers; T1's raw picture comes first.
  'first with an ending': ({ content }) => first(content, /https?:\/\/[^\s\]}"']+\.(jpg|jpeg|png|webp|gif)/i, 0),
  // Does not stop at `]`, nor does the next: T2's `url](url`. And T8's pictures are webp, which is not in this list.
  'first with an ending, or video': ({ content }) =>
    first(content, /https?:\/\/[^\s)]+\.(mp4|png|jpg|jpeg|gif|webm)/i, 0),
  'first with an ending, no tags': ({ content }) => first(content, /https?:\/\/[^\s")<>]+\.(?:png|jpg|jpeg|webp)/, 0),
  // Bound to a host: it cannot be met offline, where every link is the mock's own. The path is the same, as the next one shows.
  "the provider's host": ({ content }) => first(content, /https?:\/\/pro\.filesystem\.site\/cdn\/[^\s"')]+/, 0),
  "the same, on the mock's host": ({ content }) => first(content, /https?:\/\/mock\.invalid\/cdn\/[^\s"')]+/, 0),
  'lobe-chat': ({ deltas }) =>
    deltas.flatMap((delta) => [
      ...delta.matchAll(/!\[[^\]]*]\(\s*(data:image\/[\d+.A-Za-z-]+;base64,[^\s)]+)\s*\)/g),
    ])[0]?.[1],
  // Converts a target of more than 1024 characters, and leaves the others as they are.
  'open-webui': ({ content }) =>
    [...content.matchAll(/!\[(.*?)\]\((.+?)\)/g)]
      .map(([, , target = '']) => target)
      .find((target) => target.length > 1024),
  'Comfly video, task': ({ content }) => first(content, /ID: `(task_[a-zA-Z0-9]+)`/),
  // Bound to a host, as above.
  'Comfly video, page': ({ secure }) => first(secure, /\[数据预览\]\((https:\/\/asyncdata.net\/web\/[^)]+)\)/),
  "the same page, on the mock's host": ({ secure }) =>
    first(secure, /\[数据预览\]\((https:\/\/mock.example\/web\/[^)]+)\)/),
  'data in markdown': ({ content }) => {
    const [, type, bytes] = /!\[.*?\]\(data:(image\/[a-z]+);base64,([A-Za-z0-9+/=]+)\)/.exec(content) ?? []
    return type === undefined ? undefined : `data:${type};base64,${bytes}`
  },
  // T1's first link is its page, and the first thing in brackets.
  astrbot: ({ content }) => first(content, /https?:\/\/[^\s<>")\]]+/, 0),
  refly: ({ raw }) => first(raw, /!\[.*?\]\((https:\/\/.*?)\)/),
  'refly, gen_id': ({ raw }) => first(raw, /gen_id: `(.*?)`/),
  'first brackets': ({ content }) => first(content, /\(([^)]*)\)/),
  'alt text Image': ({ content }) => first(content, /!\[Image\]\((.*?)\)/),
  // Greedy: of T8's two pictures on one line it takes `url)![image2](url`.
  'markdown up to a space': ({ content }) => first(content, /!\[.*?\]\((https?:\/\/[^\s]+)\)/),
  // The page is told by its host: on the mock it is a link like another, and T1's first.
  'host, ending, not the page': ({ content }) =>
    first(content, /https?:\/\/pro\.filesystem\.site\/cdn\/[^\s"')]+/, 0) ??
    first(content, /https?:\/\/[^\s"')]+\.(?:png|jpg|jpeg|webp)/i, 0) ??
    pageless(content),
  'not the page, alone': ({ content }) => pageless(content),
  // It answers whether the text has a link to it or not.
  "download made of the picture's": ({ content }) =>
    first(content, /!\[.*?\]\((https?:\/\/[^\s)]+)\)/)?.replace('/cdn/', '/cdn/download/'),
  "picture made of the download's": ({ content }) =>
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
  for (const [style, model] of Object.entries(MODELS)) {
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
    answers.set(style, [
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

// Nearly all patterns find the same pictures, and to decode one takes longer than to find it.
const sizes = new Map<string, string>()

/** `1024x1024`, of a picture that a decoder of its type reads whole. */
function sizeOf(type: string, bytes: Buffer): string {
  const key = `${type} ${hash('sha256', bytes, 'hex')}`
  const known = sizes.get(key)
  if (known !== undefined) return known
  const { width, height } = DECODERS[type]?.(bytes) ?? {}
  const size = `${width}x${height}`
  sizes.set(key, size)
  return size
}

/** What a picture is to the answer of `model`: its first, or its last. */
function whichOf(model: string, type: string, bytes: Buffer): string {
  const recipe = readRecipe(bytes)
  if (recipe === undefined) return 'a picture of nobody'
  const isOurs =
    recipe.model === model &&
    recipe.label === TEXT &&
    recipe.count === 2 &&
    sizeOf(type, bytes) === `${recipe.width}x${recipe.height}`
  return isOurs
    ? (['picture', 'last'][recipe.index - 1] ?? 'a third picture')
    : `a picture of another answer: ${JSON.stringify(recipe)}`
}

/** What was found, in a word of the table; for whatever has none, what is wrong with it. */
async function wordFor(model: string, found: string | undefined): Promise<string> {
  if (found === undefined) return '-'
  if (/^\d{1,2}$/.test(found)) return 'percent'
  if (/^(?:gen|task)_01[\da-z]{24}$/.test(found)) return 'id'
  const [, type = '', base64] = /^data:(image\/\w+);base64,([A-Za-z\d+/]+={0,2})$/.exec(found) ?? []
  if (base64 !== undefined) return replaced(whichOf(model, type, Buffer.from(base64, 'base64')), 'data')
  if (![mock.url, SECURE].some((base) => found.startsWith(`${base}/`))) return 'no link to the mock'
  const response = await mock.fetch(found.replaceAll(SECURE, mock.url))
  const [media = ''] = (response.headers.get('content-type') ?? '').split(';')
  if (response.status === 404) {
    const link = /^https?:\/\/[\w.]+\/[\w/-]+(?:\.(?:png|jpg|webp))?/.exec(found)?.[0]
    return link === undefined || link === found ? 'a link that is broken' : `${await wordFor(model, link)}+`
  }
  if (response.status !== 200) return `a link that answers ${response.status}`
  if (media === 'text/html') return 'page'
  if (!media.startsWith('image/')) return `a link to ${media}`
  const which = whichOf(model, media, Buffer.from(await response.arrayBuffer()))
  if (response.headers.get('content-disposition')?.startsWith('attachment') === true) return replaced(which, 'download')
  return new URL(found).pathname.startsWith('/raw/') ? replaced(which, 'raw') : which
}

const replaced = (which: string, word: string): string => (which === 'picture' ? word : `${word}, but ${which}`)

test('the table has a row for each pattern and a column for each style', () => {
  expect(rows.map(([name]) => name)).toEqual(Object.keys(PATTERNS))
  expect(heads.slice(1)).toEqual(Object.keys(MODELS))
  expect(rows.filter(({ length }) => length !== heads.length)).toEqual([])
})

test.each(rows.map(([name = '', ...cells]) => ({ name, cells })))('$name', async ({ name, cells }) => {
  const wrong: string[] = []
  for (const [i, [style, model]] of Object.entries(MODELS).entries()) {
    const [whole, streamed] = (answers.get(style) ?? []).map((answer) => PATTERNS[name]?.(answer))
    const word = await wordFor(model, whole)
    if (word !== cells[i])
      wrong.push(
        `'${name}' on ${style} (${model}): the table says ${cells[i]}; found: ${word}: ${whole?.slice(0, 600)}`,
      )
    if (streamed !== whole)
      wrong.push(
        `'${name}' on ${style} (${model}), streamed: found ${streamed?.slice(0, 600)}; not streamed: ${whole?.slice(0, 600)}`,
      )
  }
  expect(wrong, PATTERNS[name]?.toString()).toEqual([])
})
